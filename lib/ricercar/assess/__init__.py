"""Measuring: music (:mod:`.music`), rankings (:mod:`.ranking`) and how sure we are of either."""
