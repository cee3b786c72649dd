"""Files that clients send are what their bytes are, or they are refused; and no file
harms who looks at it.
"""

from __future__ import annotations

import importlib
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import grimp
import pytest
from PIL import Image, ImageChops, ImageCms, ImageStat
from tests.files import hostile
from tests.files.anatomy import PARTS, dissect
from tests.files.good import CSV, GOOD, JPEG, ORDINARY, PDF, TEXT, encode, picture

from archgen.domain.file_types import FILE_TYPES, NOT_OFFERED

Inspect = Callable[..., Any]
REFUSED = (
    "others",
    "empty_at_heart",
    "markup",
    "documents",
    "archive_bombs",
    "image_bombs",
    "document_bombs",
)
DEFUSED = ("hidden_behind", "hidden_within", "places", "oversized", "metadata_bombs")
REASON = re.compile(r"(is|has|does|takes) .{3,150}")
# What a clean copy may differ by from what was sent: a hundredth where nothing is lost,
# more where it is packed again.
APART = {"image/jpeg": 4.0, "image/png": 0.0, "image/gif": 3.0, "image/webp": 4.0}


@cache
def made(family: str) -> dict[str, bytes | Callable[[], bytes]]:
    return getattr(hostile, family)()  # type: ignore[no-any-return]


def make(family: str, name: str) -> bytes:
    data = made(family)[name]
    return data if isinstance(data, bytes) else data()


def named(*families: str) -> list[tuple[str, str]]:
    return [(family, name) for family in families for name in made(family)]


def refusal(inspect: Inspect, media: ModuleType, data: bytes, *accept: str) -> str:
    with pytest.raises(media.Refused) as refused:
        inspect(data, *accept)
    reason: str = refused.value.reason
    assert REASON.fullmatch(reason), "a client can make something of it"
    return reason


def drawn(source: Path | bytes) -> list[Image.Image]:
    """Its frames as one sees them: in colour, with transparency."""
    with Image.open(
        io.BytesIO(source) if isinstance(source, bytes) else source
    ) as image:
        frames = []
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            frames.append(image.convert("RGBA"))
        return frames


def difference(one: Image.Image, other: Image.Image) -> float:
    """The mean of what the colours differ by, of 255."""
    return max(ImageStat.Stat(ImageChops.difference(one, other)).mean)


def check_image(found: Any, *secrets: bytes) -> None:
    """A clean copy is pixels and nothing else, and its thumbnail too."""
    for path, content_type in (
        (found.clean, found.content_type),
        (found.thumbnail, "image/webp"),
    ):
        data = path.read_bytes()
        assert dissect(content_type, data) <= PARTS[content_type]
        assert not [secret for secret in (b"PAYLOAD", *secrets) if secret in data]
        with Image.open(path) as image:
            assert Image.MIME[image.format or ""] == content_type
            assert not image.getexif()
            assert not {"icc_profile", "exif", "xmp", "comment", "photoshop"} & set(
                image.info
            )
    assert max(image.size) <= 320


# What is offered


def test_what_the_answers_may_accept_is_what_a_project_checks(
    media: ModuleType,
) -> None:
    worker = importlib.import_module(f"{media.__package__}.media_worker")
    assert {*worker.SIGNATURES, *worker.TEXTS} == set(FILE_TYPES) == set(ORDINARY)
    assert not set(NOT_OFFERED) & set(FILE_TYPES)


def test_who_packages_the_inspection_finds_what_it_needs(media: ModuleType) -> None:
    graph = grimp.build_graph(
        "inspecting", include_external_packages=True, cache_dir=None
    )
    assert {"PIL", "pypdf"} <= graph.find_upstream_modules(media.__name__)


# Good files


