"""Operates the functions of a stage, by the SAM CLI and AWS's own API:

    python deploy/functions.py deploy|logs|destroy|dead-letters STAGE

A stage is the stack shop-STAGE, with the parameters of `deploy/stages/STAGE.json`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = "deploy/template.yaml"
MODULES = ["accounts", "items"]  # each with a table
# what no deployment changes any more, and what helps
STUCK = {
    "ROLLBACK_COMPLETE": "it was never there; `make destroy STAGE={stage} DATA=delete` takes away what is left of it",
    "ROLLBACK_FAILED": "it was never there; `make destroy STAGE={stage} DATA=delete` takes away what is left of it",
    "DELETE_FAILED": "`make destroy STAGE={stage}` tries again; CloudFormation's events say what is in the way",
    "UPDATE_ROLLBACK_FAILED": "aws cloudformation continue-update-rollback --stack-name {stack}",
}
SAM = ("tool", "run", "--from", "aws-sam-cli>=1.170,<2", "sam")


def deploy(stage: str) -> None:
    """Builds and deploys. The first time, again once the API has an address, which its
    authorizer asks for the keys of tokens.
    """
    told = parameters(stage)
    check_way(stage)
    environment = {"PROCESSOR": told["Processor"]} if "Processor" in told else {}
    sam("build", "--template", TEMPLATE, **environment)
    known = outputs(stage).get("Url", "")
    _deploy(stage, {"Issuer": known, **told})
    url = outputs(stage)["Url"]
    if url != known and "Issuer" not in told:
        _deploy(stage, {"Issuer": url, **told})
    print(url)


def check_way(stage: str) -> None:
    """Refuses while something is in the way of this stage (SystemExit: what, and what
    helps).
    """
    stack, now = stack_name(stage), status(stage)
    if now in STUCK:
        raise SystemExit(
            f"{stack} is {now}: {STUCK[now].format(stage=stage, stack=stack)}"
        )
    if not now and (left := kept_by_name(stage)):
        raise SystemExit(
            f"An earlier {stack} has left {', '.join(left)}: `make destroy STAGE={stage} DATA=delete` deletes what is in "
            "them; docs/deploying.md says how a new stack takes them over"
        )


def _deploy(stage: str, told: dict[str, str]) -> None:
    prepared = outputs("bootstrap")
    place = ["--resolve-s3"]
    if prepared:  # deploy/bootstrap.yaml
        place = ["--s3-bucket", prepared["Packages"], "--role-arn", prepared["Builder"]]
    sam(
        *("deploy", "--stack-name", stack_name(stage), *place),
        *("--capabilities", "CAPABILITY_IAM", "--no-fail-on-empty-changeset"),
        *("--no-confirm-changeset", "--tags", f"stage={stage}"),
        *(
            "--parameter-overrides",
            *(f"{name}={quoted(value)}" for name, value in told.items()),
        ),
    )


def quoted(value: str) -> str:
    """A parameter's value as SAM reads it: it may be empty, or of several words."""
    escaped = value.replace('"', '\\"')
    return f'"{escaped}"'


def logs(stage: str) -> None:
    """Follows what all functions log."""
    sam("logs", "--stack-name", stack_name(stage), "--tail")


def destroy(stage: str, data: str) -> None:
    """Deletes the stack. What it stored stays, and is named, unless `data` is `delete`;
    also what an earlier stack of this name has left.
    """
    there = bool(status(stage))
    if there:
        delete_stack(stage)
    kept = kept_by_name(stage)
    if not there and not kept:
        raise SystemExit(
            f"{stack_name(stage)} is not there, nor anything that it stored"
        )
    for what, delete in kept.items():
        if data == "delete":
            delete()
        print(
            f"deleted: {what}"
            if data == "delete"
            else f"kept: {what} (DATA=delete takes it along)"
        )


def kept_by_name(stage: str) -> dict[str, Callable[[], object]]:
    """What stays of this stage and has a name of its own, whether its stack is there or
    not; and what deletes it.
    """
    kept: dict[str, Callable[[], object]] = {}
    pages = boto3.client("dynamodb").get_paginator("list_tables").paginate()
    there = {name for page in pages for name in page["TableNames"]}
    for table in sorted(
        there & {f"{stack_name(stage)}-{module}" for module in MODULES}
    ):
        kept[f"the table {table}"] = partial(delete_table, table)
    return kept


def delete_table(name: str) -> None:
    database = boto3.client("dynamodb")
    database.update_table(TableName=name, DeletionProtectionEnabled=False)
    database.delete_table(TableName=name)


def delete_stack(stage: str) -> None:
    stacks = boto3.client("cloudformation")
    stacks.delete_stack(StackName=stack_name(stage))
    stacks.get_waiter("stack_delete_complete").wait(StackName=stack_name(stage))


