"""AWS in one process, for `make dev` and for tests: what `deploy/template.yaml` says, run as it says it.

Its tables and queues are made in moto; a request becomes an event for the function whose route it matches; what
the tables' streams tell goes through the pipes' filters into the queues, and from there to the event functions.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid4

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from moto import mock_aws
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from .deliveries import Deliveries
from .dev import merged, serve
from .functions import Event, Function, FunctionSettings, loop
from .http import problem
from .http_function import FunctionTransport, HttpFunction, body_of, request_event
from .local_aws import make_queues, make_tables, moto_server
from .settings import Settings
from .template import Template

Prepare = Callable[[FastAPI, Settings], Awaitable[None]]
