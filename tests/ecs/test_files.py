"""Files of rows on ECS: the bucket that the template makes, who may use it, and what
tasks are told of it.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core import set_initial_no_auth_action_count

from archgen.answers.resolve import resolve
from archgen.answers.sources import from_record
from archgen.generator import preview
from archgen.pipeline import make_plan

from .conftest import Written
from .test_template import Known, check_it_can_be_made, check_told

BUCKET = "ecs-town-prod-filesbucket-1"
RESOURCES = {"FilesBucket": BUCKET, "FilesBucket.Arn": f"arn:aws:s3:::{BUCKET}"}


def statements(project: Written, role: str) -> list[dict[str, Any]]:
    """What a role of tasks may do, with the bucket put in."""
    policies = project.of_type("AWS::IAM::Role")[role].get("Policies", [])
    return [
        line
        for policy in policies
        for line in project.reader.resolve(
            policy["PolicyDocument"]["Statement"], Known(RESOURCES)
        )
    ]


def keeper(project: Written) -> str:
    """The part that keeps files, as it begins logical names."""
    (part,) = (
        part["name"] for part in project.record["parts"] if "files" in part["modules"]
    )
    return str(part).title()


def test_the_bucket_is_that_of_functions_and_outlives_the_stack(town: Written) -> None:
    said = {"name": "ecs-town", "preset": "social", "architecture": "serverless"}
    files = dict(preview(make_plan(resolve([from_record(said)])).record))
    other = town.folder / "build/functions.yaml"
    other.parent.mkdir(exist_ok=True)
    other.write_bytes(files["deploy/template.yaml"])
    there = town.reader.read_template(other)["Resources"]
    for name in ("FilesBucket", "FilesBucketPolicy"):
        here, like = (
            resources[name] for resources in (town.document["Resources"], there)
        )
        of_a_queue = {"BucketName", "NotificationConfiguration"}
        assert here["Properties"] == {
            k: v for k, v in like["Properties"].items() if k not in of_a_queue
        }
        assert {
            key: here.get(key) for key in ("DeletionPolicy", "UpdateReplacePolicy")
        } == {key: like.get(key) for key in ("DeletionPolicy", "UpdateReplacePolicy")}
    bucket = town.document["Resources"]["FilesBucket"]
    assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Retain"
    assert set(bucket["Properties"]["PublicAccessBlockConfiguration"].values()) == {
        True
    }
    assert town.document["Conditions"]["AsksFromBrowsers"]  # whose CORS rules are


def test_a_change_by_which_files_would_be_lost_is_refused(town: Written) -> None:
    code = """
