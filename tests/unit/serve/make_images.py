#!/usr/bin/env python3
"""Writes images.inc: small pictures as PNG and JPEG and their numbers.

    python tests/unit/serve/make_images.py > tests/unit/serve/images.inc

PNG files are put together here by zlib, JPEG files and the numbers that they decode to come from Pillow.
"""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image

RGB = [[(255, 0, 0), (0, 255, 0), (0, 0, 255)], [(1, 2, 3), (128, 129, 130), (250, 251, 252)]]
GREY = [[0, 100, 255], [1, 2, 3]]


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, depth: int, colour: int, rows: list[bytes], extra: bytes = b"") -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    data = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    return b"\x89PNG\r\n\x1a\n" + header + extra + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def flat(rows: list) -> list[int]:
    return [int(value) for row in rows for pixel in row for value in (pixel if isinstance(pixel, tuple) else (pixel,))]


def jpeg(mode: str, rows: list) -> tuple[bytes, list[int]]:
    image = Image.new(mode, (3, 2))
    image.putdata([pixel for row in rows for pixel in row])
    file = io.BytesIO()
    image.save(file, "JPEG", quality=90, subsampling=0)
    decoded = Image.open(io.BytesIO(file.getvalue()))
    return file.getvalue(), flat([list(decoded.get_flattened_data())])


def show(name: str, values: bytes | list[int], kind: str) -> None:
    lines = [", ".join(str(v) for v in values[i : i + 24]) for i in range(0, len(values), 24)]
    body = ",\n    ".join(lines)
    print(f"const {kind} {name}{'[]' if kind == 'unsigned char' else ''} = {{\n    {body}}};")


def main() -> None:
    palette = [pixel for row in RGB for pixel in row]
    plte = chunk(b"PLTE", b"".join(bytes(pixel) for pixel in palette))
    files = {
        "kRgbPng": png(3, 2, 8, 2, [bytes(flat([row])) for row in RGB]),
        "kRgbaPng": png(3, 2, 8, 6, [bytes(flat([[(*pixel, 7) for pixel in row]])) for row in RGB]),
        "kPalettePng": png(3, 2, 8, 3, [bytes([0, 1, 2]), bytes([3, 4, 5])], plte),
        "kGreyPng": png(3, 2, 8, 0, [bytes(row) for row in GREY]),
        "kGrey16Png": png(3, 2, 16, 0, [b"".join(bytes([value, 99]) for value in row) for row in GREY]),
        "kHugePng": png(100000, 100000, 8, 2, [b"\0" * 9]),
    }
    values = {
        "kRgbValues": flat(RGB),
        "kGreyValues": flat(GREY),
        "kRgbOpaqueValues": flat([[(*pixel, 255) for pixel in row] for row in RGB]),
    }
    files["kRgbJpeg"], values["kRgbJpegValues"] = jpeg("RGB", RGB)
    files["kGreyJpeg"], values["kGreyJpegValues"] = jpeg("L", GREY)
    print("// Made by make_images.py.\n// clang-format off")
    for name, data in files.items():
        show(name, data, "unsigned char")
    for name, numbers in values.items():
        show(name, numbers, "std::vector<uint8_t>")


if __name__ == "__main__":
    main()
