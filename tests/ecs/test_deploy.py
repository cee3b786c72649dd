"""`deploy/ecs/deploy.py` as its user starts it, against moto's server: `aws.py` says
what moto does not do.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from moto.moto_api._internal.models import moto_api_backend

from . import aws as aws_module
from .aws import ACCOUNT, REGION, Aws, serve
from .by_api import BY_ITS_OWN_API
from .conftest import Written
from .test_template import NOT_THERE, without

pytestmark = pytest.mark.timeout(120)


class Stage:
    """The stage `prod` of a project in an account in which bootstrap.yaml was deployed."""

    def __init__(self, project: Written, aws: Aws) -> None:
        self.project, self.aws = project, aws
        aws.read = self._read
        stages = project.folder / "deploy/ecs/stages"
        said = json.loads((stages / "example.json").read_text())
        said["CertificateArn"] = aws.client("acm").request_certificate(
            DomainName=said["Domain"]
        )["CertificateArn"]
        (stages / "prod.json").write_text(json.dumps(said))
        template = (project.folder / "deploy/ecs/bootstrap.yaml").read_text()
        aws.client("cloudformation").create_stack(
            StackName="ecs-shop-bootstrap",
            TemplateBody=template,
            Parameters=[
                {"ParameterKey": "Repository", "ParameterValue": "owner/ecs-shop"},
                {"ParameterKey": "HasProvider", "ParameterValue": "true"},
            ],
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        self.secrets = aws.client("secretsmanager")
        for name in ("SigningKeys", "MailUrl"):
            self.secrets.create_secret(Name=name)

    def _read(self, template: bytes) -> Any:
        file = self.project.folder / "build/template.yaml"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(template)
        return self.project.reader.read_template(file)

    def push(self, tag: str) -> None:
        layer = {
            "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
            "size": 1,
            "digest": f"sha256:{tag:0>64}",
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": layer,
            "layers": [layer],
        }
        self.aws.client("ecr").put_image(
            repositoryName="ecs-shop", imageTag=tag, imageManifest=json.dumps(manifest)
        )

    def deploy(self, tag: str, *more: str) -> subprocess.CompletedProcess[str]:
        return self.start("deploy.py", tag, *more)

    def start(self, program: str, *more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, f"deploy/ecs/{program}", "ecs-shop", "prod", *more],
            cwd=self.project.folder,
            env={
                **self.aws.environment,
                "PYTHONPATH": "src",
                "PATH": str(Path(sys.executable).parent),
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def images(self) -> set[str]:
        """What the services run, by tag."""
        ecs = self.aws.client("ecs")
        found = set()
        for cluster in ecs.list_clusters()["clusterArns"]:
            names = ecs.list_services(cluster=cluster)["serviceArns"]
            for service in (
                ecs.describe_services(cluster=cluster, services=names)["services"]
                if names
                else []
            ):
                found.add(self._tag(service["taskDefinition"]))
        return found

    def _tag(self, definition: str) -> str:
        found = self.aws.client("ecs").describe_task_definition(
            taskDefinition=definition
        )["taskDefinition"]
        image: str = found["containerDefinitions"][0]["image"]
        return image.rpartition(":")[2]

    def migrations(self) -> int:
        return self.aws.calls.count("RunTask")


def reduce(document: dict[str, Any]) -> dict[str, Any]:
    return without(document, BY_ITS_OWN_API.keys() | NOT_THERE.keys())


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    yield from serve(reduce)
    moto_api_backend.reset()


@pytest.fixture
def empty(aws: Aws, write: Callable[..., Written]) -> Iterator[Stage]:
    """Nothing was deployed yet."""
    moto_api_backend.reset()
    yield Stage(write(), aws)
    moto_api_backend.reset()


@pytest.fixture(scope="module")
def running(aws: Aws, write: Callable[..., Written]) -> Stage:
    """A first version runs, and ECR has others."""
    moto_api_backend.reset()
    stage = Stage(write(), aws)
    for tag in ("1", "2", "3"):
        stage.push(tag)
    stage.secrets.put_secret_value(
        SecretId="MailUrl", SecretString="smtp://mail.example.com:587"
    )
    done = stage.deploy("1")
    assert done.returncode == 0, done.stderr
    return stage


@pytest.fixture
def stage(running: Stage) -> Iterator[Stage]:
    """A stage that runs, in an AWS in which nothing goes wrong."""
    running.aws.calls.clear()
    yield running
    (
        running.aws.exit_code,
        running.aws.unwell,
        running.aws.replaced,
        running.aws.went_back,
    ) = 0, "", {}, False
    running.aws.status = ""


def test_the_first_deployment_makes_the_stack_a_key_and_the_tables_and_then_the_services(
    empty: Stage,
) -> None:
    stage = empty
    stage.push("1")
    asks = stage.deploy("1")
    assert (
        asks.returncode == 1
        and "how does mail leave?" in asks.stderr
        and "put-secret-value" in asks.stderr
    )
    assert stage.images() == set() and stage.migrations() == 0
    key = stage.secrets.get_secret_value(SecretId="SigningKeys")["SecretString"]
    assert key.startswith("-----BEGIN PRIVATE KEY-----")
    stage.secrets.put_secret_value(
        SecretId="MailUrl", SecretString="smtp://mail.example.com:587"
    )
    done = stage.deploy("1")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "ecs-shop-prod runs 1: https://api.example.com\n"
    assert stage.images() == {"1"} and stage.migrations() == 1
    assert stage.secrets.get_secret_value(SecretId="SigningKeys")["SecretString"] == key


def test_the_next_version_runs_its_migrations_first_and_a_second_time_nothing_is_to_be_done(
    stage: Stage,
) -> None:
    done = stage.deploy("2")
    assert done.returncode == 0, done.stderr
    assert stage.images() == {"2"}
    steps = [
        call for call in stage.aws.calls if call in ("ExecuteChangeSet", "RunTask")
    ]
    assert steps == ["ExecuteChangeSet", "RunTask", "ExecuteChangeSet"]
    stage.aws.calls.clear()
    again = stage.deploy("2")  # a workflow that is started again
    assert again.returncode == 0, again.stderr
    assert "ExecuteChangeSet" not in stage.aws.calls and stage.migrations() == 1


def test_where_a_migration_fails_services_stay_as_they_were(stage: Stage) -> None:
    before = stage.images()
    stage.aws.exit_code = 1
    failed = stage.deploy("3")
    assert failed.returncode == 1
    assert (
        failed.stderr.startswith("not deployed: ")
        and "exit code 1" in failed.stderr
        and "MigrationLogs" in failed.stderr
    )
    assert stage.images() == before


def test_a_service_that_does_not_get_well_goes_back_and_the_deployment_says_why(
    stage: Stage,
) -> None:
    before = stage.images()
    stage.aws.unwell = "AppService"
    failed = stage.deploy("3")
    assert failed.returncode == 1
    assert "the stack ecs-shop-prod is UPDATE_ROLLBACK_COMPLETE" in failed.stderr
    assert "AppService: ECS Deployment Circuit Breaker was triggered" in failed.stderr
    # whose reason the events of a stack do not tell
    assert "a task of" in failed.stderr
    assert stage.images() == before
    stage.aws.unwell = ""
    assert stage.deploy("3").returncode == 0
    assert stage.images() == {"3"}


def test_what_would_replace_a_database_is_refused_until_somebody_agrees_by_name(
    stage: Stage,
) -> None:
    before = stage.images()
    other = "1" if before == {"2"} else "2"
    stage.aws.replaced = {
        "Database": "AWS::RDS::DBInstance",
        "Cache": "AWS::ElastiCache::ReplicationGroup",
    }
    refused = stage.deploy(other)
    assert refused.returncode == 1
    assert (
        "Database would be replaced by an empty one; if that is meant: REPLACE=Database"
        in refused.stderr
    )
    assert "Cache" not in refused.stderr
    assert "ExecuteChangeSet" not in stage.aws.calls and stage.migrations() == 0
    assert stage.images() == before
    agreed = stage.deploy(other, "--replace", "Database")
    assert agreed.returncode == 0, agreed.stderr


def test_back_is_another_image_without_its_migrations_and_one_that_is_gone_is_said_at_once(
    stage: Stage,
) -> None:
    other = "1" if stage.images() == {"2"} else "2"
    back = stage.deploy(other, "--back")
    assert back.returncode == 0, back.stderr
    assert stage.images() == {other} and stage.migrations() == 0
    gone = stage.deploy("0", "--back")
    assert (
        gone.returncode == 1
        and "ECR has no image 0: make ecs-push TAG=0" in gone.stderr
    )


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (
            "ROLLBACK_COMPLETE",
            "aws cloudformation delete-stack --stack-name ecs-shop-prod",
        ),
        (
            "UPDATE_ROLLBACK_FAILED",
            "aws cloudformation continue-update-rollback --stack-name ecs-shop-prod",
        ),
        (
            "UPDATE_IN_PROGRESS",
            "aws cloudformation cancel-update-stack --stack-name ecs-shop-prod",
        ),
    ],
)
def test_a_stack_that_cannot_be_changed_is_said_with_what_helps(
    stage: Stage, status: str, said: str
) -> None:
    stage.aws.status = status
    failed = stage.deploy("1")
    assert failed.returncode == 1
    assert status in failed.stderr and said in failed.stderr
    assert "CreateChangeSet" not in stage.aws.calls


def test_without_a_way_to_aws_it_says_so_without_a_traceback(stage: Stage) -> None:
    stage.aws.environment["AWS_ENDPOINT_URL"] = "http://127.0.0.1:9"
    try:
        failed = stage.deploy("1")
    finally:
        stage.aws.environment["AWS_ENDPOINT_URL"] = stage.aws.url
    assert failed.returncode == 1
    assert failed.stderr.startswith("not deployed: Could not connect")


def test_other_keys_are_announced_before_they_sign_and_the_ones_before_still_verify(
    stage: Stage,
) -> None:
    def keys() -> list[str]:
        text: str = stage.secrets.get_secret_value(SecretId="SigningKeys")[
            "SecretString"
        ]
        return re.findall("-----BEGIN.+?END PRIVATE KEY-----", text, re.DOTALL)

    (first,) = keys()
    rotated = stage.start("rotate.py")
    assert rotated.returncode == 0, rotated.stderr
    before, second = keys()  # the last signs
    assert before == first != second
    restarts = stage.aws.calls.count("UpdateService")
    assert restarts == 2 * len(stage.project.of_type("AWS::ECS::Service"))
    assert stage.start("rotate.py").returncode == 0
    before, third = keys()
    assert before == second != third
    assert stage.start("rotate.py", "--leaked").returncode == 0
    (left,) = keys()
    assert left not in (first, second, third)


def test_where_tasks_with_other_keys_do_not_get_well_it_says_so(stage: Stage) -> None:
    stage.aws.went_back = True
    failed = stage.start("rotate.py")
    assert failed.returncode == 1
    assert "went back to the tasks before" in failed.stderr


# No registry is here: of docker, what it was told; what it pushes, moto's ECR has then.
DOCKER = """\
#!{python}
import json, os, sys
with open({said!r}, "a") as said:
    said.write(" ".join(sys.argv[1:]) + "\\n")