from stack import find_loss
change = {"LogicalResourceId": "FilesBucket", "ResourceType": "AWS::S3::Bucket", "Action": "Remove"}
print(find_loss(change, []), find_loss(change, ["FilesBucket"]), sep="\\n")
"""
    folder = town.folder / "deploy/ecs"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (
        done.stdout
        == "FilesBucket would be removed; if that is meant: REPLACE=FilesBucket\nNone\n"
    ), done.stderr


def test_tasks_of_the_part_that_keeps_files_may_use_the_bucket_and_no_others(
    town: Written,
) -> None:
    mine = keeper(town)
    for task, definition in town.of_type("AWS::ECS::TaskDefinition").items():
        role = definition["TaskRoleArn"]["Fn::GetAtt"].removesuffix(".Arn")
        assert bool(statements(town, role)) is (role == f"{mine}Task"), task
    for line in statements(town, f"{mine}Task"):
        actions = (
            [line["Action"]] if isinstance(line["Action"], str) else line["Action"]
        )
        assert not [action for action in actions if "*" in action]
        assert line["Resource"].startswith(RESOURCES["FilesBucket.Arn"])


def test_tasks_of_that_part_are_told_of_the_bucket_and_have_room_to_look_at_files(
    town: Written,
) -> None:
    mine, definitions = keeper(town), town.of_type("AWS::ECS::TaskDefinition")
    for name, container in town.containers().items():
        if name.endswith(".roles"):
            continue
        told = {line["Name"]: line["Value"] for line in container["Environment"]}
        keeps = (
            definitions[name.split(".")[0]]["TaskRoleArn"]["Fn::GetAtt"]
            == f"{mine}Task.Arn"
        )
        assert ("FILES_BUCKET" in told, "AWS_DEFAULT_REGION" in told) == (
            keeps,
            keeps,
        ), name
        room = container["LinuxParameters"]["Tmpfs"][0]["Size"]
        looks = keeps and not name.endswith(".migrate")
        assert room == (512 if looks else 64), name
        if looks:
            memory, cpu = (
                int(definitions[name.split(".")[0]][key]) for key in ("Memory", "Cpu")
            )
            # what Fargate offers
            assert memory >= 2048 and cpu * 2 <= memory <= cpu * 8, name
            assert told["FILES_BUCKET"] == {"Fn::Ref": "FilesBucket"}
    check_told(town)


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """An account that holds everybody to policies, with the bucket; the keys of
    somebody who may do nothing yet.
    """
    for name, value in (
        ("DEFAULT_REGION", "eu-west-1"),
        ("ACCESS_KEY_ID", "a"),
        ("SECRET_ACCESS_KEY", "b"),
    ):
        monkeypatch.setenv(f"AWS_{name}", value)
    with mock_aws():
        for bucket in (BUCKET, "another"):
            place: Any = {"LocationConstraint": "eu-west-1"}
            boto3.client("s3").create_bucket(
                Bucket=bucket, CreateBucketConfiguration=place
            )
        iam = boto3.client("iam")
        iam.create_user(UserName="task")
        key = iam.create_access_key(UserName="task")["AccessKey"]
        yield {
            "aws_access_key_id": key["AccessKeyId"],
            "aws_secret_access_key": key["SecretAccessKey"],
        }


def test_what_the_role_may_do_is_enough_for_the_store_and_for_no_more(
    write: Callable[..., Written],
    account: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """By the project's own code, in an account that enforces policies."""
    town = write("microservices", preset="social", name="ecs-town")
    document = {"Version": "2012-10-17", "Statement": statements(town, "FilesTask")}
    boto3.client("iam").put_user_policy(
        UserName="task", PolicyName="files", PolicyDocument=json.dumps(document)
    )
    monkeypatch.syspath_prepend(town.folder / "src")
    of_chassis = {
        name: import_module(f"ecs_town.chassis.mechanism.{name}")
        for name in ("aws", "s3_files", "s3_settings")
    }
    of_chassis["aws"]._session.cache_clear()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", account["aws_access_key_id"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", account["aws_secret_access_key"])
    settings = of_chassis["s3_settings"].S3Settings.model_construct(
        files_bucket=BUCKET, files_endpoint=""
    )
    store, file_id = of_chassis["s3_files"].S3Files(settings, told=False), uuid4()
    s3: Any = boto3.client("s3", **account)

    async def walk() -> None:
        assert (
            not await store.has_arrived(file_id)
            and await store.fetch(file_id, 3, tmp_path) is None
        )
        # as the holder of a form does
        s3.put_object(Bucket=BUCKET, Key=f"incoming/{file_id}", Body=b"abc")
        assert await store.arrivals("") == [
            f"incoming/{file_id}"
        ] and await store.has_arrived(file_id)
        path = await store.fetch(file_id, 3, tmp_path)
        await store.keep(file_id, "original", path, "text/plain")
        # as of a link
        assert (
            s3.get_object(Bucket=BUCKET, Key=f"kept/{file_id}/original")["Body"].read()
            == b"abc"
        )
        await store.discard(file_id)
        await store.delete(file_id)
        assert await store.arrivals("") == []

    @set_initial_no_auth_action_count(0)
    def held_to_policies() -> None:
        asyncio.run(walk())
        beyond: list[tuple[Any, dict[str, str]]] = [
            (s3.put_object, {"Bucket": BUCKET, "Key": "elsewhere"}),
            (s3.get_object, {"Bucket": "another", "Key": "kept/a"}),
            (s3.list_buckets, {}),
            (s3.delete_bucket, {"Bucket": BUCKET}),
            (s3.get_bucket_policy, {"Bucket": BUCKET}),
        ]
        for call, asked in beyond:
            with pytest.raises(ClientError, match="AccessDenied"):
                call(**asked)

    held_to_policies()
    of_chassis["aws"]._session.cache_clear()


