"""Listening: what listeners did, from their own log, public data or simulated.

``imports`` reads a log row by row (``log_rows``, ``log_text``, ``log_fields``, ``log_times``,
``log_report``), ``public`` reads published data by name (``public_tables``, ``public_logs``),
``aggregate`` counts logs larger than memory (``log_batches``, ``log_pairs``), ``simulate`` makes
one whose true tastes are known (``hearings``, ``responses``), ``marginals`` measures how alike two
logs are, ``matrix`` turns events into a listener-by-piece matrix, ``splits`` holds part of them
out for testing and ``timed`` says what becomes of logs without times.
"""
