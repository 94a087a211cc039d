"""Makes DICOM files: photos of a scene in each way of writing, and files that are none.  No picture of a person is in them."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
from PIL import Image
from pydicom import config, dcmread, dcmwrite, uid
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence

from tests.support import hostile_files as make
from tests.support.hostile_files import Picture

IDENTITY = {
    "PatientName": "Kowalska^Jadwiga",
    "PatientID": "CHART-4711-X",
    "PatientBirthDate": "19610502",
    "PatientSex": "F",
    "ReferringPhysicianName": "Owner^Dr",
    "AccessionNumber": "ACC-99817",
    "StudyID": "STUDY-31",
    "InstitutionName": "Clinic of Secrets",
    "PatientAddress": "Hidden Lane 7",
    "PatientComments": "afraid of needles",
}
"""What every photo made here says of its patient, and what must be found nowhere else."""

SECRETS = ("Kowalska", "Jadwiga", "CHART-4711", "19610502", "ACC-99817", "Clinic of Secrets", "Hidden Lane", "afraid of needles", "Owner")

ENCAPSULATED = (uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit, uid.JPEGLosslessSV1, uid.JPEG2000, uid.JPEG2000Lossless)


def photo_attributes(picture: Picture, **changes: Any) -> FileDataset:
    """A VL Photographic image, uncompressed; `changes` are set, and those of value None taken away."""
    height, width = picture.shape[:2]
    found = Dataset()
    found.SOPClassUID, found.SOPInstanceUID = uid.VLPhotographicImageStorage, uid.generate_uid()
    found.StudyInstanceUID, found.SeriesInstanceUID = uid.generate_uid(), uid.generate_uid()
    for name, value in IDENTITY.items():
        setattr(found, name, value)
    found.Modality, found.StudyDate, found.StudyTime = "XC", "20260314", "093000"
    found.AcquisitionDateTime = "20260314093015.120000+0100"
    found.Manufacturer, found.ManufacturerModelName = "Camera Works", "Model 5"
    found.SeriesNumber, found.InstanceNumber, found.ImageType = 1, 1, ["ORIGINAL", "PRIMARY"]
    found.Rows, found.Columns, found.SamplesPerPixel = height, width, 3
    found.PhotometricInterpretation, found.PlanarConfiguration = "RGB", 0
    found.BitsAllocated, found.BitsStored, found.HighBit, found.PixelRepresentation = 8, 8, 7, 0
    found.LossyImageCompression = "00"
    found.PixelData = picture.tobytes() + b"\0" * (picture.nbytes % 2)
    head = FileMetaDataset()
    head.TransferSyntaxUID = uid.ExplicitVRLittleEndian
    made = FileDataset("", found, bytes(128), head)
    # What is odd about a file is often why it is made.
    with config.disable_value_validation():
        for name, value in changes.items():
            if name in made:
                delattr(made, name)
            if value is not None:
                setattr(made, name, value)
    return made


def written(attributes: FileDataset, syntax: str = uid.ExplicitVRLittleEndian) -> bytes:
    """The file, in a transfer syntax that goes with how its pixels lie."""
    attributes.file_meta.TransferSyntaxUID = uid.UID(syntax)
    with config.disable_value_validation():
        return _written(attributes, syntax)


def _written(attributes: FileDataset, syntax: str) -> bytes:
    attributes.file_meta.MediaStorageSOPClassUID = attributes.get("SOPClassUID", "1.2.3")
    attributes.file_meta.MediaStorageSOPInstanceUID = attributes.get("SOPInstanceUID", "1.2.3")
    if attributes["PixelData"].VR != "OW" or attributes.BitsAllocated == 8:
        attributes["PixelData"].VR = "OB"
    file = io.BytesIO()
    implicit, little = syntax == uid.ImplicitVRLittleEndian, syntax != uid.ExplicitVRBigEndian
    dcmwrite(file, attributes, enforce_file_format=True, implicit_vr=implicit, little_endian=little)
    return file.getvalue()


def dicom(picture: Picture | None = None, *, syntax: str = uid.ExplicitVRLittleEndian, **changes: Any) -> bytes:
    """An uncompressed photo as a file."""
    return written(photo_attributes(make.scene() if picture is None else picture, **changes), syntax)


def encapsulated(frame: bytes, syntax: str, *, picture: Picture | None = None, fragments: int = 1, **changes: Any) -> bytes:
    """A photo whose one frame is compressed already."""
    made = photo_attributes(make.scene() if picture is None else picture, **changes)
    made.PixelData = encapsulate([frame], fragments_per_frame=fragments)
    made["PixelData"].is_undefined_length = True
    return written(made, syntax)


def compressed(syntax: str, picture: Picture | None = None, **changes: Any) -> bytes:
    """A photo that pydicom compresses: RLE and JPEG-LS."""
    made = photo_attributes(make.scene() if picture is None else picture, **changes)
    made.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
    made.compress(syntax, generate_instance_uid=False)
    return written(made, syntax)


def jpeg_2000(picture: Picture | None = None, **options: Any) -> bytes:
    """The bare codestream."""
    return make.encoded(
        make.scene() if picture is None else picture, "JPEG2000", **{"no_jp2": True, "irreversible": False, "mct": 1} | options
    )


def luma(picture: Picture) -> Picture:
    """YCbCr of full range."""
    return np.asarray(Image.fromarray(picture).convert("YCbCr"))


def luma_422(picture: Picture) -> bytes:
    """Y Y Cb Cr of two pixels side by side (PS3.3, C.7.6.3.1.2)."""
    full = luma(picture)
    pairs = full.reshape(full.shape[0], -1, 2, 3)
    colour = pairs[..., 1:].mean(axis=2).round().astype(np.uint8)
    return np.concatenate([pairs[..., 0], colour], axis=2).tobytes()


def palette_of(picture: Picture, *, bits: int) -> dict[str, Any]:
    """The attributes of a picture of 256 colours, and the picture that they show (`shown`)."""
    small = Image.fromarray(picture).quantize(256)
    colours = np.array(small.getpalette(), np.uint16).reshape(-1, 3)
    colours = np.vstack([colours, np.zeros((256 - len(colours), 3), np.uint16)])
    index = np.asarray(small)
    table = colours * 257 if bits == 16 else colours
    kind = "<u2" if bits == 16 else "u1"
    made: dict[str, Any] = {"PhotometricInterpretation": "PALETTE COLOR", "SamplesPerPixel": 1, "PlanarConfiguration": None}
    for channel, name in enumerate(("Red", "Green", "Blue")):
        made[f"{name}PaletteColorLookupTableDescriptor"] = [256, 0, bits]
        made[f"{name}PaletteColorLookupTableData"] = table[:, channel].astype(kind).tobytes()
    return {**made, "PixelData": index.tobytes(), "shown": colours[index].astype(np.uint8)}


def lossless_jpeg(picture: Picture) -> bytes:
    """JPEG, process 14, selection value 1 (T.81, annex H): each sample less its left neighbour, in codes of five bits for the size."""
    rows = picture.astype(np.int32)
    left = np.concatenate([rows[:, :1], rows[:, :-1]], axis=1)
    left[1:, 0], left[0, 0] = rows[:-1, 0], 128
    out: list[str] = []
    for difference in (rows - left).reshape(-1).tolist():
        size = abs(difference).bit_length()
        extra = difference if difference >= 0 else difference + (1 << size) - 1
        out.append(f"{size:05b}" + (f"{extra:0{size}b}" if size else ""))
    bits = "".join(out)
    bits += "1" * (-len(bits) % 8)
    scan = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\0")
    height, width = picture.shape[:2]
    frame = make.jpeg_segment(0xC3, struct.pack(">BHHB", 8, height, width, 3) + b"\x01\x11\0\x02\x11\0\x03\x11\0")
    table = make.jpeg_segment(0xC4, b"\0" + bytes([0, 0, 0, 0, 10, *[0] * 11]) + bytes(range(10)))
    head = make.jpeg_segment(0xDA, b"\x03\x01\0\x02\0\x03\0\x01\0\0")
    return b"\xff\xd8" + frame + table + head + scan + b"\xff\xd9"


def deflate_bomb() -> bytes:
    """A small file that unfolds to a thousand times as much."""
    made = photo_attributes(make.scene(240, 240))
    made.Rows = made.Columns = 19_000
    made.PixelData = bytes(400_000_000)
    return written(made, uid.DeflatedExplicitVRLittleEndian)


def attributes_of(data: bytes) -> FileDataset:
    """A file read back."""
    return dcmread(io.BytesIO(data))


def with_regions(value: str, modifier: str) -> Sequence:
    """A coded region of the body and its side."""
    region, side = Dataset(), Dataset()
    region.CodeValue, region.CodingSchemeDesignator, region.CodeMeaning = value, "SCT", "region"
    side.CodeValue, side.CodingSchemeDesignator, side.CodeMeaning = modifier, "SCT", "side"
    region.AnatomicRegionModifierSequence = Sequence([side])
    return Sequence([region])
