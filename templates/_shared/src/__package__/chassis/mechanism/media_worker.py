"""Sandbox of the decoders: inspects one file within bounds of time, memory and output,
and says `is CONTENT_TYPE` or `refused REASON`.

    python -m PACKAGE.chassis.mechanism.media_worker FILE FOLDER CONTENT_TYPE...
"""

from __future__ import annotations

import logging
import resource
import sys
from pathlib import Path

from .media import Refused
from .media_text import check_text

SECONDS = 20  # of computing
MEMORY = 2**30  # bytes of addresses; an image of the most pixels takes 600 MB
WRITTEN = 512 * 2**20  # bytes of a file; what Lambda has in /tmp
HEADER = 16  # bytes that tell a type

# What a file begins with; `?` is any byte.
SIGNATURES = {
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/gif": (b"GIF87a", b"GIF89a"),
    "image/webp": (b"RIFF????WEBPVP8",),
    "application/pdf": (b"%PDF-",),
}
TEXTS = ("text/csv", "text/plain")


def inspect(path: Path, folder: Path, accept: list[str]) -> str:
    """The content type of what is fit to be kept. Raises Refused."""
    content_type = _sniff(path)
    if content_type is None:
        texts = [text for text in TEXTS if text in accept]
        if not texts:
            raise Refused("is of no type that is accepted here")
        return check_text(path, texts)
    if content_type not in accept:
        raise Refused(f"is {content_type}, which is not accepted here")
    if content_type == "application/pdf":  # no more is imported than the file needs
        from .media_documents import check_pdf

        check_pdf(path)
    else:
        from .media_images import redraw

        redraw(path, content_type, folder)
    return content_type


def _sniff(path: Path) -> str | None:
    with path.open("rb") as file:
        header = file.read(HEADER)
    for content_type, signatures in SIGNATURES.items():
        if any(_begins(header, signature) for signature in signatures):
            return content_type
    return None


def _begins(header: bytes, signature: bytes) -> bool:
    pairs = zip(header, signature, strict=False)
    return len(header) >= len(signature) and all(
        byte == wanted or wanted == ord("?") for byte, wanted in pairs
    )


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (WRITTEN, WRITTEN))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # files stay private
    if sys.platform == "linux":  # others keep to no such bound; that of pixels holds
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def main() -> None:
    _limit()
    logging.disable()  # libraries remark upon every oddity of a file
    path, folder, *accept = sys.argv[1:]
    try:
        said = f"is {inspect(Path(path), Path(folder), accept)}"
    except Refused as refused:
        said = f"refused {refused.reason}"
    except MemoryError:
        said = "refused takes too much memory to check"
    sys.stdout.write(said)


if __name__ == "__main__":
    main()
