"""A template of functions: as SAM translates it; additions to it, made where its
project's test says that they belong.
"""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

# in an environment of its own: it wants an older pydantic than projects stand on
TRANSLATOR = "aws-sam-translator>=1.110,<2"
TRANSLATE = """
import json, pathlib, sys, types
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

document = yaml_parse(pathlib.Path(sys.argv[1]).read_text())
document["Globals"]["Function"]["CodeUri"] = "s3://code/package.zip"
defaults = {name: str(each.get("Default", "")) for name, each in document["Parameters"].items()}
told = json.loads(sys.argv[2])
print(json.dumps(transform(document, {**defaults, **told}, types.SimpleNamespace(load=dict))))
"""

# parameters of a stage with a domain of its own
TOLD = {
    "AlarmEmail": "ops@example.com",
    "SiteUrl": "https://shop.example.com",
    "Domain": "api.example.com",
}
TOLD |= {
    "CertificateArn": "arn:aws:acm:eu-central-1:123456789012:certificate/1",
    "ZoneId": "Z1",
    "MonthlyBudget": "600",
}
# what CloudFormation of moto does not create; each is held by its properties, in
# tests/functions/
NOT_THERE = {
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::ApiMapping",
    "AWS::ApiGatewayV2::DomainName",
    "AWS::ApiGatewayV2::Stage",
    "AWS::Budgets::Budget",
    "AWS::CloudWatch::Alarm",
    "AWS::CodeDeploy::Application",
    "AWS::CodeDeploy::DeploymentGroup",
    "AWS::Lambda::Alias",
    "AWS::Logs::MetricFilter",
    "AWS::Pipes::Pipe",
    "AWS::SecretsManager::Secret",
}

PLACE = re.compile(r"^(?:and )?in (\w+), as (.*)$", re.MULTILINE)


def add(template: str, text: str) -> str:
    """The template with what the text has for it: whole resources, then additions to
    others, each under a line that says where.
    """
    whole, *others = re.split(r"^(?=(?:and )?in \w+, as )", text, flags=re.MULTILINE)
    if whole.strip():
        template = template.replace(
            "\nOutputs:", "\n" + whole.strip("\n") + "\n\nOutputs:"
        )
    for other in others:
        heading, _, lines = other.partition("\n")
        found = PLACE.match(heading)
        assert found, heading
        template = _within(template, found[1], found[2], lines.rstrip() + "\n")
    return template


def _within(template: str, resource: str, place: str, lines: str) -> str:
    begin = template.index(f"\n  {resource}:\n")
    end = re.compile(r"\n  \w+:\n|\nOutputs:").search(template, begin + 1)
    assert end, resource
    block = template[begin : end.start()]
    block = block.replace("      Events: {}\n", "      Events:\n").replace(
        "Resource: []\n", "Resource:\n"
    )
    if "Events" in place:
        head = "\n      Events:\n"
    elif "Variables" in place:
        head = "\n        Variables:\n"
    elif "statements" in place:
        head = "\n            Statement:\n"
    elif "Properties" in place:
        head = "\n    Properties:\n"
    else:
        head = "                Resource:\n"
    block = block.replace(head, head + lines, 1)
    return template[:begin] + block + template[end.start() :]


def translated(path: Path, told: Mapping[str, str]) -> dict[str, Any]:
    """What SAM makes of a template for CloudFormation, with these parameters; the code
    lies in the bucket `code`.
    """
    uv = str(Path(sys.prefix, "bin", "uv"))
    command = [
        uv,
        "run",
        "--quiet",
        "--isolated",
        "--no-project",
        "--with",
        TRANSLATOR,
        "--with",
        "pyyaml",
        "python",
        "-c",
        TRANSLATE,
    ]
    environment = {**os.environ, "AWS_DEFAULT_REGION": "eu-central-1"}
    done = subprocess.run(
        [*command, str(path), json.dumps(dict(told))],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@contextmanager
def created_by_moto(
    path: Path, stack: str, told: Mapping[str, str], not_there: set[str]
) -> Iterator[dict[str, tuple[str, str]]]:
    """The physical name and the type of each resource that CloudFormation of moto makes
    of it, but for kinds that it does not know.
    """
    environment = {"AWS_DEFAULT_REGION": "eu-central-1"}
    before = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    try:
        with import_module("moto").mock_aws():
            yield _create(path, stack, told, not_there)
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def _create(
    path: Path, stack: str, told: Mapping[str, str], not_there: set[str]
) -> dict[str, tuple[str, str]]:
    client = import_module("boto3").client
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("shop.py", "")
    client("s3").create_bucket(
        Bucket="code", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    client("s3").put_object(Bucket="code", Key="package.zip", Body=archive.getvalue())
    zone = client("route53").create_hosted_zone(
        Name="example.com", CallerReference="1"
    )["HostedZone"]["Id"]
    template = translated(path, told)
    template = {**what_moto_creates(template, not_there), "Outputs": {}}
    parameters = {
        name: str(each.get("Default", ""))
        for name, each in template["Parameters"].items()
    }
    parameters |= {**told, "ZoneId": zone.removeprefix("/hostedzone/")}
    stacks = client("cloudformation")
    stacks.create_stack(
        StackName=stack,
        TemplateBody=json.dumps(template),
        Parameters=[
            {"ParameterKey": name, "ParameterValue": value}
            for name, value in parameters.items()
        ],
        Capabilities=["CAPABILITY_IAM"],
    )
    pages = stacks.get_paginator("list_stack_resources").paginate(StackName=stack)
    return {
        each["LogicalResourceId"]: (each["PhysicalResourceId"], each["ResourceType"])
        for page in pages
        for each in page["StackResourceSummaries"]
    }


def what_moto_creates(template: dict[str, Any], not_there: set[str]) -> dict[str, Any]:
    """A translated template without resources of these kinds."""
    absent = {
        name
        for name, resource in template["Resources"].items()
        if resource["Type"] in not_there
    }
    kept = {
        name: resource
        for name, resource in template["Resources"].items()
        if name not in absent
    }
    found: dict[str, Any] = without({**template, "Resources": kept}, absent)
    return found


def without(value: Any, absent: set[str]) -> Any:
    """The document, where what refers to an absent resource has its name instead."""
    if isinstance(value, list):
        return [without(each, absent) for each in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"Ref"} and value["Ref"] in absent:
        function, alias, _ = value["Ref"].partition("Aliaslive")
        return {"Ref": function} if alias else function
    if value.keys() == {"Fn::GetAtt"} and value["Fn::GetAtt"][0] in absent:
        return value["Fn::GetAtt"][0]
    if (
        value.keys() == {"Fn::Select"}
        and "Fn::Split" in str(value)
        and any(f"'{name}'" in str(value) for name in absent)
    ):
        return "a-piece-of-its-name"
    if value.keys() == {"Fn::Sub"} and isinstance(value["Fn::Sub"], str):
        names = "|".join(sorted(absent))
        return {"Fn::Sub": re.sub(rf"\$\{{({names})[\w.]*\}}", r"\1", value["Fn::Sub"])}
    kept = {key: without(each, absent) for key, each in value.items()}
    kept.pop("DependsOn", None)
    return kept
