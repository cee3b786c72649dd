"""What an instance answers, held by schemathesis to what its OpenAPI document says."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from secrets import token_hex

from tests.support.projects import Project, ask
from tests.support.stack import Stack

PASSWORD = "correct horse battery staple"
# beside what schemathesis takes for granted: an If-Match that is not so any more
ALLOWED = ["2xx", "3xx", "401", "403", "404", "409", "412", "429", "5xx"]
# and, as there: who is late is told so, whatever else is wrong
REFUSED = [
    "400",
    "401",
    "403",
    "404",
    "405",
    "406",
    "409",
    "412",
    "415",
    "422",
    "428",
    "429",
    "5xx",
]


def keeps_its_contract(
    url: str,
    folder: Path,
    token: str | None = None,
    *,
    looked_up: Sequence[str] = (),
    examples: int = 8,
    links: bool = True,
) -> None:
    """AssertionError with the report of schemathesis, if it finds a fault.

    `looked_up`: operations whose bodies name other rows, such as "POST /api/orders". A
    schema cannot say which rows there are, nor which cursors a list and which links a
    mail has given out, so those may answer 422 to what the document allows. `links`:
    whether requests are made of what others have answered, too; through NGINX such a
    line may be too long, and 414 is the server's own.
    """
    document = ask(f"{url}/openapi.json")[1]
    given_out = [
        f"{method.upper()} {path}"
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if path.endswith("/confirm")
        or "after" in [found["name"] for found in operation.get("parameters", ())]
    ]
    config = folder / "schemathesis.toml"
    config.write_text(
        f"[checks.positive_data_acceptance]\nexpected-statuses = {json.dumps(ALLOWED)}\n"
        f"[checks.negative_data_rejection]\nexpected-statuses = {json.dumps(REFUSED)}\n"
        f"[[operations]]\ninclude-name = {json.dumps([*given_out, *looked_up])}\n"
        f"checks.positive_data_acceptance.expected-statuses = {json.dumps([*ALLOWED, '422'])}\n"
    )
    command = [
        *(
            str(Path(sys.prefix, "bin", "schemathesis")),
            "--config-file",
            str(config),
            "run",
            f"{url}/openapi.json",
        ),
        *(
            "--checks",
            "all",
            "--continue-on-failure",
            "--max-examples",
            str(examples),
            "--seed",
            "1",
            "--no-shrink",
        ),
        *(
            "--suppress-health-check",
            "all",
            "--request-timeout",
            "20",
            "--warnings",
            "off",
        ),
        *("--phases", "examples,coverage,fuzzing" + ",stateful" * links),
        *(("--header", f"Authorization: Bearer {token}") if token else ()),
    ]
    done = subprocess.run(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    report = "\n".join(
        line[:300] for line in (done.stdout + done.stderr).splitlines()[-200:]
    )
    assert done.returncode == 0, report


def keeps_its_contract_behind_nginx(
    stack: Stack, folder: Path, examples: int = 8
) -> None:
    env = stack.project.folder / ".env"
    before = env.read_text()
    # one address asks for everybody
    env.write_text(before + "RATE=5000\nLOGIN_RATE=5000\n")
    try:
        stack.compose("up", "--detach", "--no-build", "--no-deps", "--wait", "nginx")
        token = member_of_staff(stack.project, stack.url)
        keeps_its_contract(
            stack.url,
            folder,
            token,
            looked_up=["POST /api/orders"],
            examples=examples,
            links=False,
        )
    finally:
        env.write_text(before)
        stack.compose("up", "--detach", "--no-build", "--no-deps", "--wait", "nginx")


def log_in(url: str, email: str, password: str) -> str:
    end = time.monotonic() + 60
    while True:  # on a busy machine passwords wait for each other, and some are told to come again
        status, tokens = ask(
            f"{url}/api/auth/login", "POST", {"email": email, "password": password}
        )
        if status != 503 or time.monotonic() > end:
            break
        time.sleep(0.2)
    assert status == 200, tokens
    return str(tokens["access_token"])


def member_of_staff(project: Project, url: str) -> str:
    """The access token of the one that every project has."""
    env = dict(
        line.split("=", 1)
        for line in (project.folder / ".env").read_text().splitlines()
        if "=" in line
    )
    return log_in(url, env["ADMIN_EMAIL"], env["ADMIN_PASSWORD"])


def somebody(url: str) -> str:
    """The access token of a new account."""
    email = f"{token_hex(8)}@example.com"
    assert (
        ask(f"{url}/api/auth/register", "POST", {"email": email, "password": PASSWORD})[
            0
        ]
        == 201
    )
    return log_in(url, email, PASSWORD)
