"""Clients of AWS, by botocore alone, all from one session: what boto3 adds to it
(transfers of S3, resources) no function needs, and every start of one would pay for.
"""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import Any

from botocore.config import Config
from botocore.loaders import Loader
from botocore.session import Session

_making = Lock()  # a session makes one client at a time


def client(service: str, url: str | None = None, **config: Any) -> Any:
    """`url`: where it is asked, if not where the environment says."""
    loader, session = _session()
    with _making:
        loader.asked.add(service)
        return session.create_client(service, endpoint_url=url, config=Config(**config))


def session() -> Session:
    """Whose credentials all clients have."""
    return _session()[1]


class _Loader(Loader):
    """Reads what the services are, those alone that are asked for: botocore would look
    into the folders of all to see which there are.
    """

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def list_available_services(self, type_name: str) -> list[str]:
        return sorted(self.asked)


@cache
def _session() -> tuple[_Loader, Session]:
    loader, session = _Loader(), Session()
    session.register_component("data_loader", loader)
    return loader, session
