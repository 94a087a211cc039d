"""Codes of the structured report: those of standards where there are any, else our own scheme's."""

from __future__ import annotations

from pydicom.sr.coding import Code

SCHEME = "99PHOTOCOMPARE"
"""Private schemes begin with 99 (PS3.16, 8.2)."""

SCHEME_NAME = "photocompare: measurements of visible leg veins from two photographs"

LONGEST_MEANING = 64
"""Characters of a code's meaning (PS3.3, table 8.8-1)."""

PERCENT, MILLIMETRE, SQUARE_MILLIMETRE = Code("%", "UCUM", "Percent"), Code("mm", "UCUM", "mm"), Code("mm2", "UCUM", "square millimeter")
DAY, DEGREE, PIXEL = Code("d", "UCUM", "day"), Code("deg", "UCUM", "degree"), Code("{pixels}", "UCUM", "pixels")
MILLIMETRE_A_PIXEL, RATIO = Code("mm/{pixel}", "UCUM", "mm per pixel"), Code("1", "UCUM", "no units")
SQUARE_PIXEL = Code("{pixels}", "UCUM", "pixels")

PHOTOGRAPHY = Code("197157006", "SCT", "Photography of patient")
COMMENT = Code("121106", "DCM", "Comment")

SIDES = {"left": Code("7771000", "SCT", "Left"), "right": Code("24028007", "SCT", "Right")}

SITES = {
    "leg": Code("61685007", "SCT", "Lower limb"),
    "lower leg": Code("30021000", "SCT", "Lower leg"),
    "calf": Code("53840002", "SCT", "Calf of leg"),
    "thigh": Code("68367000", "SCT", "Thigh"),
    "knee": Code("72696002", "SCT", "Knee"),
    "ankle": Code("70258002", "SCT", "Ankle joint"),
    "foot": Code("56459004", "SCT", "Foot"),
}
"""Parts of the leg as photos' facts name them (PS3.16, CID 4031)."""

FATE_MEANINGS = {
    "cleared": "Length of veins that cleared",
    "stained": "Length of veins that cleared and left a stain",
    "faded": "Length of veins that faded",
    "residual": "Length of veins that stayed",
    "darkened": "Length of veins that darkened",
    "new": "Length of new veins",
    "not_assessable": "Length of veins that could not be judged",
}


def own(value: str, meaning: str) -> Code:
    """A code of our own scheme."""
    return Code(value, SCHEME, meaning[:LONGEST_MEANING])
