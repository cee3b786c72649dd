"""One side of a carrying: the rows of a checkout, by its own code, asked by lines of
JSON.

    python -m carrying.side tables|items PACKAGE MODULE...

It runs in that checkout, since only its repositories know how its rows lie.
"""

from __future__ import annotations

import asyncio
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

THREADS = 12  # requests at once


def main(kind: str, package: str, *modules: str) -> None:
    answers, sys.stdout = sys.stdout, sys.stderr
    side = import_module(f"carrying.{kind}").Side(package, modules)
    with asyncio.Runner() as runner:
        runner.get_loop().set_default_executor(ThreadPoolExecutor(THREADS))
        for line in sys.stdin:
            asked = json.loads(line)
            work = getattr(side, asked.pop("do"))
            try:
                answer = {"is": runner.run(work(**asked))}
            except Exception as error:  # noqa: BLE001 - whatever is wrong, whoever asks says what it means
                answer = {"wrong": f"{type(error).__name__}: {error}"}
            print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
