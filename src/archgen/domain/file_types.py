"""The types that a field of files may accept: those whose content a project checks, and
no others.

Each has its check in `chassis/mechanism/media_worker.py` of the templates;
`tests/files/test_media.py` holds the two together.
"""

from __future__ import annotations

FILE_TYPES = (
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/gif",
    "application/pdf",
    "text/plain",
    "text/csv",
)
NOT_OFFERED = {
    "image/svg+xml": "it is a document with scripts: convert it to image/png or image/webp",
}
