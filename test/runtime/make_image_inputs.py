#!/usr/bin/env python3
"""Makes inputs/images: small pictures of every kind, and what Pillow makes of them (expected.txt).

Needs pillow==13.0.0, numpy and scikit-image (for its photographs). Each line of expected.txt is one of
    decode NAME CHANNELS honour|ignore WIDTH HEIGHT CRC     exif_transpose (or not) and convert
    view NAME CHANNELS HEIGHT WIDTH RESIZE CRC              what the network sees in evaluation
    crop NAME LEFT TOP WIDTH HEIGHT OUT_WIDTH OUT_HEIGHT CRC  crop, then resize
    bad NAME                                                no readable image
with the CRC-32 of the pixels' bytes.
"""
import io
import pathlib
import struct
import warnings
import zlib

import numpy as np
import skimage.data
from PIL import Image, ImageOps

OUT = pathlib.Path(__file__).parent / "inputs" / "images"
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def photo(name, width, height, left=0, top=0):
    picture = Image.fromarray(getattr(skimage.data, name)()).convert("RGB")
    return picture.crop((left, top, left + width, top + height))


def jpeg(picture, **options):
    file = io.BytesIO()
    picture.save(file, "JPEG", **options)
    return file.getvalue()


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def packed_rows(samples, depth):
    """[height, width, channels] samples to filtered (none) rows of bytes."""
    rows = b""
    for row in samples.reshape(samples.shape[0], -1):
        if depth == 16:
            data = row.astype(">u2").tobytes()
        elif depth == 8:
            data = row.astype(np.uint8).tobytes()
        else:
            bits = "".join(format(int(v), f"0{depth}b") for v in row)
            bits += "0" * (-len(bits) % 8)
            data = bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))
        rows += b"\0" + data
    return rows


def png(samples, depth, colours, before=b"", after=b"", interlaced=False):
    """A PNG of any depth and colour type; Pillow writes only some of them."""
    height, width = samples.shape[:2]
    passes = ADAM7 if interlaced else [(0, 0, 1, 1)]
    parts = [samples[y::dy, x::dx] for x, y, dx, dy in passes]
    data = b"".join(packed_rows(part, depth) for part in parts if part.size)
    header = struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, int(interlaced))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before + chunk(b"IDAT", zlib.compress(data, 9)) + after +
            chunk(b"IEND", b""))


def tiff_orientation(value, order=">"):
    head = b"MM\0*" if order == ">" else b"II*\0"
    return head + struct.pack(order + "IHHHIHHI", 8, 1, 0x0112, 3, 1, value, 0, 0)


def segment(marker, data):
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def with_segment(data, marker, payload):
    return data[:2] + segment(marker, payload) + data[2:]


def without_adobe(data):
    at = data.index(b"\xff\xee")
    return data[:at] + data[at + 2 + struct.unpack(">H", data[at + 2:at + 4])[0]:]


def as_ycck(data):
    """The same numbers, declared to be YCCK."""
    at = data.index(b"Adobe") + 11
    return data[:at] + b"\2" + data[at + 1:]


