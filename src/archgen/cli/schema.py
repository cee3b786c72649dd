"""`archgen schema`: the JSON schema of the answers file."""

from __future__ import annotations

from archgen.cli.options import Json


def schema(as_json: Json = False) -> None:
    """Print the JSON schema of the answers file."""
    from archgen.answers import schema as document
    from archgen.cli.console import print_json

    print_json(document())
