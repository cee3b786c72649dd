"""A stage's stack of CloudFormation; a change is looked at before it is made."""

from __future__ import annotations

import json
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError, WaiterError

HERE = Path(__file__).parent
HOURS = 2  # that a stack may take: the database is the slowest
POLL = 10  # seconds
FAILED = ("CREATE_FAILED", "UPDATE_FAILED", "DELETE_FAILED")
NEVER_MADE = ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED")
HOLD_DATA = ("AWS::RDS::DBInstance", "AWS::MSK::Cluster", "AWS::S3::Bucket")


class Failed(SystemExit):
    def __init__(self, what: str) -> None:
        super().__init__(f"not deployed: {what}")


class Stack:
    """A stage of the project: a stack of CloudFormation of its own."""

    def __init__(self, project: str, stage: str) -> None:
        self.name = f"{project}-{stage}"
        account = boto3.client("sts").get_caller_identity()["Account"]
        self._bucket = (
            f"{project}-deploy-{account}-{boto3.session.Session().region_name}"
        )
        self._builder = f"arn:aws:iam::{account}:role/{project}-builder"
        self._tags = {"project": project, "stage": stage}
        said = HERE / f"stages/{stage}.json"
        if not said.exists():
            raise Failed(
                f"there is no deploy/ecs/stages/{stage}.json; example.json shows it"
            )
        self._said: dict[str, str] = json.loads(said.read_text())
        self._cloudformation = boto3.client("cloudformation")

    def upload(self) -> str:
        """Where the template is for CloudFormation: a request may not be as long."""
        key = f"{self.name}/{time.time_ns()}.yaml"
        s3 = boto3.client("s3")
        s3.upload_file(str(HERE / "template.yaml"), self._bucket, key)
        return f"https://{self._bucket}.s3.{s3.meta.region_name}.amazonaws.com/{key}"

    def put(
        self, url: str, images: dict[str, str], agreed: Collection[str] = ()
    ) -> None:
        """Makes the stack, or changes it; `images` that are not named stay.

        `agreed`: what may be lost.
        """
        status = self._describe().get("StackStatus", "")
        check_status(self.name, status)
        there = status not in ("", "REVIEW_IN_PROGRESS")
        parameters: list[dict[str, Any]] = [
            {"ParameterKey": key, "ParameterValue": value}
            for key, value in {**self._said, **images}.items()
        ]
        if there and "Image" not in images:
            parameters.append({"ParameterKey": "Image", "UsePreviousValue": True})
        try:
            change_set = self._cloudformation.create_change_set(
                StackName=self.name,
                ChangeSetName=f"deploy-{time.time_ns()}",
                ChangeSetType="UPDATE" if there else "CREATE",
                TemplateURL=url,
                Parameters=parameters,
                Capabilities=["CAPABILITY_IAM"],
                RoleARN=self._builder,
                Tags=[
                    {"Key": key, "Value": value} for key, value in self._tags.items()
                ],
            )["Id"]
        except ClientError as error:
            raise Failed(str(error)) from None
        changes = self._read_changes(change_set)
        if changes is None:
            return
        losses = [loss for change in changes if (loss := find_loss(change, agreed))]
        if losses:
            self._cloudformation.delete_change_set(ChangeSetName=change_set)
            raise Failed("\n  ".join(["nothing has changed, since", *losses]))
        since = time.time()
        self._cloudformation.execute_change_set(
            ChangeSetName=change_set, RetainExceptOnCreate=True
        )
        self._wait("stack_update_complete" if there else "stack_create_complete", since)

    def outputs(self) -> dict[str, str]:
        return {
            output["OutputKey"]: output["OutputValue"]
            for output in self._describe().get("Outputs", [])
        }

    def _describe(self) -> dict[str, Any]:
        """Empty: there is none yet."""
        try:
            found = self._cloudformation.describe_stacks(StackName=self.name)
        except ClientError as error:
            if "does not exist" in str(error):
                return {}
            raise Failed(str(error)) from None
        stack: dict[str, Any] = found["Stacks"][0]
        return stack

    def _read_changes(self, change_set: str) -> list[dict[str, Any]] | None:
        """None: all is as it should be."""
        waiter = self._cloudformation.get_waiter("change_set_create_complete")
        try:
            waiter.wait(ChangeSetName=change_set, WaiterConfig={"Delay": 2})
        except WaiterError:
            reason = self._cloudformation.describe_change_set(
                ChangeSetName=change_set
            ).get("StatusReason", "")
            self._cloudformation.delete_change_set(ChangeSetName=change_set)
            if "didn't contain changes" in reason or "No updates" in reason:
                return None
            raise Failed(reason) from None
        pages = self._cloudformation.get_paginator("describe_change_set")
        return [
            change["ResourceChange"]
            for page in pages.paginate(ChangeSetName=change_set)
            for change in page.get("Changes", [])
        ]

    def _wait(self, what: str, since: float) -> None:
        waiter = self._cloudformation.get_waiter(what)
        try:
            waiter.wait(
                StackName=self.name,
                WaiterConfig={"Delay": POLL, "MaxAttempts": HOURS * 3600 // POLL},
            )
        except WaiterError:
            status = self._describe().get("StackStatus", "gone")
            lines = [f"the stack {self.name} is {status}", *self._reasons(since)]
            raise Failed("\n  ".join(lines)) from None

    def _reasons(self, since: float) -> list[str]:
        """Why it went back, the first first; of tasks, too, which no event tells."""
        pages = self._cloudformation.get_paginator("describe_stack_events")
        events = [
            event
            for page in pages.paginate(StackName=self.name)
            for event in page["StackEvents"]
            if event["Timestamp"].timestamp() > since
        ]
        reasons = [
            f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}"
            for event in reversed(events)
            if event.get("ResourceStatus") in FAILED
        ]
        cluster = self.outputs().get("Cluster")
        return [*reasons, *find_stopped(cluster)] if cluster else reasons


