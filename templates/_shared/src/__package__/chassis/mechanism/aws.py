"""Clients of AWS, by botocore alone: what boto3 adds to it (transfers of S3, resources)
no function needs, and every start of one would pay for.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from botocore.config import Config
from botocore.loaders import Loader
from botocore.session import get_session


def client(service: str, **config: Any) -> Any:
    session = get_session()
    session.register_component("data_loader", _loader())
    return session.create_client(service, config=Config(**config))


@cache
def _loader() -> Loader:
    """Reads what the services are; for all clients, since it keeps what it has read."""
    return Loader()
