"""`make deploy`, `make logs` and `make destroy` of functions, by the SAM CLI, against
CloudFormation of moto's server.

moto does not carry out SAM's transform, which SAM's own translator does here in its
place, and loses the outputs of what change sets create, which are read again here. Of
what the transform makes it passes over the kinds in `tests/support/template.py`
(NOT_THERE): the API itself, aliases and their gradual deployment, alarms, pipes,
secrets, the budget. So the stage has a domain, by which its address is known, and
packages lie where `deploy/bootstrap.yaml` has them, as in deployments from GitHub,
rather than where `--resolve-s3` puts them.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.lambda_runtime import free_port
from tests.support.projects import Project, environment, new, until
from tests.support.sam import CREDENTIALS
from tests.support.stack import lock_if_possible
from tests.support.template import NOT_THERE, translated, what_moto_creates

# what moto says of the kinds that it passes over
pytestmark = [
    pytest.mark.real,
    pytest.mark.long,
    pytest.mark.timeout(1500),
    pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning"),
]
STACK = "deployed-shop-test"
PARAMETERS = {
    "AlarmEmail": "ops@example.com",
    "CertificateArn": "arn:aws:acm:eu-central-1:123456789012:certificate/1",
    "CorsOrigins": "",
    "Domain": "api.example.com",
    "MailFrom": "The shop <no-reply@example.com>",
    "MonthlyBudget": "100",
    "Processor": "x86_64",
    "SiteUrl": "https://shop.example.com",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("deployed")
    options = (
        "--preset",
        "crud",
        "--architecture",
        "serverless",
        "--set",
        "stack.database=dynamodb",
    )
    found = new(folder, "deployed-shop", *options)
    # all of them: moto forgets those that keep the value they had
    declared = declared_parameters(found)
    told = {
        name: str(each.get("Default", ""))
        for name, each in declared.items()
        if name != "Issuer"
    }
    (found.folder / "deploy/stages/test.json").write_text(json.dumps(told | PARAMETERS))
    lock_if_possible(found)
    return found


def declared_parameters(project: Project) -> dict[str, Any]:
    """The parameters of the template."""
    text = (
        (project.folder / "deploy/template.yaml")
        .read_text()
        .partition("\nParameters:\n")[2]
    )
    found: dict[str, Any] = yaml.safe_load(re.split(r"\n(?=\w)", text)[0])
    return found


@pytest.fixture(scope="module")
def aws(project: Project) -> Iterator[Any]:
    """Clients of moto's server, which all that `make` runs talks to."""
    patch = pytest.MonkeyPatch()
    for name, value in CREDENTIALS.items():
        patch.setenv(name, value)
    # moto knows a bucket's address on this machine by this name
    server = import_module("moto.server").ThreadedMotoServer(
        "localhost", free_port("localhost"), verbose=False
    )
    server.start()
    patch.setenv(
        "AWS_ENDPOINT_URL", f"http://localhost:{server.get_host_and_port()[1]}"
    )
    patch.setenv("SAM_CLI_TELEMETRY", "0")
    backend = import_module("moto.cloudformation.models").CloudFormationBackend
    create_change_set = backend.create_change_set

    def transformed(self: Any, *arguments: Any, **more: Any) -> Any:
        path = project.folder / "packaged.yaml"
        path.write_text(more["template"])
        more["template"] = json.dumps(
            what_moto_creates(translated(path, {}), NOT_THERE)
        )
        return create_change_set(self, *arguments, **more)

    execute_change_set = backend.execute_change_set

    def with_outputs(self: Any, *arguments: Any, **more: Any) -> None:
        execute_change_set(self, *arguments, **more)
        for stack in self.stacks.values():
            if stack.template:
                stack._parse_template()
                stack.output_map = stack._create_output_map()

    patch.setattr(backend, "create_change_set", transformed)
    patch.setattr(backend, "execute_change_set", with_outputs)
    client = import_module("boto3").client
    client("cloudformation").create_stack(
        StackName="deployed-shop-bootstrap",
        TemplateBody=(project.folder / "deploy/bootstrap.yaml").read_text(),
        Parameters=[{"ParameterKey": "Repository", "ParameterValue": "somebody/shop"}],
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    try:
        yield client
    finally:
        server.stop()
        patch.undo()


@pytest.fixture(scope="module")
def first(project: Project, aws: Any) -> str:
    """What the first deployment said."""
    return project.make("deploy", "STAGE=test")


def stack(aws: Any) -> dict[str, Any]:
    (found,) = aws("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    return dict(found)


def test_a_first_deployment_makes_the_stack_and_tells_it_its_own_address(
    first: str, aws: Any
) -> None:
    """Twice: the authorizer asks the API for keys, whose address is known afterwards.
    Words of a parameter stay together.
    """
    assert first.splitlines()[-1] == "https://api.example.com"
    assert first.count("Successfully created/updated stack") == 2
    found = stack(aws)
    told = {
        each["ParameterKey"]: each["ParameterValue"] for each in found["Parameters"]
    }
    assert told.items() >= {**PARAMETERS, "Issuer": "https://api.example.com"}.items()
    assert (
        found["StackStatus"] == "UPDATE_COMPLETE"
        and {"Key": "stage", "Value": "test"} in found["Tags"]
    )
    functions = {
        each["FunctionName"]: each
        for each in aws("lambda").list_functions()["Functions"]
    }
    assert set(functions) == {
        f"{STACK}-{name}" for name in ("accounts", "accounts-background", "items")
    }
    variables = functions[f"{STACK}-items"]["Environment"]["Variables"]
    assert (
        variables["JWT_ISSUER"] == "https://api.example.com"
        and variables["STACK"] == STACK
    )
    assert all(1_000_000 < each["CodeSize"] < 50_000_000 for each in functions.values())


def test_a_second_deployment_of_the_same_changes_no_more_than_the_packages(
    first: str, project: Project, aws: Any
) -> None:
    before = aws("cloudformation").list_stack_resources(StackName=STACK)[
        "StackResourceSummaries"
    ]
    said = project.make("deploy", "STAGE=test")
    assert said.splitlines()[-1] == "https://api.example.com"
    assert (
        "No changes to deploy" in said
        or said.count("Successfully created/updated stack") == 1
    )
    after = aws("cloudformation").list_stack_resources(StackName=STACK)[
        "StackResourceSummaries"
    ]
    kinds = (
        "AWS::DynamoDB::Table",
        "AWS::SQS::Queue",
        "AWS::Lambda::Function",
        "AWS::IAM::Role",
    )
    kept = [
        {each["PhysicalResourceId"] for each in found if each["ResourceType"] in kinds}
        for found in (before, after)
    ]
    assert kept[0] == kept[1] and kept[0]


def test_logs_follows_what_a_function_writes(
    first: str, project: Project, aws: Any
) -> None:
    """SAM asks Lambda for the function's group (`LoggingConfig`); moto does not keep
    that, so here it is the usual one.
    """
    group = f"/aws/lambda/{STACK}-items"
    logs = aws("logs")
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="one")
    output = project.folder / "logs.out"
    with output.open("w") as file:
        following = subprocess.Popen(
            ["make", "logs", "STAGE=test"],
            cwd=project.folder,
            env=environment(),
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
        try:

            def heard() -> bool:
                now = int(import_module("time").time() * 1000)
                event = {
                    "timestamp": now,
                    "message": json.dumps(
                        {"level": "INFO", "message": "an item was made"}
                    ),
                }
                logs.put_log_events(
                    logGroupName=group, logStreamName="one", logEvents=[event]
                )
                return (
                    following.poll() is not None
                    or "an item was made" in output.read_text()
                )

            until(heard)
            assert following.poll() is None, output.read_text()
        finally:
            os.killpg(following.pid, signal.SIGTERM)
            following.wait()


def test_a_stage_is_deleted_and_its_tables_stay_until_it_is_told_otherwise(
    first: str, project: Project, aws: Any
) -> None:
    said = project.make("destroy", "STAGE=test")
    assert (
        f"kept: the table {STACK}-accounts" in said
        and f"kept: the table {STACK}-items" in said
    )
    assert sorted(aws("dynamodb").list_tables()["TableNames"]) == [
        f"{STACK}-accounts",
        f"{STACK}-items",
    ]
    assert aws("lambda").list_functions()["Functions"] == []
    with pytest.raises(AssertionError, match=f"An earlier {STACK} has left"):
        project.make("deploy", "STAGE=test")
    assert f"deleted: the table {STACK}-items" in project.make(
        "destroy", "STAGE=test", "DATA=delete"
    )
    with pytest.raises(AssertionError, match=f"{STACK} is not there"):
        project.make("destroy", "STAGE=test")


def test_nothing_is_deployed_without_parameters(project: Project, aws: Any) -> None:
    with pytest.raises(AssertionError, match=r"deploy/stages/other\.json is not there"):
        project.make("deploy", "STAGE=other")
    assert not Path(project.folder / "deploy/stages/other.json").exists()
