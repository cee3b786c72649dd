"""Files as honest people send them, made by code: every type that may be accepted, in
the forms in which it is met.
"""

from __future__ import annotations

import io
import random
import re
import struct
import zlib
from collections.abc import Iterable
from typing import Any

from PIL import Image, ImageDraw, PngImagePlugin

JPEG, PNG, GIF, WEBP = "image/jpeg", "image/png", "image/gif", "image/webp"
PDF, TEXT, CSV = "application/pdf", "text/plain", "text/csv"


def picture(
    mode: str = "RGB", size: tuple[int, int] = (90, 60), shade: int = 0
) -> Image.Image:
    """A gradient with a red corner up on the left, so that one sees what was turned or
    lost.
    """
    image = Image.new("RGB", size)
    draw = ImageDraw.Draw(image)
    for x in range(size[0]):
        draw.line((x, 0, x, size[1]), fill=(shade, 255 * x // size[0], 128))
    draw.rectangle((0, 0, size[0] // 3, size[1] // 3), fill=(255, 0, 0))
    if mode == "P":
        return image.quantize(64)
    if mode in ("RGBA", "LA"):
        image = image.convert(mode)
        image.putalpha(Image.linear_gradient("L").resize(size))
        return image
    if mode == "I;16":
        return Image.frombytes(
            mode,
            size,
            b"".join(
                struct.pack("<H", 257 * (n % 256)) for n in range(size[0] * size[1])
            ),
        )
    return image.convert(mode)


def encode(image: Image.Image, form: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def animation(
    form: str, frames: int = 4, mode: str = "RGB", size: tuple[int, int] = (90, 60)
) -> bytes:
    first, *rest = [picture(mode, size, shade=40 * n % 256) for n in range(frames)]
    return encode(first, form, save_all=True, append_images=rest, duration=80, loop=0)


def chunk(name: bytes, data: bytes) -> bytes:
    """Of a PNG."""
    return (
        struct.pack(">I", len(data))
        + name
        + data
        + struct.pack(">I", zlib.crc32(name + data))
    )


def png(
    width: int,
    height: int,
    data: bytes,
    depth: int = 8,
    colour: int = 0,
    extra: bytes = b"",
) -> bytes:
    """A PNG of deflated `data`, with chunks between header and data."""
    header = chunk(
        b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    )
    return (
        b"\x89PNG\r\n\x1a\n"
        + header
        + extra
        + chunk(b"IDAT", data)
        + chunk(b"IEND", b"")
    )


def with_chunk(data: bytes, added: bytes) -> bytes:
    """A PNG with another chunk behind its header."""
    return data[:33] + added + data[33:]


def with_segment(data: bytes, marker: int, payload: bytes) -> bytes:
    """A JPEG with another segment behind its first two bytes."""
    return (
        data[:2]
        + struct.pack(">BBH", 0xFF, marker, len(payload) + 2)
        + payload
        + data[2:]
    )


def riff(chunks: Iterable[tuple[bytes, bytes]]) -> bytes:
    """A WebP."""
    body = b"WEBP"
    for name, data in chunks:
        body += name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def with_riff_chunk(data: bytes, name: bytes, payload: bytes) -> bytes:
    """A WebP with another chunk at its end, its sizes right."""
    padded = (
        name + struct.pack("<I", len(payload)) + payload + b"\0" * (len(payload) % 2)
    )
    return b"RIFF" + struct.pack("<I", len(data) + len(padded) - 8) + data[8:] + padded


def stream(data: bytes, said: bytes = b"") -> bytes:
    """An object of a PDF."""
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(data), said, data)


HELVETICA = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
PAGE = stream(b"BT /F1 24 Tf 72 700 Td (An honest page) Tj ET")


def pdf(
    *extra: bytes,
    catalog: bytes = b"",
    page: bytes = b"",
    content: bytes = PAGE,
    trailer: bytes = b"",
) -> bytes:
    """A PDF of one page: objects 1 to 5 make it, `extra` are those from 6 on."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalog,
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> %s >>" % page,
        content,
        HELVETICA,
        *extra,
    ]
    body, places = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), []
    for number, said in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, said)
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    table += b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        trailer,
        len(body),
    )
    return bytes(body) + table + end


def packed_pdf(font: bytes = HELVETICA) -> bytes:
    """As word processors write them: an object within a packed stream, and a table of
    all that is a stream too.
    """
    body = pdf().split(b"5 0 obj")[0]
    places = [match.start() for match in re.finditer(rb"\d+ 0 obj", body)]
    place, start = len(body), b"5 0 "
    said = b"/Type /ObjStm /N 1 /First %d /Filter /FlateDecode" % len(start)
    body += b"6 0 obj\n" + stream(zlib.compress(start + font), said) + b"\nendobj\n"
    rows = [
        (0, 0, 65_535),
        *((1, at, 0) for at in places),
        (2, 6, 0),
        (1, place, 0),
        (1, len(body), 0),
    ]
    table = stream(
        zlib.compress(b"".join(struct.pack(">BIH", *row) for row in rows)),
        b"/Type /XRef /Size 8 /W [1 4 2] /Root 1 0 R /Filter /FlateDecode",
    )
    return (
        body + b"7 0 obj\n" + table + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(body)
    )


def deep_png() -> bytes:
    """16 bits for each of red, green and blue."""
    chance = random.Random(16)
    rows = b"".join(b"\0" + chance.randbytes(40 * 6) for _ in range(30))
    return png(40, 30, zlib.compress(rows), depth=16, colour=2)


def described_png() -> bytes:
    known = PngImagePlugin.PngInfo()
    known.add_text("Comment", "of a holiday")
    return encode(picture(), "PNG", pnginfo=known, dpi=(300, 300))


GOOD: dict[str, tuple[str, bytes]] = {
    "jpeg": (JPEG, encode(picture(), "JPEG")),
    "jpeg in grey": (JPEG, encode(picture("L"), "JPEG")),
    "jpeg for print": (JPEG, encode(picture("CMYK"), "JPEG", quality=95)),
    "jpeg that loads by and by": (JPEG, encode(picture(), "JPEG", progressive=True)),
    "png": (PNG, encode(picture(), "PNG")),
    "png in grey": (PNG, encode(picture("L"), "PNG")),
    "png in black and white": (PNG, encode(picture("1"), "PNG")),
    "png with a palette": (PNG, encode(picture("P"), "PNG")),
    "png with a palette and a clear colour": (
        PNG,
        encode(picture("P"), "PNG", transparency=3),
    ),
    "png with transparency": (PNG, encode(picture("RGBA"), "PNG")),
    "png in grey with transparency": (PNG, encode(picture("LA"), "PNG")),
    "png of 16 bits in grey": (PNG, encode(picture("I;16"), "PNG")),
    "png of 16 bits": (PNG, deep_png()),
    "png that is described": (PNG, described_png()),
    "png that moves": (PNG, animation("PNG")),
    "gif": (GIF, encode(picture("P"), "GIF")),
    "gif with a clear colour": (GIF, encode(picture("P"), "GIF", transparency=3)),
    "gif that moves": (GIF, animation("GIF")),
    "webp": (WEBP, encode(picture(), "WEBP")),
    "webp without loss": (WEBP, encode(picture(), "WEBP", lossless=True)),
    "webp with transparency": (WEBP, encode(picture("RGBA"), "WEBP")),
    "webp that moves": (WEBP, animation("WEBP")),
    "one pixel": (PNG, encode(picture(size=(1, 1)), "PNG")),
    "a line": (PNG, encode(picture(size=(3000, 1)), "PNG")),
    "pdf": (PDF, pdf()),
    "pdf with its objects packed": (PDF, packed_pdf()),
    "pdf that was scanned": (PDF, encode(picture(), "PDF")),
    "pdf with a link": (
        PDF,
        pdf(
            b"<< /S /URI /URI (https://example.com) >>",
            page=b"/Annots [<< /A 6 0 R >>]",
        ),
    ),
    "pdf that opens at a page": (PDF, pdf(catalog=b"/OpenAction [3 0 R /Fit]")),
    "text": (TEXT, b"Dear all,\r\n\tit is five o'clock.\n"),
    "text of many languages": (TEXT, "Grüße, 你好, שלום, مرحبا, 👋🏽\n".encode()),
    "text with its mark": (TEXT, "\ufeffGrüße\n".encode()),
    "text with an angle": (TEXT, b"<3 to all, and a < b\n"),
    "one word": (TEXT, b"no"),
    "table": (CSV, b'name,price\r\nbook,9.90\r\n"a, b",-1.50\r\n'),
    "table with semicolons": (
        CSV,
        "\ufeffname;price\nStraße;9,90\n@home;+49 1234\n".encode(),
    ),
    "table with tabs": (CSV, b"a\tb\n1\t2\n"),
}
FIRST = {content_type: name for name, (content_type, _) in reversed(GOOD.items())}
ORDINARY = {content_type: GOOD[name][1] for content_type, name in FIRST.items()}
