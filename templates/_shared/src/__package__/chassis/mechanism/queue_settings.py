"""Settings of what functions tell each other: the queues of those that react."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator
from pydantic_settings import NoDecode

from .settings import CoreSettings


def _read(value: object) -> object:
    return json.loads(value) if isinstance(value, str) else value


class QueueSettings(CoreSettings):
    # by part, the URL of its queue, as JSON
    queues: Annotated[Mapping[str, str], NoDecode, BeforeValidator(_read)] = {}