@pytest.mark.few(15)
@pytest.mark.parametrize("name", GOOD)
def test_a_good_file_is_taken_for_what_it_is(inspect: Inspect, name: str) -> None:
    content_type, data = GOOD[name]
    found = inspect(data)
    assert (
        found.content_type == inspect(data, content_type).content_type == content_type
    )
    if not content_type.startswith("image/"):
        assert found.clean is None and found.thumbnail is None
        return
    check_image(found)
    before, after = drawn(data), drawn(found.clean)
    assert len(before) == len(after) and before[0].size == after[0].size
    assert max(map(difference, before, after)) <= APART[content_type]


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP"])
def test_what_moves_keeps_its_pace_and_its_rounds(inspect: Inspect, form: str) -> None:
    frames = [picture(shade=50 * n) for n in range(4)]
    data = encode(
        frames[0],
        form,
        save_all=True,
        append_images=frames[1:],
        duration=[40, 80, 120, 200],
        loop=3,
    )
    paces = []
    for source in (io.BytesIO(data), inspect(data).clean):
        with Image.open(source) as image:
            image.load()
            loop, pace = image.info["loop"], []
            for number in range(4):
                image.seek(number)
                image.load()
                pace.append(image.info["duration"])
        paces.append((loop, pace))
    assert paces[0] == paces[1] == (3, [40, 80, 120, 200])


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_image_stands_upright(inspect: Inspect, form: str, orientation: int) -> None:
    laid = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    upright, exif = picture(), Image.Exif()
    exif[0x0112] = orientation
    image = upright.transpose(laid[orientation]) if orientation > 1 else upright
    found = inspect(encode(image, form, exif=exif))
    check_image(found)
    for copy in (found.clean, found.thumbnail):
        (after,) = drawn(copy)
        assert after.size == upright.size
        assert difference(after, upright.convert("RGBA")) < 6


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_colours_of_another_space_look_the_same_without_their_profile(
    inspect: Inspect, form: str
) -> None:
    profile = bytearray(
        ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    )
    red, blue = profile.index(b"rXYZ"), profile.index(b"bXYZ")
    # where red is written, blue is meant
    profile[red : red + 4], profile[blue : blue + 4] = (b"bXYZ", b"rXYZ")
    found = inspect(
        encode(
            Image.new("RGB", (64, 64), (255, 0, 0)), form, icc_profile=bytes(profile)
        )
    )
    check_image(found)
    (after,) = drawn(found.clean)
    assert difference(after, Image.new("RGBA", (64, 64), (0, 0, 255, 255))) < 4


@pytest.mark.parametrize(
    "size", [(1200, 400), (400, 1200), (320, 320), (20, 10), (3000, 1)]
)
def test_a_thumbnail_has_the_shape_of_the_image_and_is_no_larger(
    inspect: Inspect, size: tuple[int, int]
) -> None:
    found = inspect(encode(picture(size=size), "PNG"))
    with Image.open(found.thumbnail) as image:
        scale = min(1, 320 / max(size))
        assert image.size == tuple(max(1, round(side * scale)) for side in size)


def test_a_text_is_a_table_only_if_it_is_one_in_rows_and_columns(
    inspect: Inspect,
) -> None:
    assert inspect(b"Dear all, it is five.\n").content_type == TEXT
    assert inspect(b"a\nb\nc\n").content_type == TEXT
    assert inspect(b"a\nb\nc\n", CSV).content_type == CSV
    assert inspect(b"a,b\n1,2\n", TEXT).content_type == TEXT
    assert inspect(b"a,b\n1,2\n").content_type == CSV


# Hostile files


@pytest.mark.few(50)
@pytest.mark.parametrize(("family", "name"), named(*REFUSED))
def test_what_is_none_of_the_types_or_acts_or_unfolds_is_refused(
    inspect: Inspect, media: ModuleType, family: str, name: str
) -> None:
    refusal(inspect, media, make(family, name))


@pytest.mark.few(30)
@pytest.mark.parametrize(("family", "name"), named(*DEFUSED))
def test_an_image_is_refused_or_nothing_but_its_pixels_is_kept(
    inspect: Inspect, media: ModuleType, family: str, name: str
) -> None:
    check_defused(inspect, media, make(family, name))


@pytest.mark.few(12)
@pytest.mark.parametrize(
    ("content_type", "name"),
    [(kind, name) for kind in hostile.IMAGES for name in hostile.flipped(kind)],
)
def test_a_damaged_image_is_refused_or_drawn_anew(
    inspect: Inspect, media: ModuleType, content_type: str, name: str
) -> None:
    check_defused(inspect, media, hostile.flipped(content_type)[name])


def check_defused(inspect: Inspect, media: ModuleType, data: bytes) -> None:
    try:
        found = inspect(data)
    except media.Refused:
        return
    assert found.content_type in hostile.IMAGES
    check_image(found, b"<?php", b"%PDF", b"<script", b"META-INF", b"<svg")