@pytest.mark.usefixtures("account")
def test_each_resource_of_a_system_with_files_is_created(town: Written) -> None:
    made = check_it_can_be_made(town)
    s3: Any = boto3.client("s3")
    bucket = made["FilesBucket"]
    (rule,) = s3.get_bucket_encryption(Bucket=bucket)[
        "ServerSideEncryptionConfiguration"
    ]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    # of the rest moto knows nothing by CloudFormation: by the API
    asked = town.of_type("AWS::S3::Bucket")["FilesBucket"]
    s3.put_public_access_block(
        Bucket=bucket,
        PublicAccessBlockConfiguration=asked["PublicAccessBlockConfiguration"],
    )
    s3.put_bucket_ownership_controls(
        Bucket=bucket, OwnershipControls=asked["OwnershipControls"]
    )
    cors = town.reader.resolve(
        asked["CorsConfiguration"]["Fn::If"][1]["CorsRules"],
        Known({"CorsOrigins": "https://a.b"}),
    )
    for line in cors:
        line["MaxAgeSeconds"] = line.pop("MaxAge")
        line["AllowedOrigins"] = ["https://a.b"]
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": cors})
    rules = []
    for line in asked["LifecycleConfiguration"]["Rules"]:
        kept = {
            "ID": line["Id"],
            "Status": line["Status"],
            "Filter": {"Prefix": line.get("Prefix", "")},
        }
        if "ExpirationInDays" in line:
            kept["Expiration"] = {"Days": line["ExpirationInDays"]}
        if "AbortIncompleteMultipartUpload" in line:
            kept["AbortIncompleteMultipartUpload"] = line[
                "AbortIncompleteMultipartUpload"
            ]
        rules.append(kept)
    s3.put_bucket_lifecycle_configuration(
        Bucket=bucket, LifecycleConfiguration={"Rules": rules}
    )
    found = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert {line["ID"]: line.get("Expiration", {}).get("Days") for line in found} == {
        "incoming": 2,
        "unfinished": None,
    }


@pytest.mark.parametrize("bucket", ["", "town-files"])
def test_make_ecs_local_keeps_files_where_make_up_does(
    town: Written, bucket: str
) -> None:
    """In the volume of all copies, or in the bucket that `.env` names."""
    code = f"""
import collections, json, sys, yaml
sys.path.insert(0, "deploy/ecs")
from local import CONTAINERS, make_services
base = yaml.safe_load(open("deploy/compose.yaml"))["services"]
for service in base.values():
    told = service.get("environment") or {{}}
    if "FILES_BUCKET" in told:
        told |= {{"FILES_BUCKET": "{bucket}", "AWS_ACCESS_KEY_ID": "key"}}
settings = collections.defaultdict(lambda: "secret", FILES_BUCKET="{bucket}")
made = make_services(base, settings)
print(json.dumps({{name: [made[name]["environment"], made[name].get("volumes", [])] for name in CONTAINERS.values()}}))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=town.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    storing = {
        name: told
        for name, (told, _) in json.loads(done.stdout).items()
        if "FILES_BUCKET" in told
    }
    mounted = {
        name
        for name, (_, volumes) in json.loads(done.stdout).items()
        if "files:/files" in volumes
    }
    assert mounted and mounted <= storing.keys()
    for name, told in storing.items():
        assert (told["FILES_BUCKET"], told["FILES_FOLDER"]) == (bucket, "/files"), name
        assert told["AWS_ACCESS_KEY_ID"] == "key"
