"""PDF that clients sent: whole, readable without a guess, and without what acts."""

from __future__ import annotations

import mmap
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pypdf import PdfReader, filters
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    StreamObject,
)

from .media import Refused

VERSION = re.compile(rb"%PDF-[12]\.\d\s")
END = re.compile(rb"%%EOF\s*\Z")
TAIL = 1024  # bytes, in which readers look for the end
OBJECTS_MOST = 200_000
INFLATED_MOST = 256 * 2**20  # bytes of a stream; a page scanned at 600 dpi has 105 MB
PIECE = 2**20  # bytes
# What runs, opens or sends something, and files within the file.
ACTIVE = {
    "/JS",
    "/JavaScript",
    "/Launch",
    "/ImportData",
    "/SubmitForm",
    "/GoToE",
    "/EF",
    "/EmbeddedFile",
    "/EmbeddedFiles",
    "/FileAttachment",
    "/RichMedia",
    "/Rendition",
    "/XFA",
}
ASCII: dict[str, Any] = {
    "/ASCII85Decode": filters.ASCII85Decode,
    "/A85": filters.ASCII85Decode,
    "/ASCIIHexDecode": filters.ASCIIHexDecode,
    "/AHx": filters.ASCIIHexDecode,
}
PACKED: dict[str, Any] = {
    "/LZWDecode": filters.LZWDecode,
    "/LZW": filters.LZWDecode,
    "/RunLengthDecode": filters.RunLengthDecode,
    "/RL": filters.RunLengthDecode,
}
FLATE = ("/FlateDecode", "/Fl")


def _spell(name: str) -> bytes:
    """Matches a name however it is written: any letter may stand as `#4A`."""
    letters = (f"(?:{letter}|#(?i:{ord(letter):02x}))" for letter in name[1:])
    return f"/{''.join(letters)}".encode()


# Short ones stand in any compressed stream, by chance.
SPELLED = re.compile(
    b"|".join(_spell(name) for name in sorted(ACTIVE) if len(name) > 5)
)


def check_pdf(path: Path) -> None:
    """Raises Refused unless the document is fit to be kept as it is."""
    _check_bytes(path)
    try:
        with PdfReader(path, strict=True) as reader:
            if reader.is_encrypted:
                raise Refused("is encrypted, so that nobody can check it")
            for found in _objects(reader):
                _check_object(found)
            if "/Root" not in reader.trailer or not reader.pages:
                raise Refused("has no page")
    except (Refused, MemoryError):
        raise
    except Exception:  # noqa: BLE001 - parsers raise whatever broken bytes lead to
        raise Refused("is not a whole PDF") from None


def _check_bytes(path: Path) -> None:
    """What parsers that differ from this one might see."""
    with (
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as all_of_it,
    ):
        if not VERSION.match(all_of_it):
            raise Refused("is not a PDF of a known version")
        if not END.search(all_of_it[-TAIL:]):
            raise Refused("does not end where a PDF ends")
        if SPELLED.search(all_of_it):
            raise Refused("has scripts, actions or files in it")
    if zipfile.is_zipfile(path):
        raise Refused("is an archive too")


def _objects(reader: PdfReader) -> Iterator[Any]:
    """Everything in the document, whether or not a page refers to it."""
    places = {
        (number, generation)
        for generation, entries in reader.xref.items()
        for number in entries
    } | {(number, 0) for number in reader.xref_objStm}
    if len(places) > OBJECTS_MOST:
        raise Refused(f"has more than {OBJECTS_MOST} objects")
    yield reader.trailer
    for number, generation in sorted(places):
        yield reader.get_object(IndirectObject(number, generation, reader))


def _check_object(found: Any) -> None:
    if isinstance(found, NameObject) and found in ACTIVE:
        raise Refused("has scripts, actions or files in it")
    if isinstance(found, StreamObject):
        _check_stream(found)
    if isinstance(found, DictionaryObject):
        for key, value in found.items():
            _check_object(key)
            _check_object(value)
    elif isinstance(found, ArrayObject):
        for value in found:
            _check_object(value)


def _check_stream(stream: StreamObject) -> None:
    """That it does not unfold to far more than it is."""
    said: Any = stream["/Filter"] if "/Filter" in stream else ArrayObject()
    listed = said if isinstance(said, ArrayObject) else [said]
    names = [name.get_object() for name in listed]
    if sum(name in PACKED or name in FLATE for name in names) > 1:
        raise Refused("has streams that are packed more than once")
    data = stream._data
    for name in names:
        if name in FLATE:
            _check_inflated(data)
        if name not in ASCII and name not in PACKED:
            return
        data = (ASCII | PACKED)[name].decode(data)


def _check_inflated(data: bytes) -> None:
    inflater = zlib.decompressobj()
    size = 0
    while data and not inflater.eof:
        size += len(inflater.decompress(data, PIECE))
        data = inflater.unconsumed_tail
        if size > INFLATED_MOST:
            raise Refused("has streams that unfold to far more than they are")
