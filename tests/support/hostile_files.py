"""Makes the bytes of hostile, damaged and odd photos.  Nothing is read from disk, and no picture of a person is in it."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import cv2
import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image, ImageCms, TiffImagePlugin

from photocompare.photo.decoding.primaries import ADOBE_CORNERS, ADOBE_RGB_GAMMA, P3_CORNERS, SRGB_CURVE, matrix_profile

PROMPT_S = 20.0
"""A refusal may take this long on a busy machine; the CPU limit would end it at 20 s of its own time."""

PROPHOTO = (0.3457, 0.3585, 0.7347, 0.2653, 0.1596, 0.8404, 0.0366, 0.0001)
"""White and corners of ROMM RGB (ANSI/I3A IT10.7666)."""

WIDE_PROFILES = {
    "Display P3": matrix_profile(P3_CORNERS, SRGB_CURVE, description="Display P3"),
    "Adobe RGB": matrix_profile(ADOBE_CORNERS, (ADOBE_RGB_GAMMA,), description="Adobe RGB (1998)"),
    "ProPhoto RGB": matrix_profile(PROPHOTO, (1.8,), description="ProPhoto RGB"),
}

SECRETS = ("Kowalska", "SN-8765-4321", "secret comment", "<script>", "alert(1)", "52.2297", "Dr. Owner", "maker note of")
"""What `private_jpeg` hides in its metadata."""

Picture = NDArray[np.uint8]


def scene(height: int = 260, width: int = 340, *, seed: int = 1) -> Picture:
    """Skin-coloured shading with a darker stroke and a mark in one corner, so that no two orientations look alike."""
    rows, columns = np.mgrid[0:height, 0:width]
    shade = 0.75 + 0.2 * columns / width - 0.1 * rows / height
    picture = np.stack([225 * shade, 172 * shade, 145 * shade], axis=2)
    picture[:, width // 3 : width // 3 + 4] *= (0.8, 0.7, 0.75)
    picture[: height // 5, : width // 8] = (60, 90, 160)
    picture += np.random.default_rng(seed).normal(0, 1.0, picture.shape)
    return np.clip(picture, 0, 255).astype(np.uint8)


def encoded(picture: Picture | Image.Image, kind: str, **options: Any) -> bytes:
    """The file that Pillow writes."""
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    if kind == "HEIF":
        pillow_heif.register_heif_opener()
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def jpeg(picture: Picture | None = None, **options: Any) -> bytes:
    return encoded(scene() if picture is None else picture, "JPEG", **{"quality": 95, "subsampling": 0} | options)


def png(picture: Picture | None = None, **options: Any) -> bytes:
    return encoded(scene() if picture is None else picture, "PNG", **{"compress_level": 1} | options)


def heic(picture: Picture | None = None, **options: Any) -> bytes:
    return encoded(scene() if picture is None else picture, "HEIF", **{"quality": 95, "chroma": 444} | options)


def heic_ten_bit() -> bytes:
    deep = scene().astype(np.uint16) << 8
    pillow_heif.options.SAVE_HDR_TO_12_BIT = False
    file = io.BytesIO()
    pillow_heif.from_bytes("RGB;16", (deep.shape[1], deep.shape[0]), deep.tobytes()).save(file, quality=95, chroma=444)
    return file.getvalue()


# Rows 1 and 2: cut and overwritten


def cut(data: bytes, share: float) -> bytes:
    return data[: int(len(data) * share)]


def zero_filled(data: bytes, share: float) -> bytes:
    """The right length, but the rest never arrived."""
    return cut(data, share).ljust(len(data), b"\0")


def overwritten(data: bytes, *, seed: int, count: int = 40) -> bytes:
    """`count` bytes in the middle of the scan replaced; no byte becomes 0xFF, which would make a marker."""
    damaged, middle = bytearray(data), len(data) // 2
    damaged[middle : middle + count] = np.random.default_rng(seed).integers(0, 255, count, dtype=np.uint8).tobytes()
    return bytes(damaged)


def with_padding(data: bytes) -> bytes:
    """Zeros between the scan and the end marker, as some cameras write."""
    return data[:-2] + bytes(37) + data[-2:]


# Row 3 and 13: no photos

NOT_PHOTOS = {
    "empty": b"",
    "one byte": b"\xff",
    "text": b"Dear colleague, please find attached\n" * 20,
    "html": b"<!doctype html><html><body onload=alert(1)></body></html>",
    "zip": b"PK\x03\x04\x14\0\0\0\0\0" + bytes(60),
    "exe": b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0" + bytes(60),
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 300 300\n(id) (w) file\n%%EOF\n",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="300" height="300"><image href="file:///etc/passwd"/></svg>',
    "psd": b"8BPS\0\x01" + bytes(6) + b"\0\x03\0\0\x01\x2c\0\0\x01\x2c\0\x08\0\x03" + bytes(60),
    "fpx": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504),
    "pdf": b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n",
    "gif": b"GIF89a\x2c\x01\x2c\x01\0\0\0;",
    "bmp": b"BM" + bytes(60),
    "avif": b"\0\0\0\x1cftypavif\0\0\0\0mif1avifmiaf" + bytes(60),
    "mif1 with avif": b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf" + bytes(60),
}


# Rows 4 and 5: more than meets the eye


def png_chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png_claiming(width: int, height: int) -> bytes:
    """A PNG whose header promises what its data does not hold."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", zlib.compress(bytes(1000))) + png_chunk(b"IEND", b"")


