"""Settings of files in S3. Another server that speaks as S3 does is named by
AWS_ENDPOINT_URL_S3.
"""

from __future__ import annotations

from .settings import CoreSettings


class S3Settings(CoreSettings):
    files_bucket: str = ""
    files_endpoint: str = ""  # where clients reach it, if not where this process does
