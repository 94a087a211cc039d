"""Many pairs at once: a manifest in, a table of results and a contact sheet out; on this machine or on a cluster.

manifest -> plan (each photo found and identified) -> workers (processes here, or a cluster) -> a folder a pair -> table, contact sheet
"""
