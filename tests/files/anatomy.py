"""What an image consists of, read without any decoder, so that what a decoder overlooks
is seen.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

# What pixels, colours, transparency and movement need.
PARTS: dict[str, set[bytes]] = {
    "image/jpeg": {
        b"\xd8",
        b"\xe0",
        b"\xdb",
        b"\xc0",
        b"\xc2",
        b"\xc4",
        b"\xda",
        b"\xd9",
    },
    "image/png": {
        b"IHDR",
        b"PLTE",
        b"tRNS",
        b"IDAT",
        b"IEND",
        b"acTL",
        b"fcTL",
        b"fdAT",
    },
    "image/gif": {b"head", b"\x21\xf9", b"\x21\xff", b"\x2c", b"\x3b"},
    "image/webp": {b"RIFF", b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF"},
}


def dissect(content_type: str, data: bytes) -> set[bytes]:
    """The kinds of its parts; AssertionError where the parts are not all there is."""
    return set(_READERS[content_type](data))


def _jpeg(data: bytes) -> Iterator[bytes]:
    at = 0
    while True:
        assert data[at] == 0xFF
        marker = data[at + 1 : at + 2]
        yield marker
        at += 2
        if marker == b"\xd9":
            break
        if marker == b"\xd8":
            continue
        at += struct.unpack(">H", data[at : at + 2])[0]
        if marker == b"\xda":
            while data[at] != 0xFF or data[at + 1] == 0 or 0xD0 <= data[at + 1] <= 0xD7:
                at += 1
    assert at == len(data)


def _png(data: bytes) -> Iterator[bytes]:
    at = 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        name = data[at + 4 : at + 8]
        yield name
        at += 12 + length
    assert at == len(data) and name == b"IEND"


def _gif(data: bytes) -> Iterator[bytes]:
    yield b"head"
    at = 13 + _palette(data[10])
    while data[at] != 0x3B:
        if data[at] == 0x21:
            kind = data[at : at + 2]
            at = at + 2
            if kind == b"\x21\xff":
                assert data[at + 1 : at + 12] == b"NETSCAPE2.0"
        else:
            kind = data[at : at + 1]
            at += 11 + _palette(data[at + 9])
        yield kind
        while data[at]:
            at += 1 + data[at]
        at += 1
    assert at + 1 == len(data)


def _palette(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _webp(data: bytes) -> Iterator[bytes]:
    yield data[:4]
    assert struct.unpack("<I", data[4:8])[0] + 8 == len(data)
    at = 12
    while at < len(data):
        name, length = data[at : at + 4], struct.unpack("<I", data[at + 4 : at + 8])[0]
        yield name
        if name == b"VP8X":
            assert not data[at + 8] & 0b101100  # colours, EXIF, XMP
        at += 8 + length + length % 2
    assert at == len(data)


_READERS: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "image/jpeg": _jpeg,
    "image/png": _png,
    "image/gif": _gif,
    "image/webp": _webp,
}
