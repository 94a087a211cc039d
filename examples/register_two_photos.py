"""Lay two photos of one leg over each other, and nothing else: where the before photo's skin lies in the after photo, and how surely.

    python examples/register_two_photos.py

prints

    213 matches; the after photo shows the leg 0.983 times as large
    claimed error, 95th percentile: 1.17 px; true: 0.63 px
"""

import numpy as np

from photocompare import prepare_photo, read_photo, register, simple_pair

pair = simple_pair("graded", seed=3, size=(900, 675), clearance=0.6)
before, after = (prepare_photo(read_photo(jpeg)) for jpeg in (pair.before_jpeg, pair.after_jpeg))

found = register(before.linear, after.linear, before.limb, after.limb)

if found.refused:
    print("not the same skin:", *found.flags)
else:
    error = np.linalg.norm(found.map_xy - pair.true_map(), axis=2)[found.shared]
    print(f"{found.matches} matches; the after photo shows the leg {found.scale_after_over_before:.3f} times as large")
    print(f"claimed error, 95th percentile: {found.error_px_p95:.2f} px; true: {np.nanpercentile(error, 95):.2f} px")
