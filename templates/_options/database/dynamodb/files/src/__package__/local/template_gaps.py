"""Gaps of `deploy/template.yaml`: what it has to have for what the modules handle and
do by the clock, as text to add to it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from ..chassis.mechanism.stored_names import stored_name
from .asking_gaps import asking, camel
from .schedules import AT, expression
from .template import Template

FUNCTION = """
  {P}Background:
    Type: AWS::Serverless::Function
    Metadata: {{BuildMethod: makefile}}
    Properties:
      FunctionName: !Sub ${{AWS::StackName}}-{part}-background
      Handler: {package}.apps.background.handler
      Role: !GetAtt {P}BackgroundRole.Arn
      LoggingConfig: {{LogFormat: JSON, LogGroup: !Ref {P}BackgroundLogs}}
      AutoPublishAliasAllProperties: true
      Timeout: 60
      Environment:
        Variables:
          PART: {part}
          DEAD_LETTERS: !Ref {P}DeadLetters
      Events: {{}}

  {P}BackgroundLogs:
    Type: AWS::Logs::LogGroup
    Properties: {{RetentionInDays: 30}}

  {P}BackgroundRole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Action: sts:AssumeRole
            Principal: {{Service: lambda.amazonaws.com}}
      Policies:
        - PolicyName: work
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Action: [logs:CreateLogStream, logs:PutLogEvents]
                Resource: !GetAtt {P}BackgroundLogs.Arn
              - Effect: Allow
                Action:
                  - dynamodb:ConditionCheckItem
                  - dynamodb:DeleteItem
                  - dynamodb:GetItem
                  - dynamodb:PutItem
                  - dynamodb:Query
                  - dynamodb:UpdateItem
                Resource: # every index of a table
{tables}
              - Effect: Allow
                Action: sqs:SendMessage
                Resource: !GetAtt {P}DeadLetters.Arn

  {P}DeadLetters:
    Type: AWS::SQS::Queue
    Properties:
      MessageRetentionPeriod: 1209600 # seconds, fourteen days
      SqsManagedSseEnabled: true

  {P}DeadLettersAlarm:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmDescription: Events or jobs of {part} were given up; make dead-letters shows them (docs/deploying.md)
      Namespace: AWS/SQS
      MetricName: ApproximateNumberOfMessagesVisible
      Dimensions: [{{Name: QueueName, Value: !GetAtt {P}DeadLetters.QueueName}}]
      Statistic: Maximum
      Period: 60
      EvaluationPeriods: 1
      ComparisonOperator: GreaterThanThreshold
      Threshold: 0
      TreatMissingData: notBreaching
      AlarmActions: [!Ref Alarms]
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

  To{P}Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Action: sts:AssumeRole
            Principal: {{Service: pipes.amazonaws.com}}
            Condition: {{StringEquals: {{aws:SourceAccount: !Ref AWS::AccountId}}}}
      Policies:
        - PolicyName: deliver
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Action: [dynamodb:DescribeStream, dynamodb:GetRecords, dynamodb:GetShardIterator, dynamodb:ListStreams]
                Resource: []
              - Effect: Allow
                Action: sqs:SendMessage
                Resource: [!GetAtt {P}Queue.Arn, !GetAtt {P}DeadLetters.Arn]

and in {P}BackgroundRole, as one of the statements of its policy:
              - Effect: Allow
                Action: [sqs:ChangeMessageVisibility, sqs:DeleteMessage, sqs:GetQueueAttributes, sqs:ReceiveMessage]
                Resource: !GetAtt {P}Queue.Arn

and in {P}Background, as its Events (in place of {{}}):
        Queue:
          Type: SQS
          Properties:
            Queue: !GetAtt {P}Queue.Arn
            BatchSize: 10
            ScalingConfig: {{MaximumConcurrency: 10}}
            FunctionResponseTypes: [ReportBatchItemFailures]
