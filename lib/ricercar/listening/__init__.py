"""Listening: what listeners did, from their own log or simulated.

``imports`` reads a log, ``simulate`` makes one whose true tastes are known, ``marginals`` measures
how alike two logs are, ``matrix`` turns events into a listener-by-piece matrix and ``splits`` holds
part of them out for testing.
"""
