"""Other keys on ECS, and nobody is logged out: `make ecs-rotate STAGE=prod`.

Tasks read secrets when they start, so services start anew twice: with the new keys
announced, and signing. A key that leaked must go at once: LEAKED=1, and whoever has a
token of it asks for another.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError, WaiterError
from keys import Keys, PairKeys, SigningKeys
from stack import Failed, Stack, find_stopped

AT_ONCE = 10  # services that ECS is asked about in one call


def find_keys(outputs: Mapping[str, str]) -> dict[str, Keys]:
    """Each secret that holds keys, by its address."""
    found: dict[str, Keys] = {}
    if "SigningKeys" in outputs:
        found[outputs["SigningKeys"]] = SigningKeys()
    for secret in outputs.get("PairKeys", "").split(","):
        if secret:
            found[secret] = PairKeys()
    return found


def rotate(outputs: Mapping[str, str], leaked: bool) -> None:
    found = find_keys(outputs)
    steps = ["announce", "turn"]
    if leaked:
        steps.append("forget")
    for step in steps:
        for secret, keys in found.items():
            change_secret(secret, getattr(keys, step))
        restart(outputs["Cluster"])


def change_secret(secret: str, change: Any) -> None:
    client = boto3.client("secretsmanager")
    text = client.get_secret_value(SecretId=secret)["SecretString"]
    client.put_secret_value(SecretId=secret, SecretString=change(text))


def restart(cluster: str) -> None:
    """All services anew, without a gap; SystemExit: one went back to its old tasks."""
    ecs = boto3.client("ecs")
    pages = ecs.get_paginator("list_services").paginate(cluster=cluster)
    services = [service for page in pages for service in page["serviceArns"]]
    started = {}
    for service in services:
        answer = ecs.update_service(
            cluster=cluster, service=service, forceNewDeployment=True
        )
        started[service] = answer["service"]["deployments"][0]["id"]
    for first in range(0, len(services), AT_ONCE):
        some = services[first : first + AT_ONCE]
        try:
            ecs.get_waiter("services_stable").wait(
                cluster=cluster, services=some, WaiterConfig={"MaxAttempts": 120}
            )
        except WaiterError as error:
            raise Failed(str(error)) from None
        for found in ecs.describe_services(cluster=cluster, services=some)["services"]:
            if found["deployments"][0]["id"] != started[found["serviceArn"]]:
                name = found["serviceName"]
                reasons = [
                    f"{name} went back to the tasks before",
                    *find_stopped(cluster),
                ]
                raise Failed("\n  ".join(reasons))


def main() -> None:
    parser = argparse.ArgumentParser(description="Other keys for a stage on ECS")
    parser.add_argument("project")
    parser.add_argument("stage")
    parser.add_argument(
        "--leaked", action="store_true", help="the keys before are forgotten at once"
    )
    given = parser.parse_args()
    try:
        rotate(Stack(given.project, given.stage).outputs(), given.leaked)
    except (BotoCoreError, ClientError) as error:
        raise Failed(str(error)) from None
    print(f"{given.project}-{given.stage} signs by other keys")


if __name__ == "__main__":
    main()
