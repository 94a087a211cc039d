"""What a comparison costs, stage by stage and by size of photo, and how it stands against a general registration tool.

`python -m benchmarks --out DIR` runs everything and writes `report.md` and `report.json`; only phantoms of the package are measured.
"""