def jpegs():
    cat = photo("chelsea", 113, 87, 120, 60)
    yield "baseline_420_odd.jpg", jpeg(cat, quality=85, subsampling="4:2:0")
    yield "baseline_422_odd.jpg", jpeg(cat, quality=75, subsampling="4:2:2")
    yield "baseline_444_odd.jpg", jpeg(cat, quality=95, subsampling="4:4:4")
    yield "restarts.jpg", jpeg(cat, quality=60, restart_marker_blocks=3)
    yield "rgb_coded.jpg", jpeg(cat, quality=80, keep_rgb=True)
    yield "progressive_odd.jpg", jpeg(photo("astronaut", 171, 131, 150, 40), quality=80, progressive=True)
    yield "grey.jpg", jpeg(cat.convert("L"), quality=80)
    yield "grey_progressive.jpg", jpeg(cat.convert("L"), quality=80, progressive=True)
    cmyk = photo("coffee", 90, 61, 200, 100).convert("CMYK")
    bands = list(cmyk.split())
    bands[3] = bands[0].point(lambda v: v // 2)
    cmyk = jpeg(Image.merge("CMYK", bands), quality=85)
    yield "cmyk_adobe.jpg", cmyk
    yield "cmyk_plain.jpg", without_adobe(cmyk)
    yield "ycck.jpg", as_ycck(cmyk)
    yield "photo_600x400.jpg", jpeg(photo("coffee", 600, 400), quality=80)
    yield "photo_large.jpg", jpeg(photo("astronaut", 512, 350).resize((1531, 1047)), quality=50)
    yield "photo_portrait.jpg", jpeg(photo("astronaut", 241, 387, 100, 50), quality=75)
    yield "one_pixel.jpg", jpeg(photo("coffee", 1, 1, 50, 50))
    yield "thin.jpg", jpeg(photo("coffee", 3, 301, 200, 20))
    yield "tall.jpg", jpeg(photo("coffee", 131, 400, 300, 0), quality=70)
    yield "wide.jpg", jpeg(photo("coffee", 451, 2, 20, 200))
    yield "trailing_bytes.jpg", jpeg(cat, quality=50) + b"more \xff\xd8 bytes" * 9
    yield "no_end_padded.jpg", jpeg(cat, quality=50)[:-2] + b"\0" * 64
    small = photo("rocket", 53, 38, 300, 150)
    for value in range(1, 9):
        yield f"orientation_{value}.jpg", with_segment(jpeg(small, quality=85), 0xE1,
                                                       b"Exif\0\0" + tiff_orientation(value, "<>"[value % 2]))
    yield "orientation_9.jpg", with_segment(jpeg(small), 0xE1, b"Exif\0\0" + tiff_orientation(9))
    yield "orientation_large.jpg", with_segment(jpeg(photo("coffee", 215, 77, 30, 90)), 0xE1,
                                                b"Exif\0\0" + tiff_orientation(6))
    yield "orientation_xmp.jpg", with_segment(
        jpeg(small), 0xE1, b'http://ns.adobe.com/xap/1.0/\0<rdf:Description tiff:Orientation="8"/>')
    yield "orientation_split.jpg", with_segment(
        with_segment(jpeg(small), 0xE1, b"Exif\0\0" + tiff_orientation(3)[12:]), 0xE1,
        b"Exif\0\0" + tiff_orientation(3)[:12])


def pngs():
    rng = np.random.default_rng(5)
    rgb = np.asarray(photo("coffee", 47, 35, 180, 90))
    grey = np.asarray(photo("chelsea", 47, 35, 150, 90).convert("L"))[..., None]
    alpha = rng.integers(0, 256, (35, 47, 1))
    wide = lambda v: v.astype(np.uint16) * 256 + rng.integers(0, 256, v.shape)
    palette = chunk(b"PLTE", bytes(rng.integers(0, 256, 768, dtype=np.uint8)))
    yield "rgb.png", png(rgb, 8, 2)
    yield "rgb_interlaced.png", png(rgb, 8, 2, interlaced=True)
    yield "rgb_trns.png", png(rgb, 8, 2, chunk(b"tRNS", struct.pack(">HHH", *[int(v) for v in rgb[3, 4]])))
    yield "rgba.png", png(np.concatenate([rgb, alpha], 2), 8, 6)
    yield "rgb_16.png", png(wide(rgb), 16, 2)
    yield "rgba_16_interlaced.png", png(wide(np.concatenate([rgb, alpha], 2)), 16, 6, interlaced=True)
    yield "grey.png", png(grey, 8, 0)
    yield "grey_trns.png", png(grey, 8, 0, chunk(b"tRNS", struct.pack(">H", int(grey[3, 4, 0]))))
    yield "grey_alpha.png", png(np.concatenate([grey, alpha], 2), 8, 4)
    yield "grey_alpha_16.png", png(wide(np.concatenate([grey, alpha], 2)), 16, 4)
    yield "grey_16.png", png(wide(grey), 16, 0)
    yield "grey_gamma.png", png(grey, 8, 0, chunk(b"gAMA", struct.pack(">I", 100000)) + chunk(b"sBIT", b"\5"))
    for depth in (1, 2, 4):
        yield f"grey_{depth}.png", png(grey >> (8 - depth), depth, 0)
        yield f"palette_{depth}.png", png(grey >> (8 - depth), depth, 3,
                                          chunk(b"PLTE", bytes(rng.integers(0, 256, 3 << depth, dtype=np.uint8))))
    yield "grey_2_interlaced.png", png(grey >> 6, 2, 0, interlaced=True)
    yield "palette_8.png", png(grey, 8, 3, palette)
    yield "palette_8_trns.png", png(grey, 8, 3, palette + chunk(b"tRNS", bytes(alpha[:9, :20].astype(np.uint8).ravel())))
    yield "palette_short.png", png(grey, 8, 3, chunk(b"PLTE", bytes(range(90, 90 + 99))))
    exif = chunk(b"eXIf", tiff_orientation(6))
    yield "orientation_before.png", png(rgb, 8, 2, exif)
    yield "orientation_after.png", png(rgb, 8, 2, b"", exif)
    yield "orientation_xmp.png", png(
        rgb, 8, 2, chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<tiff:Orientation>5</tiff:Orientation>"))
    profile = b"Exif\0\0" + tiff_orientation(7)
    text = b"\nexif\n%8d\n" % len(profile) + profile.hex().encode() + b"\n"
    yield "orientation_profile.png", png(rgb, 8, 2, chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(text)))
    yield "one_pixel.png", png(rgb[:1, :1], 8, 2, interlaced=True)


def bad_files():
    picture = jpeg(photo("chelsea", 60, 50, 120, 60))
    stored = png(np.asarray(photo("coffee", 30, 20, 180, 90)), 8, 2)
    yield "empty.jpg", b""
    yield "text.jpg", b"this is no picture\n"
    yield "cut_in_scan.jpg", picture[:len(picture) * 2 // 3]
    yield "cut_in_header.jpg", picture[:200]
    yield "no_end.jpg", picture[:-2]
    progressive = jpeg(photo("chelsea", 60, 50, 120, 60), progressive=True)
    yield "cut_progressive.jpg", progressive[:len(progressive) // 2]
    yield "start_only.jpg", b"\xff\xd8\xff"
    yield "cut.png", stored[:len(stored) * 2 // 3]
    yield "bad_crc.png", stored[:20] + b"\x01" + stored[21:]
    yield "header_only.png", stored[:33]
    yield "huge.png", stored[:8] + chunk(b"IHDR", struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)) + stored[33:]
    gif = io.BytesIO()
    photo("coffee", 8, 8).save(gif, "BMP")
    yield "bitmap.png", gif.getvalue()


def read(data, channels, exif):
    image = Image.open(io.BytesIO(data))
    if image.mode == "I;16":  # the one exception: the high byte
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if exif:
        image = ImageOps.exif_transpose(image)
    return image.convert("RGB" if channels == 3 else "L")


def crc(image):
    return format(zlib.crc32(image.tobytes()), "08x")


def view(image, height, width, resize):
    """torchvision's Resize and CenterCrop; a crop that wouldn't fit enlarges the image until it does."""
    w, h = image.size
    size = (resize, resize * h // w) if w <= h else (resize * w // h, resize)
    if size[0] < width or size[1] < height:
        size = min(((width, width * h // w), (height * w // h, height)),
                   key=lambda s: (s[0] < width or s[1] < height, s))
    image = image.resize(size, Image.Resampling.BILINEAR)
    left, top = round((size[0] - width) / 2), round((size[1] - height) / 2)
    return image.crop((left, top, left + width, top + height))


VIEWS = [(224, 224, 256), (96, 96, 109), (48, 48, 48), (33, 33, 37), (97, 65, 110), (65, 97, 40), (7, 7, 8), (299, 299, 341)]


def main():
    assert Image.__version__ == "13.0.0"
    warnings.simplefilter("ignore")
    OUT.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(1)
    lines = []
    for name, data in [*jpegs(), *pngs()]:
        (OUT / name).write_bytes(data)
        for channels in (3, 1):
            for exif in ("honour", "ignore"):
                image = read(data, channels, exif == "honour")
                lines.append(f"decode {name} {channels} {exif} {image.width} {image.height} {crc(image)}")
    for name in ("photo_600x400.jpg", "photo_large.jpg", "photo_portrait.jpg", "baseline_444_odd.jpg", "one_pixel.jpg",
                 "thin.jpg", "tall.jpg", "wide.jpg", "grey.png", "rgb.png"):
        for channels in (3, 1):
            image = read((OUT / name).read_bytes(), channels, True)
            for height, width, resize in VIEWS:
                lines.append(f"view {name} {channels} {height} {width} {resize} {crc(view(image, height, width, resize))}")
        for _ in range(6):
            w, h = (int(rng.integers(1, n + 1)) for n in image.size)
            left, top = int(rng.integers(0, image.width - w + 1)), int(rng.integers(0, image.height - h + 1))
            size = tuple(int(v) for v in rng.integers(1, 260, 2))
            image = read((OUT / name).read_bytes(), 3, True).crop((left, top, left + w, top + h))
            lines.append(f"crop {name} {left} {top} {w} {h} {size[0]} {size[1]} "
                         f"{crc(image.resize(size, Image.Resampling.BILINEAR))}")
            image = read((OUT / name).read_bytes(), 3, True)
    for name, data in bad_files():
        (OUT / f"bad_{name}").write_bytes(data)
        try:
            if name != "bitmap.png":  # Pillow knows more formats
                read(data, 3, True)
                raise AssertionError(f"Pillow reads {name}")
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
            pass
        lines.append(f"bad bad_{name}")
    (OUT / "expected.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
