"""Migrations as a Lambda function that CloudFormation calls before what depends on it, as
a custom resource: a version whose tables cannot be made does not run.

It goes to the database itself, past the proxy, as the owner of the tables, whose password
RDS keeps in a secret and changes.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote

import httpx2 as httpx

from .functions import Event, Function, S, read_secret, run
from .sql_function_settings import SqlFunctionSettings

log = logging.getLogger(__name__)


class MigrationFunction(Function[S, S]):
    def __init__(self, work: Callable[[S], Awaitable[None]], kind: type[S]) -> None:
        super().__init__(_as_owner, kind)
        self._work = work

    def within(
        self, settings: S, transports: Mapping[str, Any]
    ) -> MigrationFunction[S]:
        other = type(self)(self._work, self._kind)
        other._arguments = settings, transports
        return other

    def __call__(self, event: Event, context: Any) -> Event:
        told = {"Status": "SUCCESS"}
        try:
            if event["RequestType"] != "Delete":  # tables stay
                run(self._migrate())
        except Exception as error:
            log.exception("the tables are as they were, or as far as it says")
            told = {
                "Status": "FAILED",
                "Reason": f"{error!r}: its log says more"[:1000],
            }
        answer = {
            **told,
            "PhysicalResourceId": "migrations",
            **{
                name: event[name]
                for name in ("StackId", "RequestId", "LogicalResourceId")
            },
        }
        # which is signed without a type
        sent = httpx.put(
            event["ResponseURL"],
            content=json.dumps(answer),
            headers={"content-type": ""},
        )
        sent.raise_for_status()
        return answer

    async def _migrate(self) -> None:
        try:
            await self._work(self.built)
        except SystemExit as error:  # what a command says to people
            raise RuntimeError(str(error)) from error


def _as_owner(settings: S, _: Mapping[str, Any] | None) -> S:
    """The settings with the owner's address, whose password is read each time that a
    process begins.
    """
    if not isinstance(settings, SqlFunctionSettings) or not settings.database_owner:
        return settings
    owner = json.loads(read_secret(settings.database_owner))
    user, password = quote(owner["username"], ""), quote(owner["password"], "")
    at = f"{settings.database_host}:5432/app?sslmode=require"
    url = f"postgresql://{user}:{password}@{at}"
    own = {"database_url": url, "database_host": "", "migration_url": ""}
    return settings.model_copy(update=own)