def png_with(chunk: bytes, data: bytes | None = None) -> bytes:
    """A PNG with one more chunk behind its header."""
    data = png() if data is None else data
    return data[:33] + chunk + data[33:]


def png_text_bomb() -> bytes:
    return png_with(png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(200_000_000), 9)))


def png_pixel_bomb(side: int) -> bytes:
    """A small file whose pixels are many: `side` squared, all black."""
    row = zlib.compressobj(9)
    packed = b"".join(row.compress(bytes(1 + 3 * side)) for _ in range(side)) + row.flush()
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", packed) + png_chunk(b"IEND", b"")


def tiff_pages(pages: int, *, loop: bool = False, subfile: int = 0) -> bytes:
    """A grey TIFF of many pages that share one strip; with `loop` the last page's next page is the first."""
    side = 256
    entries = [(254, 4, subfile), (256, 3, side), (257, 3, side), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 8)]
    entries += [(277, 3, 1), (278, 3, side), (279, 4, side * side)]
    length = 2 + 12 * len(entries) + 4
    first = 8 + side * side
    data = struct.pack("<2sHI", b"II", 42, first) + bytes(range(256)) * side
    for page in range(pages):
        following = first + (page + 1) * length if page + 1 < pages else (first if loop else 0)
        fields = b"".join(struct.pack("<HHIHxx" if kind == 3 else "<HHII", tag, kind, 1, value) for tag, kind, value in entries)
        data += struct.pack("<H", len(entries)) + fields + struct.pack("<I", following)
    return data


def tiff_of(*pages: tuple[Picture, dict[int, Any]], **options: Any) -> bytes:
    """A TIFF of several pages, each with tags of its own; `options` are for the first."""
    file = io.BytesIO()
    with TiffImagePlugin.AppendingTiffWriter(file) as writer:
        for number, (picture, tags) in enumerate(pages):
            Image.fromarray(picture).save(writer, "TIFF", tiffinfo=tags, **({} if number else options))
            writer.newFrame()
    return file.getvalue()


def tiff_with_looping_exif() -> bytes:
    """An EXIF folder that points to itself."""
    data = bytearray(encoded(scene(), "TIFF", tiffinfo={34665: 8}))
    start = struct.unpack_from("<I", data, 4)[0]
    count = struct.unpack_from("<H", data, start)[0]
    for position in range(start + 2, start + 2 + 12 * count, 12):
        if struct.unpack_from("<H", data, position)[0] == 34665:
            struct.pack_into("<HII", data, position + 2, 4, 1, start)
    return bytes(data)


def animated(kind: str, frames: int) -> bytes:
    images = [Image.new("RGB", (256, 256), (200 - index % 100, 150, 120)) for index in range(frames)]
    return encoded(images[0], kind, save_all=True, append_images=images[1:], **({"lossless": True} if kind == "WEBP" else {}))


# Rows 11, 16 and 17: a second picture beside the main one


def mpo() -> bytes:
    """A camera's photo with a preview behind it."""
    return encoded(
        Image.fromarray(scene()), "MPO", save_all=True, append_images=[Image.fromarray(scene(64, 64))], quality=95, subsampling=0
    )


def jpeg_segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def jpeg_with(*segments: bytes, data: bytes | None = None) -> bytes:
    data = jpeg() if data is None else data
    return data[:2] + b"".join(segments) + data[2:]


def jpeg_gain_map() -> bytes:
    """Ultra HDR: XMP in the main picture, the gain map behind it."""
    xmp = b"http://ns.adobe.com/xap/1.0/\0" + b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf hdrgm:Version="1.0"/></x:xmpmeta>'
    return jpeg_with(jpeg_segment(0xE1, xmp), data=mpo())


def heic_gain_map() -> bytes:
    """A HEIC file that names Apple's gain map, in a box that readers skip."""
    name = b"urn:com:apple:photo:2020:aux:hdrgainmap"
    return heic() + struct.pack(">I4s", 8 + len(name), b"free") + name


def polyglot() -> bytes:
    """A photo to one program, a web page or an archive to another."""
    return jpeg() + b"<html><script>alert(1)</script></html>" + b"PK\x03\x04" + bytes(100) + b"PK\x05\x06" + bytes(18)


# Rows 8, 9, 10: modes