def dead_letters(stage: str, *, replay: bool) -> None:
    """What was given up, a line each; `replay`: tried again, each where it came from."""
    queues = resources(stage, "AWS::SQS::Queue")
    functions = resources(stage, "AWS::Lambda::Function")
    found = 0
    for name in sorted(queues):
        if not name.endswith("DeadLetters"):
            continue
        part = name.removesuffix("DeadLetters")
        for letter in list(letters(queues[name])):
            found += 1
            handle = {
                "QueueUrl": queues[name],
                "ReceiptHandle": letter["ReceiptHandle"],
            }
            queue, function = (
                queues.get(f"{part}Queue"),
                functions.get(f"{part}Background"),
            )
            done = "left"
            if replay and sent_again(letter, queue, function):
                boto3.client("sqs").delete_message(**handle)
                done = "tried again"
            else:
                boto3.client("sqs").change_message_visibility(
                    **handle, VisibilityTimeout=0
                )
            what, why = described(letter)
            print(f"{part}, {done}: {what}: {why}")
    if not found:
        print("Nothing is left undone", file=sys.stderr)


def letters(queue: str) -> Iterator[dict[str, Any]]:
    """All of a queue; nobody else finds them for a minute."""
    while True:
        answer = boto3.client("sqs").receive_message(
            QueueUrl=queue,
            MaxNumberOfMessages=10,
            VisibilityTimeout=60,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        if not answer.get("Messages"):
            return
        yield from answer["Messages"]


def described(letter: dict[str, Any]) -> tuple[str, str]:
    """What it is, and why it was given up."""
    attributes = letter.get("MessageAttributes", {})
    attempts = letter["Attributes"]["ApproximateReceiveCount"]
    why = attributes.get("error", {}).get(
        "StringValue", f"after {attempts} attempts; the log says why"
    )
    try:
        body = json.loads(letter["Body"])
        if "dynamodb" in body:
            row = body["dynamodb"]["NewImage"]
            event = json.loads(row["body"]["S"])
            return f"{event['type']} {event['id']} to {row['handler']['S']}", why
        job = body.get("requestPayload", body)
        return f"job {job['job']} of {job['at']}", why
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"not known here: {letter['Body'][:200]}", why


def sent_again(letter: dict[str, Any], queue: str | None, function: str | None) -> bool:
    """Sends it where it came from; whether it is known where that is."""
    try:
        body = json.loads(letter["Body"])
        event = "NewImage" in body.get("dynamodb", {})
        job = body.get("requestPayload", body)
    except (ValueError, AttributeError):
        return False
    if event and queue:
        boto3.client("sqs").send_message(QueueUrl=queue, MessageBody=letter["Body"])
        return True
    if "job" in job and function:
        live = {"FunctionName": f"{function}:live", "InvocationType": "Event"}
        boto3.client("lambda").invoke(**live, Payload=json.dumps(job))
        return True
    return False


def resources(stage: str, kind: str) -> dict[str, str]:
    """The stack's resources of a type: what they are called, by their name in the
    template (SystemExit: there is no such stack).
    """
    stacks = boto3.client("cloudformation")
    pages = stacks.get_paginator("list_stack_resources")
    try:
        return {
            each["LogicalResourceId"]: each["PhysicalResourceId"]
            for page in pages.paginate(StackName=stack_name(stage))
            for each in page["StackResourceSummaries"]
            if each["ResourceType"] == kind
        }
    except ClientError as error:
        raise SystemExit(f"{stack_name(stage)}: {error}") from None


def status(stage: str) -> str:
    """Of the stack, as CloudFormation names it; empty: it is not there."""
    return str(described_stack(stage).get("StackStatus", ""))


def outputs(stage: str) -> dict[str, str]:
    """None, where the stack is not there yet."""
    stack = described_stack(stage)
    return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}


def described_stack(stage: str) -> Mapping[str, Any]:
    """Empty, where it is not there."""
    try:
        answer = boto3.client("cloudformation").describe_stacks(
            StackName=stack_name(stage)
        )
    except ClientError as error:
        if "does not exist" in str(error):
            return {}
        raise SystemExit(f"{stack_name(stage)}: {error}") from None
    stack: Mapping[str, Any] = answer["Stacks"][0]
    return stack


def parameters(stage: str) -> dict[str, str]:
    """Of a stage (SystemExit: nobody has written them)."""
    file = ROOT / "deploy/stages" / f"{stage}.json"
    if not file.is_file():
        raise SystemExit(
            f"{file.relative_to(ROOT)} is not there: write it as example.json is"
        )
    told: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    return told


def stack_name(stage: str) -> str:
    return f"shop-{stage}"


def sam(*words: str, **environment: str) -> None:
    """The SAM CLI on the path, or else the one that uv fetches (SystemExit: it failed)."""
    command = ["sam"]
    if not shutil.which("sam"):
        command = [shutil.which("uv") or str(Path(sys.prefix, "bin/uv")), *SAM]
    done = subprocess.run(
        [*command, *words], cwd=ROOT, env={**os.environ, **environment}, check=False
    )
    if done.returncode:
        sys.exit(done.returncode)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["deploy", "logs", "destroy", "dead-letters"])
    parser.add_argument("stage")
    parser.add_argument(
        "--data",
        default="keep",
        choices=["keep", "delete"],
        help="with destroy: the tables",
    )
    parser.add_argument(
        "--replay", action="store_true", help="with dead-letters: try them again"
    )
    given = parser.parse_args()
    if given.what == "deploy":
        deploy(given.stage)
    elif given.what == "logs":
        logs(given.stage)
    elif given.what == "destroy":
        destroy(given.stage, given.data)
    else:
        dead_letters(given.stage, replay=given.replay)


if __name__ == "__main__":
    main()
