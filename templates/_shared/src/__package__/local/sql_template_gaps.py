"""Gaps of `deploy/template.yaml`: what it has to have for what the modules handle and
do by the clock, as text to add to it.

Jobs need nothing of their own: each minute a part's background looks which are due.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from .asking_gaps import asking, camel
from .template import Template

BACKGROUND = """
  {P}Background, a function as those of the other parts are, with its role, its logs, {P}DeadLetters and its alarms: copy theirs
"""
QUEUE = """
  {P}Queue:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 360 # seconds, six times the function's timeout
      MessageRetentionPeriod: 345600 # seconds, four days
      SqsManagedSseEnabled: true
      RedrivePolicy:
        deadLetterTargetArn: !GetAtt {P}DeadLetters.Arn
        maxReceiveCount: 12
"""
SOURCE = """
in {P}BackgroundRole, as one of the statements of its policy:
              - Effect: Allow
                Action: [sqs:ChangeMessageVisibility, sqs:DeleteMessage, sqs:GetQueueAttributes, sqs:ReceiveMessage]
                Resource: !GetAtt {P}Queue.Arn

and in {P}Background, as one of its Events:
        Queue:
          Type: SQS
          Properties:
            Queue: !GetAtt {P}Queue.Arn
            BatchSize: 10
            ScalingConfig: {{MaximumConcurrency: 10}}
            FunctionResponseTypes: [ReportBatchItemFailures]
"""
WAY = """
in {function}, among the Variables of its Environment, and beside the queues that stand there:
          QUEUES: !Sub '{{"{part}": "${{{P}Queue}}"}}'

and in {function}Role, as one of the statements of its policy:
              - Effect: Allow
                Action: sqs:SendMessage
                Resource: !GetAtt {P}Queue.Arn
"""
DUE = """
in {P}Background, as one of its Events:
        Due:
          Type: ScheduleV2
          Properties:
            OmitName: true
            ScheduleExpression: rate(1 minute)
            Input: '{{"job": "due"}}'
            RetryPolicy: {{MaximumRetryAttempts: 0}}
"""


def missing_resources(
    template: Template,
    package: str,
    parts: Mapping[str, Sequence[str]],
    routes: Mapping[str, Mapping[str, str]],
    jobs: Mapping[str, str | timedelta],
    calls: Mapping[str, Mapping[str, Sequence[str]]] | None = None,
) -> list[str]:
    """What is to be added, in the order of the parts; nothing, if the template has all
    of it.

    `calls`: by part which others it may ask, and for which modules' contracts.
    """
    functions = template.of_type("AWS::Serverless::Function")
    queues = template.of_type("AWS::SQS::Queue")
    reacting = {part for handlers in routes.values() for part in handlers.values()}
    found: list[str] = []
    for part, modules in parts.items():
        own = {"P": camel(part)}
        function = functions.get(f"{camel(part)}Background")
        if modules and function is None:
            found.append(BACKGROUND.format(**own))
        elif function is not None:
            kinds = {event["Type"] for event in function["Events"].values()}
            if "ScheduleV2" not in kinds:
                found.append(DUE.format(**own))
            if part in reacting and "SQS" not in kinds:
                found.append(SOURCE.format(**own))
        found += asking(package, part, modules, function, calls or {})
        if part in reacting and f"{camel(part)}Queue" not in queues:
            found.append(QUEUE.format(**own))
        found += _ways(template, functions, part, modules, routes)
    return found


def _ways(
    template: Template,
    functions: Mapping[str, Any],
    part: str,
    modules: Sequence[str],
    routes: Mapping[str, Mapping[str, str]],
) -> Iterator[str]:
    """To the queues of all that react to this part's events."""
    told = {
        to
        for kind, handlers in routes.items()
        if kind.partition(".")[0] in modules
        for to in handlers.values()
    }
    for name in (f"{camel(part)}Function", f"{camel(part)}Background"):
        if name not in functions:
            continue
        known = json.loads(template.environment(functions[name]).get("QUEUES", "{}"))
        for to in sorted(told - known.keys()):
            yield WAY.format(function=name, part=to, P=camel(to))