if sys.argv[1] == "login":
    assert sys.stdin.read()
if sys.argv[1] == "push":
    import boto3
    repository, _, tag = sys.argv[2].partition("/")[2].partition(":")
    manifest = {{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "layers": []}}
    boto3.client("ecr").put_image(repositoryName=repository, imageTag=tag, imageManifest=json.dumps(manifest))
"""


class Workflow:
    """`.github/workflows/ecs.yml` in a clean clone: its steps that run something, one
    after the other.
    """

    def __init__(self, stage: Stage, folder: Path) -> None:
        self.stage, self.folder = stage, folder / "clone"
        git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com"]
        source = stage.project.folder
        if not (source / ".git").exists():
            subprocess.run([*git, "init", "--quiet"], cwd=source, check=True)
        subprocess.run([*git, "add", "--all"], cwd=source, check=True)
        subprocess.run(
            [*git, "commit", "--quiet", "--allow-empty", "--message", "all"],
            cwd=source,
            check=True,
        )
        subprocess.run([*git, "clone", "--quiet", source, self.folder], check=True)
        self.said = folder / "docker.log"
        (folder / "bin").mkdir()
        docker = folder / "bin/docker"
        docker.write_text(DOCKER.format(python=sys.executable, said=str(self.said)))
        docker.chmod(0o755)
        self.environment = {
            **stage.aws.environment,
            "PATH": f"{docker.parent}:{os.environ['PATH']}",
            "HOME": str(folder),
            "VENV": sys.prefix,
        }

    def run(self, **given: str) -> list[str]:
        """Which commands ran; `given`: what its variables and whoever starts it say."""
        document = yaml.safe_load(
            (self.folder / ".github/workflows/ecs.yml").read_text()
        )
        job = document["jobs"]["deploy"]
        job["env"] |= given
        ran = []
        for step in job["steps"]:
            if "run" in step and self._wanted(step["if"], job["env"]):
                ran.append(step["run"])
                shell = [
                    "bash",
                    "--noprofile",
                    "--norc",
                    "-e",
                    "-o",
                    "pipefail",
                    "-c",
                    step["run"],
                ]
                environment = {
                    **self.environment,
                    **job["env"],
                    "GITHUB_SHA": given["GITHUB_SHA"],
                }
                done = subprocess.run(
                    shell,
                    cwd=self.folder,
                    env=environment,
                    capture_output=True,
                    text=True,
                    check=False,
                )
                assert done.returncode == 0, done.stdout + done.stderr
        return ran

    @staticmethod
    def _wanted(condition: str, environment: dict[str, str]) -> bool:
        terms = [
            re.fullmatch(r"env\.(\w+) (==|!=) ''", term)
            for term in condition.split(" && ")
        ]
        return all(
            (environment[term[1]] == "") == (term[2] == "==") for term in terms if term
        )


def test_the_steps_of_the_workflow_push_deploy_and_go_back_in_a_clean_clone(
    stage: Stage, tmp_path: Path
) -> None:
    workflow = Workflow(stage, tmp_path)
    commit = {"STAGE": "prod", "BACK": "", "GITHUB_SHA": "a" * 40}
    assert workflow.run(**commit, ROLE="") == []  # before there is an account
    assert workflow.run(**commit, ROLE="arn") == [
        'make ecs-push TAG="$GITHUB_SHA"',
        'make ecs-deploy STAGE="$STAGE" TAG="$GITHUB_SHA"',
    ]
    assert stage.images() == {"a" * 40}
    image = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/ecs-shop:{'a' * 40}"
    assert workflow.said.read_text().splitlines() == [
        f"login --username AWS --password-stdin {image.partition('/')[0]}",
        f"build --platform linux/amd64 --file deploy/Dockerfile --tag {image} .",
        f"push {image}",
    ]
    workflow.run(**commit, ROLE="arn")  # once more: the tag is there, and never changes
    assert len(workflow.said.read_text().splitlines()) == 3
    assert workflow.run(**commit | {"BACK": "1"}, ROLE="arn") == [
        'make ecs-back STAGE="$STAGE" TAG="$BACK"'
    ]
    assert stage.images() == {"1"}


def test_no_call_is_faked_but_those_that_are_named() -> None:
    """The list in the docstring of `aws.py` is what the code compares with."""
    code = Path(aws_module.__file__).read_text()
    said = aws_module.__doc__ or ""
    compared = set(re.findall(r'call == "(\w+)"', code))
    assert compared == {
        name
        for line in said.splitlines()
        if line.startswith("- ")
        for name in re.findall(r"[A-Z]\w+", line.partition(":")[0])
    }
