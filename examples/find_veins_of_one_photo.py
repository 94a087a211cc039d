"""Find the visible veins of one photo: their length, calibre and contrast.

    python examples/find_veins_of_one_photo.py

prints

    scale: assumed
    reticular: 229 mm
    telangiectasia: 469 mm
"""

from pathlib import Path

from photocompare import find_veins, prepare_photo, read_photo, read_skin

SAMPLE = Path(__file__).parents[1] / "sample_images" / "good_result" / "before.jpg"

photo = prepare_photo(read_photo(SAMPLE))
reading = read_skin(photo.linear, photo.field.leg, factor=photo.factor)
px_per_mm = 1 / photo.scale.mm_per_working_px if photo.scale.mm_per_working_px else 8.0
veins = find_veins(reading, photo.field.measurable, px_per_mm)

reticular_px = 0.9 * px_per_mm  # width, as it is measured, from which a vein counts as reticular (VeinOptions)
by_calibre: dict[str, float] = {}
for piece in veins.pieces:
    name = piece.calibre(reticular_px)
    by_calibre[name] = by_calibre.get(name, 0.0) + piece.length_px / px_per_mm
print(f"scale: {photo.scale.source}")
for name, length_mm in sorted(by_calibre.items()):
    print(f"{name}: {length_mm:.0f} mm")