"""
PIPE = """
  {M}To{P}:
    Type: AWS::Pipes::Pipe
    Properties:
      RoleArn: !GetAtt To{P}Role.Arn
      Source: !GetAtt {M}Table.StreamArn
      SourceParameters:
        DynamoDBStreamParameters:
          StartingPosition: TRIM_HORIZON
          BatchSize: 10
          OnPartialBatchItemFailure: AUTOMATIC_BISECT
          MaximumRetryAttempts: 100
          DeadLetterConfig: {{Arn: !GetAtt {P}DeadLetters.Arn}}
        FilterCriteria:
          Filters:
            - Pattern: '{{"eventName": ["INSERT"], "dynamodb": {{"NewImage": {{"part": {{"S": ["{part}"]}}}}}}}}'
      Target: !GetAtt {P}Queue.Arn

and in To{P}Role, as a Resource of its first statement:
                  - !GetAtt {M}Table.StreamArn
"""
STREAM = """
in {M}Table, as one of its Properties:
      StreamSpecification: {{StreamViewType: NEW_IMAGE}}
"""
JOB = """
in {P}Background, as one of its Events (in place of {{}}, or beside the others):
        {E}:
          Type: ScheduleV2
          Properties:
            OmitName: true # else one stage of an account takes it from the others
            ScheduleExpression: {expression}
            Input: '{input}'
"""
GIVEN_UP = """
in {P}Background, as one of its Properties: what becomes of a job that has failed three times
      EventInvokeConfig:
        MaximumRetryAttempts: 2
        DestinationConfig: {{OnFailure: {{Type: SQS, Destination: !GetAtt {P}DeadLetters.Arn}}}}
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
    found: list[str] = []
    for part, modules in parts.items():
        publishers = {
            stored_name(package, kind.partition(".")[0])
            for kind, handlers in routes.items()
            if part in handlers.values()
        }
        mine = {
            name: when
            for name, when in jobs.items()
            if name.partition(".")[0] in modules
        }
        function = functions.get(f"{camel(part)}Background")
        if (publishers or mine) and function is None:
            kept = [stored_name(package, module) for module in modules]
            lines = [
                f"                  - !GetAtt {camel(name)}Table.Arn" for name in kept
            ]
            lines += [
                f"                  - !Sub ${{{camel(name)}Table.Arn}}/index/*"
                for name in kept
            ]
            found.append(
                FUNCTION.format(
                    P=camel(part), part=part, package=package, tables="\n".join(lines)
                )
            )
        found += _deliveries(template, part, sorted(publishers))
        found += _schedules(function or {"Events": {}}, part, mine)
        found += asking(package, part, modules, function, calls or {})
    return found


def _deliveries(
    template: Template, part: str, publishers: Sequence[str]
) -> Iterator[str]:
    P = camel(part)  # noqa: N806 - as in the names of resources
    tables, pipes = (
        template.of_type("AWS::DynamoDB::Table"),
        template.of_type("AWS::Pipes::Pipe"),
    )
    if publishers and f"{P}Queue" not in template.of_type("AWS::SQS::Queue"):
        yield QUEUE.format(P=P)
    for module in publishers:
        M = camel(module)  # noqa: N806
        if "StreamSpecification" not in tables[f"{M}Table"]:
            yield STREAM.format(M=M)
        pipe = pipes.get(f"{M}To{P}")
        if pipe is None or part not in json.dumps(pipe["SourceParameters"]):
            yield PIPE.format(M=M, P=P, part=part)


def _schedules(
    function: Mapping[str, Any], part: str, jobs: Mapping[str, str | timedelta]
) -> Iterator[str]:
    P = camel(part)  # noqa: N806
    known = {
        (
            json.loads(event["Properties"]["Input"])["job"],
            event["Properties"]["ScheduleExpression"],
        )
        for event in function["Events"].values()
        if event["Type"] == "ScheduleV2"
    }
    if jobs and "EventInvokeConfig" not in function:
        yield GIVEN_UP.format(P=P)
    for name, when in jobs.items():
        if (name, expression(when)) not in known:
            asked = json.dumps({"job": name, "at": AT})
            yield JOB.format(
                P=P,
                E=camel(name.replace(".", "_")),
                expression=expression(when),
                input=asked,
            )
