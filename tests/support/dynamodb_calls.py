"""A plugin of pytest that writes each call to DynamoDB's data into the file that
`DYNAMODB_CALLS` names, a JSON document a line.

`pytest -p dynamodb_calls` in a generated project; it hears of calls from botocore,
whoever makes them.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from botocore import handlers

# the local gateway's
CONTROL = {
    "CreateTable",
    "DescribeTable",
    "ListTables",
    "ListTagsOfResource",
    "TagResource",
}


def note(params: dict[str, Any], model: Any, **_: Any) -> None:
    if model.name not in CONTROL:
        with Path(os.environ["DYNAMODB_CALLS"]).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"operation": model.name, **params}) + "\n")


handlers.BUILTIN_HANDLERS.append(("provide-client-params.dynamodb", note))
