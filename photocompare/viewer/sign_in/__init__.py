"""Who sits at a session, and what the viewer checks before it serves anybody."""
