"""Settings of files that lie in a bucket if one is named, else in a folder."""

from __future__ import annotations

from .file_settings import FileSettings
from .s3_settings import S3Settings


class FilePlaceSettings(FileSettings, S3Settings):
    pass
