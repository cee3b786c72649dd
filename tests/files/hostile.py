"""Hostile files, made by code: each with a name that says what it tries, and none of
them kept.

Each is refused, or what is kept is an image drawn anew of which nothing of the attack
is left; `test_media.py` says which.
"""

from __future__ import annotations

import gzip
import io
import itertools
import random
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from functools import cache, partial

from PIL import Image, ImageCms
from pypdf import PdfReader, PdfWriter
from tests.files.good import (
    CSV,
    GIF,
    JPEG,
    ORDINARY,
    PDF,
    PNG,
    TEXT,
    WEBP,
    animation,
    chunk,
    encode,
    packed_pdf,
    pdf,
    picture,
    png,
    riff,
    stream,
    with_chunk,
    with_riff_chunk,
    with_segment,
)

IMAGES = (JPEG, PNG, GIF, WEBP)
PAYLOAD = b"<script>alert('PAYLOAD')</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
HTML = b"<!DOCTYPE html><html><body>" + PAYLOAD + b"</body></html>"

Files = dict[str, bytes]
Bombs = dict[str, Callable[[], bytes]]  # which take a while to make


@cache
def archive() -> bytes:
    """A program in an archive, as the Java machine runs it."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as file:
        file.writestr("META-INF/MANIFEST.MF", "Main-Class: PAYLOAD\n")
        file.writestr("PAYLOAD.class", b"\xca\xfe\xba\xbe" + bytes(64))
    return written.getvalue()


@cache
def zeros(size: int) -> bytes:
    """So many of them, deflated: about a thousandth of their size."""
    packer, piece = zlib.compressobj(9), bytes(2**20)
    return (
        b"".join(packer.compress(piece[: size - at]) for at in range(0, size, 2**20))
        + packer.flush()
    )


def others() -> Files:
    """What is none of the types that may be accepted."""
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as file:
        file.addfile(tarfile.TarInfo("../../etc/passwd"))
    image = picture()
    box = b"\0\0\0\x18ftyp%s\0\0\0\0mif1" + bytes(64)
    return {
        "an archive": archive(),
        "a packed file": gzip.compress(b"PAYLOAD"),
        "a tape with a path upwards": tar.getvalue(),
        "a program of Linux": b"\x7fELF\x02\x01\x01" + bytes(57),
        "a program of Windows": b"MZ\x90\0\x03" + bytes(59) + b"PE\0\0",
        "a program of macOS": b"\xcf\xfa\xed\xfe\x07\0\0\x01" + bytes(24),
        "a class of Java": b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(24),
        "a module of WebAssembly": b"\0asm\x01\0\0\0",
        "a database": b"SQLite format 3\0" + bytes(84),
        "a pickle": b"\x80\x04cos\nsystem\n(S'PAYLOAD'\ntR.",
        "a bitmap": encode(image, "BMP"),
        "a TIFF": encode(image, "TIFF"),
        "an icon": encode(image, "ICO"),
        "a JPEG 2000": encode(image, "JPEG2000"),
        "an AVIF": encode(image, "AVIF"),
        "a Photoshop file": b"8BPS\0\x01" + bytes(20),
        "a HEIC": box % b"heic",
        "a film": box % b"isom",
        "a song": b"ID3\x04\0\0\0\0\0\0" + b"\xff\xfb\x90\0" * 20,
        "a font": b"\0\x01\0\0\0\x0c\0\x80" + bytes(32),
        "a PostScript file": b"%!PS-Adobe-3.0\n(\x00) run\n",
        "a Flash film": b"FWS\x0a" + bytes(20),
        "a sound in the envelope of a WebP": riff([(b"fmt ", bytes(16))]).replace(
            b"WEBP", b"WAVE"
        ),
    }


def wrong_types() -> dict[str, tuple[str, bytes]]:
    """By name, what it is said to be and what it is."""
    return {
        f"{is_} said to be {said}": (said, data)
        for is_, data in ORDINARY.items()
        for said in ORDINARY
        if is_ != said and (is_, said) != (CSV, TEXT)  # a table is text too
    }


def truncated(content_type: str) -> Files:
    whole = ORDINARY[content_type]
    length = len(whole)
    places = {
        "after a byte": 1,
        "in its signature": 5,
        "in its header": 20,
        "after a tenth": length // 10,
        "after a third": length // 3,
        "after half": length // 2,
        "after nine tenths": length * 9 // 10,
    }
    return {
        f"{content_type} cut {where}": whole[:place] for where, place in places.items()
    }


def empty_at_heart() -> Files:
    """Signatures without a file behind them, and with chance behind them."""
    chance = random.Random(4)
    heads = {
        JPEG: b"\xff\xd8\xff\xe0",
        PNG: b"\x89PNG\r\n\x1a\n",
        GIF: b"GIF89a",
        WEBP: b"RIFF\x24\0\0\0WEBPVP8 ",
        PDF: b"%PDF-1.7\n",
    }
    found = {f"{kind}, its signature alone": head for kind, head in heads.items()}
    for (kind, head), size in itertools.product(heads.items(), (64, 5000)):
        found[f"{kind}, its signature and {size} bytes of chance"] = (
            head + chance.randbytes(size)
        )
    for size in (1, 2, 3, 16, 255, 4096, 65_536, 1_000_000):
        found[f"{size} bytes of chance"] = b"\xfe" + chance.randbytes(size - 1)
    return found


def markup() -> Files:
    return {
        "an SVG": SVG,
        "an SVG as XML": b'<?xml version="1.0"?>\n' + SVG,
        "an SVG behind a mark": b"\xef\xbb\xbf" + SVG,
        "an SVG behind spaces": b" \t\r\n" * 300 + SVG,
        "an SVG behind a comment": b"<!-- GIF89a -->" + SVG,
        "an SVG with a file of the server": b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>',
        "an SVG with a bomb of entities": b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "aaaa">]><svg>&a;</svg>',
        "an SVG in capitals": SVG.upper(),
        "an SVG in UTF-16": SVG.decode().encode("utf-16"),
        "an SVG, packed": gzip.compress(SVG),
        "a page": HTML,
        "a page in capitals": HTML.upper(),
        "a page behind a mark and spaces": b"\xef\xbb\xbf \n" + HTML,
        "a script": PAYLOAD,
        "a frame": b"<iframe src=javascript:alert(1)>",
        "a body": b"<body onload=alert(1)>",
        "a style": b"<style>@import 'PAYLOAD'</style>",
        "an anchor": b"<a href=javascript:alert(1)>PAYLOAD</a>",
        "a PDF behind a line of text": b"Dear all,\n%PDF-1.4\n1 0 obj <<>> endobj\n%%EOF\n",
        "text with a NUL": b"Dear all\0" + PAYLOAD,
        "text that writes to the terminal": b"\x1b]0;PAYLOAD\x07 \x1b[2J",
        "text that goes back": b"harmless\x08\x08\x08\x08" + PAYLOAD,
        "text with controls of another century": "a\x85b\x9bc".encode(),
        "text in Latin-1": "Grüße".encode("latin-1"),
        "text in UTF-16": "Grüße".encode("utf-16"),
        "text in UTF-32": "Grüße".encode("utf-32"),
        "text in UTF-7, as some take it": b"\xfe+ADw-script+AD4-",
        "a slash that takes too many bytes": b"..\xc0\xaf..\xc0\xafetc",
        "half a pair": b"a\xed\xa0\x80b",
        "a character beyond all": b"a\xf4\x90\x80\x80b",
        "a character that breaks off": "Grüße, 你".encode()[:-1],
    }


def tables() -> Files:
    """As tables alone."""
    return {
        "a row that is longer": b"a,b\n1,2,3\n",
        "a row that is shorter": b"a,b\n1\n",
        "a quote that does not end": b'a,b\n"1,2\n',
        "a quote that goes on": b'a,b\n"1"x,2\n',
        "a formula": b"a,b\n1,=1+1\n",
        "a formula behind a space": b"a,b\n1, =HYPERLINK(1)\n",
        "a command": b"a,b\n1,=cmd|' /C calc'!A0\n",
        "a command behind a plus": b"a,b\n1,+cmd|' /C calc'!A0\n",
        "a command behind a sum": b"a,b\n1,-2+3+cmd|' /C calc'!A0\n",
        "a function behind an at": b"a,b\n1,@SUM(1+1)\n",
        "a cell without an end": b"a,b\n1," + b"x" * 200_000 + b"\n",
        "a NUL in a cell": b"a,b\n1,\0\n",
    }


def hidden_behind() -> Files:
    """Images with another file behind their end: each of the two is what some program
    finds.
    """
    behind = {kind: data for kind, data in ORDINARY.items() if kind not in (TEXT, CSV)}
    behind |= {
        "an archive": archive(),
        "a page": HTML,
        "an SVG": SVG,
        "a program": b"MZ" + PAYLOAD + bytes(99),
    }
    return {
        f"{front} with {back} behind it": ORDINARY[front] + data
        for front in IMAGES
        for back, data in behind.items()
        if front != back
    }


def hidden_within() -> Files:
    """Images with another file where they keep remarks."""
    within = {
        "a page": HTML,
        "an archive": archive(),
        "a PDF": pdf(),
        "a program of PHP": b"<?php system($_GET[0]); ?>",
    }
    found: Files = {}
    for what, data in within.items():
        found |= {
            f"{what} in a comment of a JPEG": with_segment(ORDINARY[JPEG], 0xFE, data),
            f"{what} in a segment of a JPEG": with_segment(
                ORDINARY[JPEG], 0xED, b"Photoshop 3.0\0" + data
            ),
            f"{what} in a text of a PNG": with_chunk(
                ORDINARY[PNG], chunk(b"tEXt", b"Comment\0" + data)
            ),
            f"{what} in a chunk of a PNG that nobody knows": with_chunk(
                ORDINARY[PNG], chunk(b"haCk", data)
            ),
            f"{what} in a comment of a GIF": encode(picture("P"), "GIF", comment=data),
            f"{what} in a chunk of a WebP": with_riff_chunk(
                ORDINARY[WEBP], b"HACK", data
            ),
        }
    script = bytearray(ORDINARY[GIF])
    script[6:10] = b"/*\x10\0"  # 10,799 pixels wide, and the start of a comment
    found["a GIF that is a script"] = bytes(script) + b"*/=1;alert('PAYLOAD')//"
    return found


def places() -> Files:
    """Photographs that say where they were taken, and what else they carry."""
    exif = Image.Exif()
    exif[0x010E], exif[0x9286] = "PAYLOAD", b"PAYLOAD"
    exif.get_ifd(0x8825).update(
        {1: "N", 2: (48.0, 8.0, 14.0), 3: "E", 4: (11.0, 34.0, 31.0), 29: "PAYLOAD"}
    )
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><exif:GPSLatitude>PAYLOAD</exif:GPSLatitude></x:xmpmeta>'
    profile = bytearray(
        ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    )
    named = (
        bytes(profile).replace(b"s\0R\0G\0B", b"P\0A\0Y\0L").replace(b"sRGB", b"PAYL")
    )
    image, moving = picture(), animation("WEBP")
    found = {}
    for form in ("JPEG", "PNG", "WEBP"):
        found[f"a place in the EXIF of a {form}"] = encode(image, form, exif=exif)
        found[f"a remark in the colours of a {form}"] = encode(
            image, form, icc_profile=named
        )
        found[f"chance for the colours of a {form}"] = encode(
            image, form, icc_profile=random.Random(2).randbytes(3000)
        )
    found |= {
        "a place in the XMP of a JPEG": encode(image, "JPEG", xmp=xmp),
        "a place in the XMP of a WEBP": encode(image, "WEBP", xmp=xmp),
        "a place in the XMP of a PNG": with_chunk(
            ORDINARY[PNG], chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp)
        ),
        "a comment in a JPEG": encode(image, "JPEG", comment=b"PAYLOAD"),
        "a comment in a GIF": encode(picture("P"), "GIF", comment=b"PAYLOAD"),
        "a comment in a GIF that moves": encode(
            image,
            "GIF",
            save_all=True,
            append_images=[picture(shade=99)],
            comment=b"PAYLOAD",
        ),
        "a second photograph behind a JPEG": encode(
            image, "MPO", save_all=True, append_images=[picture(shade=200)], exif=exif
        ),
        "a place in a WEBP that moves": with_riff_chunk(
            moving, b"EXIF", b"Exif\0\0" + exif.tobytes()[6:]
        ),
        "EXIF that is chance": with_segment(
            ORDINARY[JPEG], 0xE1, b"Exif\0\0II*\0" + random.Random(3).randbytes(900)
        ),
        "EXIF that goes round": with_segment(
            ORDINARY[JPEG],
            0xE1,
            b"Exif\0\0II*\0\x08\0\0\0\x01\0\x69\x87\x04\0\x01\0\0\0\x08\0\0\0\x08\0\0\0",
        ),
    }
    return found


def oversized() -> Files:
    """More said of the picture than there is picture."""
    segment = struct.pack(">BBH", 0xFF, 0xE1, 65_000) + b"PAYLOAD" * 9285 + b"PAY"
    texts = b"".join(chunk(b"tEXt", b"Comment%d\0PAYLOAD" % n) for n in range(5000))
    return {
        "100 segments of EXIF": ORDINARY[JPEG][:2] + segment * 100 + ORDINARY[JPEG][2:],
        "5,000 texts in a PNG": with_chunk(ORDINARY[PNG], texts),
        "a megabyte of a comment in a GIF": encode(
            picture("P"), "GIF", comment=b"PAYLOAD" * 150_000
        ),
        "5 MB of XMP in a WebP": encode(picture(), "WEBP", xmp=b"PAYLOAD" * 750_000),
        "a text of 4 GB, it says": with_chunk(
            ORDINARY[PNG], b"\xff\xff\xff\xfftEXtPAYLOAD"
        ),
    }


def flipped(content_type: str, count: int = 12) -> Files:
    """A few bits turned, wherever they are."""
    found = {}
    for seed in range(count):
        chance = random.Random(f"{content_type} {seed}")
        data = bytearray(ORDINARY[content_type])
        for _ in range(1 + seed):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        found[f"{content_type} with {1 + seed} bits turned"] = bytes(data)
    return found


def image_bombs() -> Bombs:
    """Small files that unfold to a great deal."""
    side = 50_000
    row = (side + 7) // 8 + 1
    jpeg = ORDINARY[JPEG]
    frame = next(re.finditer(rb"\xff\xc0..\x08", jpeg, re.DOTALL)).end()
    huge = jpeg[:frame] + b"\xff\xff\xff\xff" + jpeg[frame + 4 :]
    frames = encode(picture("P", (2, 2)), "GIF")
    once = frames[frames.index(b"\x2c") : -1]
    screen = bytearray(ORDINARY[GIF])
    screen[6:10] = b"\xff\xff\xff\xff"
    canvas = b"\x02\0\0\0" + b"\xff\x3f\0" * 2
    moves = bytearray(animation("PNG"))
    at = moves.index(b"acTL")
    moves[at - 4 : at + 16] = chunk(b"acTL", struct.pack(">II", 1_000_000, 0))
    return {
        "50,000 by 50,000 of zeros": lambda: png(
            side, side, zeros(side * row), depth=1
        ),
        "25 million pixels and some": lambda: png(
            5001, 5000, zeros(5001 * 5000), depth=8
        ),
        "a line of 16,384 pixels": lambda: png(16_384, 1, zlib.compress(bytes(16_385))),
        "two thousand million pixels wide": lambda: png(
            2**31 - 1, 1, zlib.compress(bytes(64))
        ),
        "wide and high as nothing is": lambda: png(
            2**31 - 1, 2**31 - 1, zlib.compress(bytes(64))
        ),
        "no pixel at all": lambda: png(0, 0, zlib.compress(b"")),
        "a JPEG that says 65,535 by 65,535": lambda: huge,
        "a GIF that says 65,535 by 65,535": lambda: bytes(screen),
        "a GIF of 10,000 frames": lambda: frames[:-1] + once * 9_999 + b";",
        "a GIF of 501 frames": lambda: frames[:-1] + once * 500 + b";",
        "a moving PNG that says a million frames": lambda: bytes(moves),
        "a WebP that says 16,384 by 16,384": lambda: riff(
            [(b"VP8X", canvas), (b"ANIM", bytes(6))]
        ),
        "a WebP of 501 frames": lambda: animation("WEBP", 501, size=(8, 8)),
        "a moving PNG of 501 frames": lambda: animation("PNG", 501, size=(8, 8)),
        "a moving WebP of too many pixels": lambda: animation(
            "WEBP", 30, size=(1000, 900)
        ),
    }


def slow_jpeg() -> bytes:
    """25 million pixels, each of which is drawn anew 50 times five times: 3 seconds or
    more.
    """
    whole = encode(picture("L", (5000, 5000)), "JPEG", progressive=True)
    second = whole.index(b"\xff\xda", whole.index(b"\xff\xda") + 1)
    return whole[:second] + whole[second:-2] * 51 + b"\xff\xd9"


def metadata_bombs() -> Bombs:
    """The picture is there; what is said of it unfolds to a great deal."""
    packed = partial(zeros, 300_000_000)
    return {
        "300 MB in an iTXt": lambda: with_chunk(
            ORDINARY[PNG], chunk(b"iTXt", b"Comment\0\x01\0\0\0" + packed())
        ),
        "300 MB in a zTXt": lambda: with_chunk(
            ORDINARY[PNG], chunk(b"zTXt", b"Comment\0\0" + packed())
        ),
        "300 MB in an iCCP": lambda: with_chunk(
            ORDINARY[PNG], chunk(b"iCCP", b"Colours\0\0" + packed())
        ),
        "300 MB behind the last row of a PNG": lambda: png(9, 9, packed()),
    }


def document_bombs() -> Bombs:
    packed = partial(zeros, 300_000_000)
    flate = b"/Filter /FlateDecode"
    twice = b"/Filter [/FlateDecode /FlateDecode]"
    page_tree = pdf().replace(b"/Kids [3 0 R] /Count 1", b"/Kids [2 0 R] /Count 1")
    table = b"/Type /XRef /Size 90000000 /W [1 4 2] /Root 1 0 R /Filter /FlateDecode"
    return {
        "a page that unfolds to 300 MB": lambda: pdf(content=stream(packed(), flate)),
        "an object that unfolds to 300 MB, of no page": lambda: pdf(
            stream(packed(), flate)
        ),
        "a page that unfolds twice": lambda: pdf(
            content=stream(zlib.compress(packed()), twice)
        ),
        "a page that unfolds behind letters": lambda: pdf(
            content=stream(
                packed().hex().encode() + b">",
                b"/Filter [/ASCIIHexDecode /FlateDecode]",
            )
        ),
        "a filter that is elsewhere": lambda: pdf(
            b"/FlateDecode", content=stream(packed(), b"/Filter 6 0 R")
        ),
        "filters that are elsewhere": lambda: pdf(
            b"/FlateDecode", content=stream(packed(), b"/Filter [6 0 R]")
        ),
        "runs that unfold": lambda: pdf(
            content=stream(b"\x81\0" * 1_000_000 + b"\x80", b"/Filter /RunLengthDecode")
        ),
        "objects in a stream of 300 MB": lambda: pdf(
            stream(packed(), b"/Type /ObjStm /N 9 /First 99 /Filter /FlateDecode"),
        ),
        "a table of 90 million objects": lambda: (
            pdf().split(b"xref\n")[0]
            + b"9 0 obj\n"
            + stream(zeros(7 * 90_000_000), table)
            + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(pdf().split(b"xref\n")[0])
        ),
        "300,000 objects": lambda: pdf(*[b"null"] * 300_000),
        "an array 100,000 deep": lambda: pdf(b"[" * 100_000 + b"]" * 100_000),
        "a dictionary 50,000 deep": lambda: pdf(
            b"<< /A " * 50_000 + b"null" + b">>" * 50_000
        ),
        "pages that go round": lambda: page_tree,
        "a length that goes round": lambda: pdf(
            content=b"<< /Length 4 0 R >>\nstream\nx\nendstream"
        ),
        "a length of 4 GB": lambda: pdf(
            content=b"<< /Length 4294967295 >>\nstream\nx\nendstream"
        ),
    }


def documents() -> Files:
    """PDFs that do something, and what only looks like a PDF."""
    script = b"<< /S /JavaScript /JS (app.alert\\('PAYLOAD'\\)) >>"
    launch = b"<< /S /Launch /F (calc.exe) >>"
    file = stream(b"MZ PAYLOAD", b"/Type /EmbeddedFile")
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf())))
    writer.encrypt("secret", algorithm="RC4-128")
    locked = io.BytesIO()
    writer.write(locked)
    whole = pdf()
    before = pdf(script, catalog=b"/OpenAction 6 0 R")
    place = before.rindex(b"startxref\n")
    revised = (
        before
        + b"xref\n0 1\n0000000000 65535 f \n1 1\n%010d 00000 n \ntrailer\n<< /Size 7 /Root 1 0 R /Prev %d >>\n"
        % (
            before.index(b"1 0 obj"),
            int(before[place:].split()[1]),
        )
        + b"startxref\n%d\n%%%%EOF\n" % len(before)
    )
    return {
        "a script as it opens": pdf(script, catalog=b"/OpenAction 6 0 R"),
        "a script as it opens, at once": pdf(catalog=b"/OpenAction " + script),
        "a script of a page": pdf(page=b"/AA << /O %s >>" % script),
        "a script of a remark": pdf(
            page=b"/Annots [<< /Subtype /Link /A %s >>]" % script
        ),
        "a script by name": pdf(
            catalog=b"/Names << /JavaScript << /Names [(a) %s] >> >>" % script
        ),
        "a script spelled otherwise": pdf(
            catalog=b"/OpenAction << /S /J#61v#61Script /J#53 (alert) >>"
        ),
        "a script all in numbers": pdf(
            catalog=b"/OpenAction << /S /"
            + b"".join(b"#%02X" % letter for letter in b"JavaScript")
            + b" /#4A#53 (a) >>"
        ),
        "a script within packed objects": packed_pdf(script),
        "a script that nothing refers to": pdf(script),
        "a script of an earlier state": revised,
        "a program as it opens": pdf(launch, catalog=b"/OpenAction 6 0 R"),
        "a program within packed objects": packed_pdf(launch),
        "a file within": pdf(
            file, b"<< /Type /Filespec /F (a.exe) /EF << /F 6 0 R >> >>"
        ),
        "files by name": pdf(catalog=b"/Names << /EmbeddedFiles << /Names [] >> >>"),
        "a file in a remark": pdf(
            page=b"/Annots [<< /Subtype /FileAttachment /FS << /F (a) >> >>]"
        ),
        "a document in the document": pdf(
            catalog=b"/OpenAction << /S /GoToE /T << /R /C >> >>"
        ),
        "a film with a script": pdf(page=b"/Annots [<< /Subtype /RichMedia >>]"),
        "a form that is another language": pdf(
            catalog=b"/AcroForm << /XFA [] /Fields [] >>"
        ),
        "a form that is sent away": pdf(
            catalog=b"/OpenAction << /S /SubmitForm /F (https://example.com) >>"
        ),
        "data from elsewhere": pdf(
            catalog=b"/OpenAction << /S /ImportData /F (a.fdf) >>"
        ),
        "one that is locked": locked.getvalue(),
        "one behind another byte": b"\n" + whole,
        "one behind a page": HTML + whole,
        "one behind a thousand bytes": b"%" + b"x" * 1000 + b"\n" + whole,
        "one with a page behind it": whole + HTML,
        "one with an archive behind it": whole + archive(),
        "one that is an archive too": whole
        + archive()[:-2]
        + struct.pack("<H", 6)
        + b"%%EOF\n",
        "one without an end": whole[: whole.rindex(b"%%EOF")],
        "one with its table elsewhere": whole.replace(b"startxref\n", b"startxref\n1"),
        "one of no version": b"%PDF-x.y\n" + whole[9:],
        "one of version 9": b"%PDF-9.0\n" + whole[9:],
        "one without a page": whole.replace(
            b"/Kids [3 0 R] /Count 1", b"/Kids [] /Count 0    "
        ),
        "one without a root": whole.replace(b"/Root 1 0 R", b"/Moot 1 0 R"),
        "one whose root is a number": whole.replace(
            b"<< /Type /Catalog /Pages 2 0 R  >>", b"42" + b" " * 32
        ),
    }


def archive_bombs() -> Bombs:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("zeros", bytes(100_000_000))
    nested = io.BytesIO()
    with zipfile.ZipFile(nested, "w") as file:
        for number in range(200):
            file.writestr(f"../{number}.zip", written.getvalue())
    return {
        "an archive of 100 MB of zeros": lambda: written.getvalue(),
        "archives in an archive": lambda: nested.getvalue(),
        "100 MB of zeros, packed()": lambda: gzip.compress(bytes(100_000_000)),
    }
