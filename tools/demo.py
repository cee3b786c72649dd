"""`make demo`: from the answers of a preset to a paid order, printing each step and how
long it took.

Uses archgen and the project that it writes as a user does: by their commands, and over
HTTP.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
ARCHGEN = str(Path(sys.executable).parent / "archgen")
PATIENCE = 300.0  # seconds: the first `make` of a project installs what it needs


def main() -> None:
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="archgen-demo-") as folder:
        print(
            "The recommendation for the answers of the ecommerce preset\n", flush=True
        )
        subprocess.run(
            [ARCHGEN, "recommend", "--preset", "ecommerce", "--set", "name=shop"],
            check=True,
        )
        print("\nThe project, and its journey\n", flush=True)
        command = [
            ARCHGEN,
            "new",
            "shop",
            "--preset",
            "ecommerce",
            "--no-input",
            "--output",
            folder,
            "--json",
        ]
        written = step(
            "write the project",
            lambda: json.loads(
                subprocess.check_output(command, stderr=subprocess.DEVNULL)
            ),
        )
        project = Path(written["path"])
        print(
            f"{'':10}{written['files']} files, {written['architecture']}, in {project}"
        )
        with running(project, written["urls"]["dev"]):
            journey(Api(written["urls"]["dev"]), settings(project / ".env"))
    print(f"\nDone and cleared away in {time.perf_counter() - began:.1f} s")


def journey(api: Api, env: dict[str, str]) -> None:
    """Log in, create, read, order, paid."""
    password = "correct horse battery staple"
    ada = {"email": "ada@example.com", "password": password}
    admin = {"email": env["ADMIN_EMAIL"], "password": env["ADMIN_PASSWORD"]}
    step("register a customer", lambda: api("POST", "/api/auth/register", ada))
    customer = step(
        "log in as the customer", lambda: api("POST", "/api/auth/login", ada)
    )["access_token"]
    staff = step("log in as staff", lambda: api("POST", "/api/auth/login", admin))[
        "access_token"
    ]
    book = {
        "sku": "BOOK-1",
        "name": "A book",
        "price": "9.99",
        "category": "book",
        "stock": 5,
    }
    product = step(
        "create a product", lambda: api("POST", "/api/products", book, staff)
    )
    step("read it, as anyone may", lambda: api("GET", f"/api/products/{product['id']}"))
    wanted = {
        "lines": [{"product_id": product["id"], "quantity": 2}],
        "payment_method": "card_ok",
    }
    order = step(
        "order two of it", lambda: api("POST", "/api/orders", wanted, customer)
    )
    order = step(
        "wait until it is confirmed", lambda: settled(api, order["id"], customer)
    )
    if order["status"] != "confirmed":
        sys.exit(f"The order was {order['status']}: {order['reason']}")
    paid = step(
        "see that it is paid",
        lambda: api("GET", f"/api/payments?order_id={order['id']}", token=customer),
    )
    print(
        f"{'':10}order {order['id']}: {order['status']}, {paid['items'][0]['amount']} {paid['items'][0]['status']}"
    )
    left = step(
        "see what is left in stock",
        lambda: api("GET", f"/api/products/{product['id']}", token=staff),
    )
    print(f"{'':10}{left['stock']} of {product['stock']}")


def settled(api: Api, order: str, token: str) -> Any:
    deadline = time.monotonic() + 30
    while True:
        seen = api("GET", f"/api/orders/{order}", token=token)
        if seen["status"] != "pending" or time.monotonic() > deadline:
            return seen
        time.sleep(0.05)


class Api:
    """The project over HTTP; an answer that is no success ends the demo with what it
    said.
    """

    def __init__(self, url: str) -> None:
        self._url = url

    def __call__(
        self, method: str, path: str, body: object = None, token: str | None = None
    ) -> Any:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            sys.exit(
                f"{method} {path} gave {error.code}: {error.read().decode(errors='replace')}"
            )


@contextmanager
def running(project: Path, url: str) -> Iterator[None]:
    """`make dev`, ready; stopped at the end, and all that it started with it."""
    with (project / "dev.log").open("w+") as log:
        own = {
            key: value
            for key, value in os.environ.items()
            if key not in {"MAKEFLAGS", "MAKELEVEL", "VENV"}
        }
        dev = subprocess.Popen(
            ["make", "dev"],
            cwd=project,
            env=own,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            step(
                "make setup and make dev, until it is ready",
                lambda: ready(dev, url, Path(log.name)),
            )
            yield
        finally:
            step("stop it", lambda: stop(dev))


def ready(dev: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while dev.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{url}/health/ready", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    sys.exit(f"make dev did not get ready:\n{log.read_text()}")


def stop(dev: subprocess.Popen[bytes]) -> None:
    for number, patience in (
        (signal.SIGINT, 10),
        (signal.SIGTERM, 5),
        (signal.SIGKILL, 5),
    ):
        if dev.poll() is None:
            os.killpg(dev.pid, number)
            try:
                dev.wait(patience)
            except subprocess.TimeoutExpired:
                continue


def settings(path: Path) -> dict[str, str]:
    return dict(
        line.split("=", 1)
        for line in path.read_text().splitlines()
        if "=" in line and not line.startswith("#")
    )


def step(what: str, do: Callable[[], T]) -> T:
    start = time.perf_counter()
    result = do()
    print(f"{(time.perf_counter() - start) * 1000:6.0f} ms {what}", flush=True)
    return result


if __name__ == "__main__":
    main()