def cmyk_profile() -> bytes:
    """An ICC output profile of an ideal press: each corner of ink is the colour (1 - c)(1 - k) of sRGB, between them Lab is linear."""
    table = b""
    for corner in range(16):
        ink = [(corner >> (3 - channel)) & 1 for channel in range(4)]
        rgb = np.array([[[(1 - ink[channel]) * (1 - ink[3]) * 255 for channel in range(3)]]], dtype=np.uint8)
        lab = ImageCms.applyTransform(
            Image.fromarray(rgb),
            ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB"),
        )
        assert lab is not None
        lightness, a_star, b_star = lab.getpixel((0, 0))
        table += bytes([lightness, a_star, b_star])
    ramp = bytes(range(256))
    unit = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    lut = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + unit + ramp * 4 + table + ramp * 3
    text = b"text\0\0\0\0made for a test\0"
    tags = {b"A2B0": lut, b"cprt": text, b"wtpt": b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061)}
    start, index, body = 128 + 4 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        index += struct.pack(">4sII", name, start + len(body), len(content))
        body += content + b"\0" * (-len(content) % 4)
    header = struct.pack(">I4sI4s4s4s12s4s", start + len(body), b"", 0x02400000, b"prtr", b"CMYK", b"Lab ", bytes(12), b"acsp")
    return (header + bytes(28) + struct.pack(">3i", 63190, 65536, 54061)).ljust(128, b"\0") + index + body


def cmyk_jpeg(*, profile: bytes | None) -> bytes:
    """Left half pure paper, right half full cyan ink."""
    ink = np.zeros((256, 256, 4), dtype=np.uint8)
    ink[:, 128:, 0] = 255
    options = {} if profile is None else {"icc_profile": profile}
    return encoded(Image.frombytes("CMYK", (256, 256), ink.tobytes()), "JPEG", quality=98, **options)


def alpha_png(lowest: int) -> bytes:
    """An RGBA picture whose alpha falls to `lowest` somewhere."""
    alpha = np.full((260, 340, 1), 255, dtype=np.uint8)
    alpha[100, 100] = lowest
    return encoded(np.concatenate([scene(), alpha], axis=2), "PNG")


def deep(kind: str, *, grey: bool = False) -> bytes:
    """16 bits a channel, as `kind` ("png" or "tiff"); the high byte is the 8-bit scene."""
    picture = scene().astype(np.uint16) * 257
    content = picture[:, :, 1] if grey else picture[:, :, ::-1]
    good, data = cv2.imencode("." + kind, content)
    assert good
    return data.tobytes()


def grey(mode: str) -> Image.Image:
    return Image.fromarray(scene()).convert("L").convert(mode)


# Rows 14 and 18: metadata


def oriented(kind: str, orientation: int | None, picture: Picture | None = None) -> bytes:
    """The upright scene, stored turned so that `orientation` brings it upright again."""
    upright = Image.fromarray(scene() if picture is None else picture)
    stored = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }.get(orientation or 1)
    image = upright if stored is None else upright.transpose(stored)
    exif = Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    options: dict[str, dict[str, Any]] = {
        "PNG": {"compress_level": 1},
        "WEBP": {"lossless": True},
        "JPEG": {"quality": 95},
        "HEIF": {"quality": 95},
    }
    return encoded(image, kind, exif=exif.tobytes(), **options.get(kind, {}))


def exif_block(photo: dict[int, Any] | None = None, main: dict[int, Any] | None = None, interop: dict[int, Any] | None = None) -> bytes:
    exif = Image.Exif()
    for tag, value in (main or {}).items():
        exif[tag] = value
    exif.get_ifd(0x8769).update(photo or {})
    if interop:
        exif.get_ifd(0x8769)[0xA005] = interop
    return exif.tobytes()


def private_jpeg() -> bytes:
    """A photo full of what must never leave: place, owner, serial number, name, comment, script, maker note."""
    exif = Image.Exif()
    exif[0x010E] = "Anna Kowalska, left leg"
    exif[0x013B] = "Dr. Owner"
    exif[0x8298] = "Dr. Owner"
    exif[0x010F], exif[0x0110] = "Canon\x07 <b>", "EOS R5"
    exif.get_ifd(0x8769).update(
        {
            0x9003: "2024:05:01 10:11:12",
            0x9011: "+02:00",
            0x829A: 0.008,
            0x8827: 200,
            0x920A: 50.0,
            0xA405: 75,
            0x9209: 25,
            0x927C: b"maker note of 60 kB".ljust(60_000, b"\x01"),
            0x9286: b"ASCII\0\0\0secret comment",
            0xA430: "Dr. Owner",
            0xA431: "SN-8765-4321",
        }
    )
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 13.0, 46.9), 3: "E", 4: (21.0, 0.0, 44.0), 27: b"52.2297"})
    xmp = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta><dc:title><script>alert(1)</script>Kowalska</dc:title></x:xmpmeta>"
    return jpeg_with(jpeg_segment(0xE1, xmp), jpeg_segment(0xFE, b"secret comment"), data=jpeg(exif=exif.tobytes()))
