"""Deploys to ECS: `make ecs-deploy STAGE=prod TAG=...`, an image of that tag that ECR has.

First the stack with the new version's migrations, then these run, and when they have ended well the services get the
new version, one task after the other. If they do not get well, ECS goes back to the version before, and the stack does.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError, WaiterError
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

HERE = Path(__file__).parent
ROLES = HERE.parent / "postgres/roles.sql"
HOURS = 2  # that a stack may take: the database is the slowest
POLL = 10  # seconds
FAILED = ("CREATE_FAILED", "UPDATE_FAILED")


class Failed(SystemExit):
    def __init__(self, what: str) -> None:
        super().__init__(f"not deployed: {what}")


class Stack:
    """A stage of the project: a stack of CloudFormation of its own."""

    def __init__(self, project: str, stage: str, account: str) -> None:
        self.name = f"{project}-{stage}"
        self._builder = (
            f"arn:aws:iam::{account}:role/{project}-builder"  # of bootstrap.yaml
        )
        self._tags = {"project": project, "stage": stage}
        self._said: dict[str, str] = json.loads(
            (HERE / f"stages/{stage}.json").read_text()
        )
        self._cloudformation = boto3.client("cloudformation")

    def template_url(self, bucket: str) -> str:
        """Where the template is for CloudFormation: as text in the request it may be too long."""
        key = f"{self.name}/{time.time_ns()}.yaml"
        s3 = boto3.client("s3")
        s3.upload_file(str(HERE / "template.yaml"), bucket, key)
        return f"https://{bucket}.s3.{s3.meta.region_name}.amazonaws.com/{key}"

    def put(self, url: str, images: dict[str, str]) -> None:
        """Makes the stack, or changes it; `images` that are not named stay."""
        there = self._describe()
        parameters = [
            {"ParameterKey": key, "ParameterValue": value}
            for key, value in {**self._said, **images}.items()
        ]
        if there and "Image" not in images:
            parameters.append({"ParameterKey": "Image", "UsePreviousValue": True})
        asked: dict[str, Any] = {
            "StackName": self.name,
            "TemplateURL": url,
            "Parameters": parameters,
            "Capabilities": ["CAPABILITY_IAM"],
            "RoleARN": self._builder,
            "Tags": [{"Key": key, "Value": value} for key, value in self._tags.items()],
        }
        since = time.time()
        try:
            if there:
                self._cloudformation.update_stack(**asked)
            else:
                self._cloudformation.create_stack(**asked)
        except ClientError as error:
            if "No updates are to be performed" in str(error):
                return
            raise Failed(str(error)) from None
        self._wait("stack_update_complete" if there else "stack_create_complete", since)

    def outputs(self) -> dict[str, str]:
        stack = self._describe() or {}
        return {
            output["OutputKey"]: output["OutputValue"]
            for output in stack.get("Outputs", [])
        }

    def _describe(self) -> dict[str, Any] | None:
        try:
            stack: dict[str, Any] = self._cloudformation.describe_stacks(
                StackName=self.name
            )["Stacks"][0]
        except ClientError:
            return None
        return stack

    def _wait(self, what: str, since: float) -> None:
        waiter = self._cloudformation.get_waiter(what)
        try:
            waiter.wait(
                StackName=self.name,
                WaiterConfig={"Delay": POLL, "MaxAttempts": HOURS * 3600 // POLL},
            )
        except WaiterError:
            reasons = []
            for event in self._cloudformation.describe_stack_events(
                StackName=self.name
            )["StackEvents"]:
                if (
                    event.get("ResourceStatus") in FAILED
                    and event["Timestamp"].timestamp() > since
                ):
                    reasons.append(
                        f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}"
                    )
            raise Failed(
                "\n  ".join([f"the stack {self.name} went back", *reasons])
            ) from None


def put_secrets(outputs: dict[str, str]) -> None:
    """Makes the key that signs access tokens, once; SystemExit where there is a secret that only its owner knows."""
    secrets = boto3.client("secretsmanager")

    def lacks(secret: str) -> bool:
        return not secrets.describe_secret(SecretId=secret).get("VersionIdsToStages")

    if "SigningKeys" in outputs and lacks(outputs["SigningKeys"]):
        pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        secrets.put_secret_value(
            SecretId=outputs["SigningKeys"], SecretString=pem.decode()
        )
    if "MailUrl" in outputs and lacks(outputs["MailUrl"]):
        put = f"aws secretsmanager put-secret-value --secret-id {outputs['MailUrl']} --secret-string smtp://USER:PASSWORD@HOST:587"
        raise Failed(f"how does mail leave? Say it once, and deploy again:\n  {put}")


def migrate(outputs: dict[str, str]) -> None:
    """The one-shot tasks before a new version, all at once; SystemExit: one did not end well."""
    ecs = boto3.client("ecs")
    cluster = outputs["Cluster"]
    tasks = []
    for definition in outputs["Migrations"].split(","):
        started = ecs.run_task(
            cluster=cluster,
            taskDefinition=definition,
            launchType="FARGATE",
            networkConfiguration={
                "awsvpcConfiguration": {
                    "subnets": outputs["Subnets"].split(","),
                    "securityGroups": [outputs["SecurityGroup"]],
                }
            },
            overrides={
                "containerOverrides": [
                    {
                        "name": "roles",
                        "environment": [
                            {"name": "ROLES_SQL", "value": ROLES.read_text()}
                        ],
                    }
                ]
            },
        )
        if started["failures"]:
            raise Failed(f"{definition} did not start: {started['failures']}")
        tasks.append(started["tasks"][0]["taskArn"])
    ecs.get_waiter("tasks_stopped").wait(
        cluster=cluster, tasks=tasks, WaiterConfig={"Delay": POLL, "MaxAttempts": 360}
    )
    for task in ecs.describe_tasks(cluster=cluster, tasks=tasks)["tasks"]:
        check_task(task)


def check_task(task: Any) -> None:
    for container in task["containers"]:
        if container.get("exitCode") != 0:
            why = container.get("reason") or f"exit code {container.get('exitCode')}"
            raise Failed(
                f"{container['name']} of {task['taskDefinitionArn']}: {why} ({task.get('stoppedReason', '')}); "
                "its log is in CloudWatch, the services are as they were"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description="Deploys a stage to ECS")
    parser.add_argument("project")
    parser.add_argument(
        "stage", help="whose parameters stand in deploy/ecs/stages/STAGE.json"
    )
    parser.add_argument("tag", help="of the image")
    parser.add_argument(
        "--back",
        action="store_true",
        help="to a version that was there: no migration runs",
    )
    given = parser.parse_args()
    account = boto3.client("sts").get_caller_identity()["Account"]
    region = boto3.session.Session().region_name
    image = f"{account}.dkr.ecr.{region}.amazonaws.com/{given.project}:{given.tag}"
    stack = Stack(given.project, given.stage, account)
    url = stack.template_url(f"{given.project}-deploy-{account}-{region}")
    if not given.back:
        stack.put(url, {"MigrationImage": image})
        put_secrets(stack.outputs())
        migrate(stack.outputs())
    stack.put(url, {"MigrationImage": image, "Image": image})
    print(f"{stack.name} runs {given.tag}: {stack.outputs()['Url']}")


if __name__ == "__main__":
    main()