@pytest.mark.parametrize(
    "name", ["a place in the EXIF of a JPEG", "a place in the EXIF of a PNG"]
)
def test_a_photograph_is_kept_without_its_place(inspect: Inspect, name: str) -> None:
    data = make("places", name)
    with Image.open(io.BytesIO(data)) as image:
        assert image.getexif().get_ifd(0x8825)[2] == (48.0, 8.0, 14.0)
    found = inspect(data)
    with Image.open(found.clean) as image:
        assert not image.getexif().get_ifd(0x8825)
    assert difference(drawn(data)[0], drawn(found.clean)[0]) <= 4


@pytest.mark.parametrize("name", hostile.wrong_types())
def test_what_is_not_what_it_is_said_to_be_is_refused(
    inspect: Inspect, media: ModuleType, name: str
) -> None:
    said, data = hostile.wrong_types()[name]
    refusal(inspect, media, data, said)


@pytest.mark.parametrize("said", FILE_TYPES)
def test_an_svg_is_refused_as_whatever_it_is_sent(
    inspect: Inspect, media: ModuleType, said: str
) -> None:
    for data in (hostile.SVG, b'<?xml version="1.0"?>' + hostile.SVG, hostile.HTML):
        refusal(inspect, media, data, said)


@pytest.mark.parametrize("said", FILE_TYPES)
def test_a_file_of_no_byte_is_refused(
    inspect: Inspect, media: ModuleType, said: str
) -> None:
    assert refusal(inspect, media, b"", said) == "is empty"


@pytest.mark.parametrize("said", FILE_TYPES)
def test_chance_is_refused_as_whatever_it_is_sent(
    inspect: Inspect, media: ModuleType, said: str
) -> None:
    refusal(
        inspect, media, b"\xfe" + make("empty_at_heart", "4096 bytes of chance"), said
    )


@pytest.mark.parametrize(
    ("content_type", "name"),
    [
        (kind, name)
        for kind in (*hostile.IMAGES, PDF)
        for name in hostile.truncated(kind)
    ],
)
def test_what_broke_off_is_refused(
    inspect: Inspect, media: ModuleType, content_type: str, name: str
) -> None:
    refusal(inspect, media, hostile.truncated(content_type)[name], content_type)


@pytest.mark.few(8)
@pytest.mark.parametrize("name", hostile.flipped(PDF, 30))
def test_a_damaged_document_is_refused_or_a_document_still(
    inspect: Inspect, media: ModuleType, name: str
) -> None:
    try:
        found = inspect(hostile.flipped(PDF, 30)[name])
    except media.Refused:
        return
    assert found.content_type == PDF


@pytest.mark.parametrize("name", hostile.tables())
def test_a_table_that_is_none_or_computes_is_refused(
    inspect: Inspect, media: ModuleType, name: str
) -> None:
    refusal(inspect, media, hostile.tables()[name], CSV)


def test_the_corpus_is_of_more_than_300_files() -> None:
    families = [*REFUSED, *DEFUSED, "tables", "wrong_types"]
    damaged: list[dict[str, bytes]] = [
        files(kind)
        for kind in hostile.IMAGES
        for files in (hostile.flipped, hostile.truncated)
    ]
    assert sum(len(made(family)) for family in families) + sum(map(len, damaged)) > 300


# Bounds


MEASURE = """
import json, pathlib, resource, sys
sys.path[:0] = json.loads(sys.argv[1])
from inspecting.chassis.mechanism.media import Refused, inspect
for path in sys.argv[3:]:
    try:
        inspect(pathlib.Path(path), frozenset(["image/png", "image/webp", "application/pdf"]), pathlib.Path(sys.argv[2]))
    except Refused:
        pass
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024, [name for name in sys.modules if name in ("PIL", "pypdf")])
"""


def measure(tmp_path: Path, *data: bytes) -> tuple[int, str]:
    """The most memory of an inspection, in MB, and which decoders were imported beside
    it.
    """
    paths = [tmp_path / f"{number}" for number, _ in enumerate(data)]
    for path, content in zip(paths, data, strict=True):
        path.write_bytes(content)
    command = [
        sys.executable,
        "-c",
        MEASURE,
        json.dumps(sys.path),
        str(tmp_path),
        *map(str, paths),
    ]
    peak, _, imported = subprocess.run(
        command, capture_output=True, text=True, check=True
    ).stdout.partition(" ")
    return int(peak), imported.strip()


