"""Listening: what listeners did, from their own log, public data or simulated.

``imports`` reads a log row by row (``log_rows``, ``log_fields``), ``public`` reads published
data by name, ``aggregate`` counts logs larger than memory, ``simulate`` makes one whose true
tastes are known, ``marginals`` measures how alike two logs are, ``matrix`` turns events into a
listener-by-piece matrix and ``splits`` holds part of them out for testing.
"""