def check_status(name: str, status: str) -> None:
    """Whether the stack can be changed at all."""
    command = "aws cloudformation"
    if status in NEVER_MADE:
        raise Failed(
            f"the stack {name} was never made ({status}). Away with it, then again:\n"
            f"  {command} delete-stack --stack-name {name}"
        )
    if status == "UPDATE_ROLLBACK_FAILED":
        raise Failed(
            f"the stack {name} is stuck ({status}). Help it back, then again:\n"
            f"  {command} continue-update-rollback --stack-name {name}"
        )
    if status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
        raise Failed(
            f"the stack {name} is being changed ({status}). Wait, or stop an update:\n"
            f"  {command} cancel-update-stack --stack-name {name}"
        )


def find_loss(change: dict[str, Any], agreed: Collection[str]) -> str | None:
    """What a change would do to data, if it does; `agreed`: names that may go."""
    name = change["LogicalResourceId"]
    if change["ResourceType"] not in HOLD_DATA or name in agreed:
        return None
    again = f"; if that is meant: REPLACE={name}"
    if change["Action"] == "Remove":
        return f"{name} would be removed{again}"
    if change.get("Replacement") == "True":
        return f"{name} would be replaced by an empty one{again}"
    if change.get("Replacement") == "Conditional":
        return f"{name} may be replaced by an empty one{again}"
    return None


def find_stopped(cluster: str) -> list[str]:
    """Why tasks stopped, each reason once."""
    ecs = boto3.client("ecs")
    tasks = ecs.list_tasks(cluster=cluster, desiredStatus="STOPPED")["taskArns"]
    if not tasks:
        return []
    reasons: dict[str, None] = {}
    for task in ecs.describe_tasks(cluster=cluster, tasks=tasks)["tasks"]:
        family = task["taskDefinitionArn"].rpartition("/")[2]
        codes = [f"{c['name']} {describe_end(c)}" for c in task["containers"]]
        stopped = task.get("stoppedReason", "")
        reasons[f"a task of {family}: {stopped} ({', '.join(codes)})"] = None
    return list(reasons)


def describe_end(container: Any) -> str:
    return container.get("reason") or f"exit code {container.get('exitCode')}"