def test_bombs_take_no_more_memory_than_their_parser(
    media: ModuleType, tmp_path: Path
) -> None:
    families = ("image_bombs", "metadata_bombs", "document_bombs")
    peak, imported = measure(tmp_path, *(make(*bomb) for bomb in named(*families)))
    assert peak < 256
    assert imported == "[]", "who asks for an inspection needs no decoder"


def test_the_largest_image_takes_what_is_said_of_it(
    media: ModuleType, tmp_path: Path
) -> None:
    largest = encode(picture("RGBA", (5000, 5000)), "PNG", compress_level=1)
    peak, _ = measure(tmp_path, largest)
    assert 100 < peak < 600


def test_a_decoder_that_takes_too_long_is_ended(
    altered: Callable[..., ModuleType], tmp_path: Path
) -> None:
    worker = source("media_worker").replace("SECONDS = 20", "SECONDS = 1")
    media = altered(media_worker=worker)
    with pytest.raises(media.Refused, match="takes too much to check"):
        sent(media, tmp_path, hostile.slow_jpeg())


def test_a_decoder_that_waits_is_ended(
    altered: Callable[..., ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    media = altered(media_images="import time\n\ndef redraw(*_):\n    time.sleep(60)\n")
    monkeypatch.setattr(media, "SECONDS", 2)
    with pytest.raises(media.Refused, match="takes too long to check"):
        sent(media, tmp_path)


@pytest.mark.parametrize(
    "fault",
    [
        "import ctypes; ctypes.string_at(0)",
        "import os; os.abort()",
        "bytearray(2 ** 31)",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    ],
)
def test_a_decoder_that_breaks_takes_nothing_along(
    altered: Callable[..., ModuleType], tmp_path: Path, fault: str
) -> None:
    media = altered(
        media_images=f"def redraw(path, content_type, folder):\n    {fault}\n"
    )
    with pytest.raises(media.Refused, match="takes too much"):
        sent(media, tmp_path)


def test_a_decoder_knows_no_secret_and_can_lie_about_little(
    altered: Callable[..., ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_PASSWORD", "PAYLOAD")
    broken = "import os, sys\n\ndef redraw(*_):\n    sys.stdout.write('is text/html ' + str(dict(os.environ)))\n    sys.stdout.flush()\n    os._exit(0)\n"
    media = altered(media_images=broken)
    with pytest.raises(media.Refused, match="is of no type that is accepted here"):
        sent(media, tmp_path)
    verdict, said = media._ask_worker(tmp_path / "sent", frozenset([JPEG]), tmp_path)
    assert verdict == "is" and "text/html" in said and "PAYLOAD" not in said


def test_a_fault_that_is_not_the_files_is_no_refusal(
    altered: Callable[..., ModuleType], tmp_path: Path
) -> None:
    media = altered(media_images="import a_decoder_that_is_not_installed")
    with pytest.raises(RuntimeError, match="a_decoder_that_is_not_installed"):
        sent(media, tmp_path)
    media = altered(
        media_images="import os, signal\n\ndef redraw(*_):\n    os.kill(os.getpid(), signal.SIGTERM)\n"
    )
    with pytest.raises(RuntimeError, match="no file can be inspected"):
        sent(media, tmp_path)


def test_a_disk_that_is_full_is_no_refusal(media: ModuleType, tmp_path: Path) -> None:
    tmp_path.joinpath("clean").symlink_to("/dev/full")
    with pytest.raises(RuntimeError, match="No space left on device"):
        sent(media, tmp_path)


def test_what_lies_beside_a_file_is_never_run(
    media: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.joinpath("PIL.py").write_text("raise SystemExit('PAYLOAD')")
    monkeypatch.chdir(tmp_path)
    assert sent(media, tmp_path).content_type == JPEG


def source(name: str) -> str:
    from archgen.generator import templates_dir

    return (
        templates_dir()
        .joinpath(f"_shared/src/__package__/chassis/mechanism/{name}.py")
        .read_text()
    )


def sent(media: ModuleType, folder: Path, data: bytes = ORDINARY[JPEG]) -> Any:
    folder.joinpath("sent").write_bytes(data)
    return media.inspect(folder / "sent", frozenset([JPEG]), folder)
