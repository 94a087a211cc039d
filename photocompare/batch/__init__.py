"""Many pairs at once: a manifest in, a table of results and a contact sheet out; on this machine or on a cluster."""
