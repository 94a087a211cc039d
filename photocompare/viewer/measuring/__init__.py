"""From dropped photos to a measurement: the session's visit, and the process that measures."""
