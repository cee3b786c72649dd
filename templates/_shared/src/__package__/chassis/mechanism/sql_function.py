"""PostgreSQL from functions: one connection for each, made at its first use and kept
between calls, through a proxy that shares those of the server.

A token of IAM is the password, made here by signing, so that none is kept anywhere; each
connection takes a fresh one.
"""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import NoCredentialsError
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError

from .aws import session
from .sql import Database
from .sql_function_settings import SqlFunctionSettings

TOKEN_SECONDS = 900  # that a token is good for; a connection outlives it
# a function that stood still for so long asks whether its connection is still one
IDLE = 1.0


class FunctionDatabase(Database):
    """A pool of one connection, where nothing outlives a transaction."""

    def __init__(self, settings: SqlFunctionSettings) -> None:
        super().__init__(settings.database_place, 1, "transaction")
        if self._pool is None:
            return
        engine = self._pool.sync_engine
        event.listen(engine, "checkin", _note)
        event.listen(engine, "checkout", _check)
        if settings.database_host:
            event.listen(engine, "do_connect", _log_in)


def token(host: str, port: int, user: str) -> str:
    """What the database takes for the password of a user, from whoever may connect as
    such (`rds-db:connect`; NoCredentialsError: nobody is known here).
    """
    address = f"https://{host}:{port}/"
    request = AWSRequest("GET", address, params={"Action": "connect", "DBUser": user})
    region = session().get_config_variable("region")
    credentials = session().get_credentials()
    if credentials is None:
        raise NoCredentialsError
    SigV4QueryAuth(credentials, "rds-db", region, TOKEN_SECONDS).add_auth(request)
    return str(request.url).removeprefix("https://")


def _log_in(
    _dialect: Any, _record: Any, _args: Any, parameters: dict[str, Any]
) -> None:
    at = urlsplit(parameters["dsn"])
    parameters["password"] = token(
        at.hostname or "", at.port or 5432, at.username or ""
    )


def _note(_connection: Any, record: Any) -> None:
    record.info["used"] = time.time()


def _check(connection: Any, record: Any, _: Any) -> None:
    """A connection that the proxy, or the network, has dropped meanwhile makes place for
    another (DisconnectionError, which the pool answers so).
    """
    if time.time() - record.info.get("used", time.time()) < IDLE:
        return
    try:
        connection.ping()
    except Exception as error:
        raise DisconnectionError("the connection was dropped") from error
