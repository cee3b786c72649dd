"""Gaps of `deploy/template.yaml`: what the background of a part lacks to ask other parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..chassis.mechanism.background import asked

ASKING = """
in {P}BackgroundRole, as one of the statements of its policy:
              - Effect: Allow
                Action: lambda:InvokeFunction
                Resource: !Sub arn:${{AWS::Partition}}:lambda:${{AWS::Region}}:${{AWS::AccountId}}:function:${{AWS::StackName}}-{callee}:live

and in {P}BackgroundRole, as one of the statements of its policy:
              - Effect: Allow
                Action: secretsmanager:GetSecretValue
                Resource: !Ref {P}To{C}Keys

and in {P}Background, as one of its Variables:
          {keys}: !Sub secret:${{{P}To{C}Keys}}
"""


def asking(
    package: str,
    part: str,
    modules: Sequence[str],
    function: Mapping[str, Any] | None,
    calls: Mapping[str, Mapping[str, Sequence[str]]],
) -> Iterator[str]:
    """What is to be added, as text.

    `calls`: by part which others it may ask, and for which modules' contracts.
    """
    wanted = set(asked(package, modules))
    told = (function or {}).get("Environment", {}).get("Variables", {})
    for callee, contracts in calls.get(part, {}).items():
        keys = f"{part}_to_{callee}_keys".upper()
        if wanted.intersection(contracts) and keys not in told:
            yield ASKING.format(
                P=camel(part), C=camel(callee), callee=callee, keys=keys
            )


def camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))
