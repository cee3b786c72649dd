"""Cold starts: how long each function takes to start and to answer its first call, how
large its package is, and which imports take the time.

Beside it, in the same run, a bare function. `cpu` and `clock` say how many times its time
the two together take, by the processor and by the clock: the median over pairs of starts,
one after the other, so that what else runs here touches both. `start` and `first` are
medians, in milliseconds of the processor. `MB` is the package without what the runtime
has, and `size` the ratio with it. The first call asks the database.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from ..chassis.mechanism.functions import BY_NAME
from ..chassis.mechanism.http_function import request_event
from .package import (
    HERE,
    ROOT,
    RUNTIME,
    compile_bytecode,
    copy_source,
    install,
    needed_by,
    trim,
    with_what_they_need,
)
from .template import Template

STARTS = 9
SHOWN = 5  # imports
START = """
import importlib, json, sys, time
sys.path[:0] = sys.argv[1:3]
module, event = sys.argv[3], json.loads(sys.argv[4])
begun, clock = time.process_time(), time.perf_counter()
handler = importlib.import_module(module).handler
imported = time.process_time()
answer = handler(event, None)
if "Records" in event:
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}, answer
    # it reads a table as the others do
    functions = sys.modules[type(handler).__mro__[1].__module__]
    functions.run(handler.built.part.database.ping())
else:
    assert answer.get("statusCode") == 200 or answer.get("Status") == "SUCCESS", answer
both = time.perf_counter() - clock
print(json.dumps([imported - begun, time.process_time() - imported, both]))
"""
IMPORT = re.compile(r"import time: +(\d+) \| +\d+ \| +([\w.]+)")


class Bare(NamedTuple):
    """What functions are compared with: `source`, which answers by a `handler`, and the
    distributions that it needs.

    `environment` says where the database is, and `message` is one of a queue, for a
    handler that is not there, so that nothing is done but to look for it.
    """

    source: str
    needs: Sequence[str]
    environment: Mapping[str, str]
    message: Mapping[str, object]


class Start(NamedTuple):
    """Seconds."""

    imports: float  # of the processor, as what follows
    first: float
    clock: float

    @property
    def cpu(self) -> float:
        return self.imports + self.first


def measure(beside: Bare) -> None:
    template = Template(
        ROOT / "deploy/template.yaml",
        {
            "AWS::StackName": "cold",
            "OidcIssuer": "https://identity.example.com",
            "SiteUrl": "https://www.example.com",
        },
    )
    functions = template.functions()
    with tempfile.TemporaryDirectory() as place, _aws() as url:
        folder = Path(place)
        install(RUNTIME, folder / "runtime", HERE)
        compile_bytecode(folder / "runtime", HERE)
        _bare(folder / "bare", beside)
        for name, function in functions.items():
            copy_source(function, folder / name)
            install(needed_by(function), folder / name, HERE)
            trim(function, folder / name)
            compile_bytecode(folder / name, HERE)
        environments = {"bare": beside.environment}
        modules = {"bare": "bare"}
        for name, function in functions.items():
            told = template.environment(function).items()
            # a secret of the template's own has no name yet
            named = {k: f"{BY_NAME}own" if v == BY_NAME else v for k, v in told}
            environments[name] = {**named, **beside.environment}
            modules[name] = function["Handler"].rpartition(".")[0]
        events = {
            name: _event(module, environments[name], beside, url)
            for name, module in modules.items()
        }

        def start(name: str, *options: str) -> subprocess.CompletedProcess[str]:
            called = modules[name], events[name]
            return _start(folder, name, called, environments[name], url, *options)

        starts: dict[str, list[Start]] = {name: [] for name in modules}
        for _ in range(STARTS):
            for name in modules:
                starts[name].append(Start(*json.loads(start(name).stdout)))
        shared = _size(folder / "runtime")
        print(f"{'':24} start  first    cpu  clock    MB   size   imports")
        for name in modules:
            imports = start(name, "-X", "importtime")
            size = _size(folder / name)
            larger = (size + shared) / (_size(folder / "bare") + shared)
            pairs = list(zip(starts[name], starts["bare"], strict=True))
            cpu = median(own.cpu / bare.cpu for own, bare in pairs)
            clock = median(own.clock / bare.clock for own, bare in pairs)
            begun = 1000 * median(each.imports for each in starts[name])
            first = 1000 * median(each.first for each in starts[name])
            print(
                f"{name:24}{begun:6.0f} {first:6.0f} {cpu:6.2f} {clock:6.2f}",
                f"{size / 1_000_000:5.1f} {larger:6.2f}   {_shares(imports.stderr)}",
            )


def _bare(target: Path, beside: Bare) -> None:
    target.mkdir()
    (target / "bare.py").write_text(beside.source)
    known: list[dict[str, Any]] = [{"name": name} for name in beside.needs]
    install(with_what_they_need(known), target, HERE)
    compile_bytecode(target, HERE)


def _event(
    module: str, environment: Mapping[str, str], beside: Bare, url: str
) -> dict[str, Any]:
    """What the function is called with first."""
    if "PART" in environment:
        record = {
            "messageId": "1",
            "receiptHandle": "1",
            "body": json.dumps(beside.message),
            "attributes": {"ApproximateReceiveCount": "1"},
            "messageAttributes": {},
            "md5OfBody": "",
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:queue",
            "awsRegion": "eu-central-1",
        }
        return {"Records": [record]}
    if module.endswith(".migration"):  # which has nothing to do then
        ids = dict.fromkeys(("StackId", "RequestId", "LogicalResourceId"), "1")
        return {"RequestType": "Delete", "ResponseURL": url, **ids}
    return request_event("GET", "/health/ready", "", {}, b"")


def _start(
    folder: Path,
    name: str,
    called: tuple[str, Mapping[str, Any]],
    environment: Mapping[str, str],
    url: str,
    *options: str,
) -> subprocess.CompletedProcess[str]:
    """Of the module and with the event that are `called`."""
    module, event = called
    known = {
        "PATH": os.environ["PATH"],
        **dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "nobody's"),
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ENDPOINT_URL": url,
        "AWS_LAMBDA_FUNCTION_NAME": name,
    }
    done = subprocess.run(
        [
            *(sys.executable, "-I", "-S", *options, "-c", START),
            *(str(folder / name), str(folder / "runtime"), module, json.dumps(event)),
        ],
        cwd=folder,
        env={**known, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{name} does not start: {done.stderr[-3000:]}")
    return done


def _shares(told: str) -> str:
    """Which packages take how much of the time that imports take."""
    took: Counter[str] = Counter()
    for micros, module in IMPORT.findall(told):
        took[module.partition(".")[0]] += int(micros)
    whole = sum(took.values())
    return ", ".join(
        f"{name} {100 * micros // whole} %" for name, micros in took.most_common(SHOWN)
    )


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@contextmanager
def _aws() -> Iterator[str]:
    """What answers in the place of AWS: tables without rows, and secrets."""
    key = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer: dict[str, str] = {}
            if "SecretId" in asked:
                answer["SecretString"] = secrets.token_hex(32)
                if asked["SecretId"].endswith("-signing-keys"):
                    answer["SecretString"] = key.decode()
                if asked["SecretId"].endswith("-mail-server"):
                    answer["SecretString"] = "smtp://127.0.0.1"
            self._answer(json.dumps(answer).encode())

        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(b"")

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
