"""Functions in AWS's own runtime: packages of `sam build` in the containers that the
SAM CLI starts, on DynamoDB Local, and on moto's server for queues, secrets and the
scheduler. Nothing is published beyond this machine.
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml
from tests.support import sam
from tests.support.projects import Project, environment, until
from tests.support.pump import Pump
from tests.support.stack import docker

IMAGE = "public.ecr.aws/lambda/python:3.13"
STACK = "local"  # as SAM calls a stack that is not deployed
PATIENT = 60  # seconds that a function may take: others use this machine's cores, too
TOLD = {
    "Processor": "x86_64",
    "SiteUrl": "https://shop.example.com",
    "AlarmEmail": "ops@example.com",
    "MonthlyBudget": "1",
}


@dataclass
class Stage:
    """`url`: where SAM's gateway listens; `known`: what the template's names stand for
    here.
    """

    project: Project
    url: str = ""
    log: Path = Path()
    known: dict[str, str] = field(default_factory=dict)
    clients: dict[str, Any] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)
    mails: list[Message] = field(default_factory=list)

    def invoke(self, name: str, event: dict[str, Any]) -> Any:
        """What a function answers by Lambda's API; None: it failed."""
        answer = self.clients["lambda"].invoke(
            FunctionName=name, Payload=json.dumps(event)
        )
        payload = answer["Payload"].read()
        if "FunctionError" in answer:
            return None
        try:
            found = json.loads(payload)
        except ValueError:  # SAM's own words
            return None
        return None if isinstance(found, dict) and "errorMessage" in found else found

    def letters(self, queue: str) -> list[dict[str, Any]]:
        """All that lies in a queue, which stays there."""
        found = self.clients["sqs"].receive_message(
            QueueUrl=self.known[queue],
            MaxNumberOfMessages=10,
            VisibilityTimeout=0,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        return list(found.get("Messages", []))

    def left(self, queue: str) -> int:
        """How many messages wait or are under way."""
        asked = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.clients["sqs"].get_queue_attributes(
            QueueUrl=self.known[queue], AttributeNames=asked
        )
        return sum(map(int, found["Attributes"].values()))


def build(project: Project) -> Path:
    """The built template, of `sam build`.

    Where this machine has no Python of the runtime's version, packages have no
    bytecode: the runtime's own writes it.
    """
    sam.sam(
        project.folder,
        "build",
        "--template",
        "deploy/template.yaml",
        PROCESSOR="x86_64",
    )
    built = project.folder / ".aws-sam/build"
    mode = ("--invalidation-mode", "unchecked-hash")
    of = (
        "--user",
        f"{os.getuid()}:{os.getgid()}",
        "--volume",
        f"{built}:/built",
        "--entrypoint",
        "python",
    )
    docker("run", "--rm", *of, IMAGE, "-m", "compileall", "-q", *mode, "/built")
    return built / "template.yaml"


@contextmanager
def deployed(project: Project) -> Iterator[tuple[Stage, Pump]]:
    """All of it, and the pump that runs between."""
    stage = Stage(project)
    template = build(project)
    with ExitStack() as end:
        network = end.enter_context(_network())
        gateway = docker(
            "network",
            "inspect",
            network,
            "--format",
            "{{(index .IPAM.Config 0).Gateway}}",
        ).strip()
        mail = end.enter_context(_mail_server(gateway, stage.mails))
        moto, functions, api = (
            free_port(host) for host in (gateway, gateway, "127.0.0.1")
        )
        aws, lambdas = f"http://{gateway}:{moto}", f"http://{gateway}:{functions}"
        command = [
            str(Path(sys.prefix, "bin/moto_server")),
            "--host",
            gateway,
            "--port",
            str(moto),
        ]
        end.enter_context(
            _process(command, project.folder / "moto.log", (gateway, moto))
        )
        tables = _database(network)
        read = _make(stage, tables, aws, lambdas, mail)
        environments = _tell(template, stage, network, aws, lambdas)
        options = [
            "--template",
            str(template),
            "--env-vars",
            str(environments),
            "--docker-network",
            network,
        ]
        options += [
            "--skip-pull-image",
            "--warm-containers",
            "LAZY",
            "--parameter-overrides",
        ]
        options += [f"{name}={value}" for name, value in TOLD.items()]
        for what, host, port in (
            ("start-lambda", gateway, functions),
            ("start-api", "127.0.0.1", api),
        ):
            command = [
                *sam.COMMAND,
                "local",
                what,
                "--host",
                host,
                "--port",
                str(port),
                *options,
            ]
            end.enter_context(
                _process(command, project.folder / f"{what}.log", (host, port))
            )
        stage.url, stage.log = (
            f"http://127.0.0.1:{api}",
            project.folder / "start-lambda.log",
        )
        pump = Pump(read, stage.clients, stage.urls, stage.invoke)
        _warm(stage, read)
        end.enter_context(pump.running())
        yield stage, pump


def free_port(host: str) -> int:
    with socket.create_server((host, 0)) as listening:
        return int(listening.getsockname()[1])


@contextmanager
def _network() -> Iterator[str]:
    """Whatever runs in it goes with it."""
    name = f"functions-{secrets.token_hex(4)}"
    docker("network", "create", name)
    try:
        yield name
    finally:
        left = docker("ps", "--all", "--quiet", "--filter", f"network={name}").split()
        if left:
            docker("rm", "--force", "--volumes", *left)
        docker("network", "rm", name)


def _database(network: str) -> str:
    """DynamoDB Local, as `dynamodb` in the network; its address from here."""
    words = (
        "run",
        "--detach",
        "--network",
        network,
        "--network-alias",
        "dynamodb",
        "--publish",
        "127.0.0.1::8000",
    )
    container = docker(
        *words,
        "amazon/dynamodb-local:3",
        "-jar",
        "DynamoDBLocal.jar",
        "-inMemory",
        "-sharedDb",
    ).strip()
    address = docker("port", container, "8000").strip()
    # Docker listens on the port before the database does
    until(lambda: speaks(address))
    return f"http://{address}"


@contextmanager
def _process(command: list[str], log: Path, address: tuple[str, int]) -> Iterator[None]:
    """A server, once it listens."""
    with log.open("w") as output:
        process = subprocess.Popen(
            command, cwd=log.parent, env=sam.environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True,
        )  # fmt: skip
        try:
            until(lambda: process.poll() is not None or answers(*address), PATIENT * 2)
            assert process.poll() is None, log.read_text()[-6000:]
            yield
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def answers(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), 1):
            return True
    except OSError:
        return False


def speaks(address: str) -> bool:
    connection = http.client.HTTPConnection(address, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status > 0
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


@contextmanager
def _mail_server(host: str, mails: list[Message]) -> Iterator[str]:
    from aiosmtpd.controller import Controller

    class Sink:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
            mails.append(message_from_bytes(envelope.original_content))
            return "250 OK"

    controller = Controller(Sink(), hostname=host, port=free_port(host))
    controller.start()
    try:
        yield f"smtp://{host}:{controller.port}"
    finally:
        controller.stop()


def _make(stage: Stage, tables: str, aws: str, lambdas: str, mail: str) -> Any:
    """Makes what the template has: tables, queues, secrets; gives it, with what its
    names stand for.
    """
    boto3 = import_module("boto3")
    config = import_module("botocore.config").Config(
        read_timeout=4 * PATIENT, retries={"total_max_attempts": 1}
    )
    session = boto3.Session(
        *list(sam.CREDENTIALS.values())[:2],
        region_name=sam.CREDENTIALS["AWS_DEFAULT_REGION"],
    )
    places = {"dynamodb": tables, "dynamodbstreams": tables, "lambda": lambdas}
    for name in (
        "dynamodb",
        "dynamodbstreams",
        "lambda",
        "sqs",
        "secretsmanager",
        "scheduler",
        "s3",
    ):
        stage.clients[name] = session.client(
            name, endpoint_url=places.get(name, aws), config=config
        )
    package = stage.project.folder.name.replace("-", "_")
    template = import_module(f"{package}.local.template").Template(
        stage.project.folder / "deploy/template.yaml", {"AWS::StackName": STACK}
    )
    stage.known = template.known
    for name, table in template.of_type("AWS::DynamoDB::Table").items():
        _make_table(stage, name, table)
    queues = template.of_type("AWS::SQS::Queue")
    for name in sorted(queues, key=lambda each: "RedrivePolicy" in queues[each]):
        _make_queue(stage, name, template.of_type("AWS::SQS::Queue")[name])
    for name, bucket in template.of_type("AWS::S3::Bucket").items():
        _make_bucket(stage, name, bucket)
    pem = import_module(f"{package}.accounts.keys")
    folder = stage.project.folder / "signing"
    pem.make_key(folder, as_rsa=True)
    keep = stage.clients["secretsmanager"].create_secret
    keep(
        Name=template.known["SigningKeys"],
        SecretString="".join(each.read_text() for each in folder.glob("*.pem")),
    )
    keep(Name=template.known["MailServer"], SecretString=mail)
    # SAM takes what is not deployed by its name here
    for name in template.of_type("AWS::SecretsManager::Secret"):
        keep(Name=name, SecretString=secrets.token_hex(32))
    return template


def make_staff(stage: Stage) -> None:
    """As operators do it, whom the journey takes for staff."""
    lines = (stage.project.folder / ".env").read_text().splitlines()
    settings = dict(line.split("=", 1) for line in lines if line.startswith("ADMIN_"))
    package = stage.project.folder.name.replace("-", "_")
    command = [
        sys.executable,
        "-m",
        f"{package}.apps.staff",
        "give",
        settings["ADMIN_EMAIL"],
        "--password",
    ]
    database = {
        "AWS_ENDPOINT_URL": stage.clients["dynamodb"].meta.endpoint_url,
        "STACK": STACK,
        "PYTHONPATH": "src",
    }
    done = subprocess.run(
        command,
        cwd=stage.project.folder,
        env=environment() | sam.CREDENTIALS | database,
        input=settings["ADMIN_PASSWORD"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "is staff now" in done.stdout, done.stderr


def _make_table(stage: Stage, name: str, properties: dict[str, Any]) -> None:
    tables = stage.clients["dynamodb"]
    wanted = {
        key: value
        for key, value in properties.items()
        if not key.startswith(("PointInTime", "SSE", "TimeTo"))
    }
    if "StreamSpecification" in wanted:
        wanted["StreamSpecification"] = {
            "StreamEnabled": True,
            **wanted["StreamSpecification"],
        }
    made = tables.create_table(**wanted)["TableDescription"]
    tables.update_time_to_live(
        TableName=properties["TableName"],
        TimeToLiveSpecification=properties["TimeToLiveSpecification"],
    )
    stage.known[name] = properties["TableName"]
    stage.known[f"{name}.StreamArn"] = made.get("LatestStreamArn", "")


def _make_queue(stage: Stage, name: str, properties: dict[str, Any]) -> None:
    attributes = {
        key: json.dumps(value) if isinstance(value, dict) else str(value)
        for key, value in properties.items()
    }
    queues = stage.clients["sqs"]
    url = queues.create_queue(QueueName=f"{STACK}-{name}", Attributes=attributes)[
        "QueueUrl"
    ]
    arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])[
        "Attributes"
    ]["QueueArn"]
    stage.known[name], stage.known[f"{name}.Arn"], stage.urls[arn] = url, arn, url


def _make_bucket(stage: Stage, name: str, properties: dict[str, Any]) -> None:
    """With its notifications, in the words of S3's API; S3 of moto sends them to the
    queues of moto.
    """
    s3, bucket = stage.clients["s3"], properties["BucketName"]
    s3.create_bucket(
        Bucket=bucket,
        CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name},
    )
    told = [
        {
            "QueueArn": each["Queue"],
            "Events": [each["Event"]],
            "Filter": {"Key": {"FilterRules": each["Filter"]["S3Key"]["Rules"]}},
        }
        for each in properties["NotificationConfiguration"]["QueueConfigurations"]
    ]
    configuration = {"QueueConfigurations": told}
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration=configuration
    )
    stage.known[name] = bucket


def _tell(template: Path, stage: Stage, network: str, aws: str, lambdas: str) -> Path:
    """Tells the functions where AWS is; SAM hands over only what the template names.
    Gives a file for `--env-vars`.
    """
    document = yaml.safe_load(template.read_text())
    shared = document["Globals"]["Function"]
    shared["Environment"]["Variables"] |= {
        "AWS_ENDPOINT_URL": aws,
        "AWS_ENDPOINT_URL_DYNAMODB": "http://dynamodb:8000",
        "AWS_ENDPOINT_URL_LAMBDA": lambdas,
    }
    shared["Timeout"] = PATIENT
    template.write_text(yaml.safe_dump(document, sort_keys=False))
    kinds = {name: resource["Type"] for name, resource in document["Resources"].items()}
    told: dict[str, dict[str, str]] = {}
    for name, resource in document["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            for key, value in (
                resource["Properties"]
                .get("Environment", {})
                .get("Variables", {})
                .items()
            ):
                if isinstance(value, dict) and kinds.get(value.get("Ref", "")) in (
                    "AWS::S3::Bucket",
                    "AWS::SQS::Queue",
                ):
                    told.setdefault(name, {})[key] = stage.known[value["Ref"]]
    file = template.with_name("environments.json")
    file.write_text(json.dumps(told))
    return file


def _warm(stage: Stage, template: Any) -> None:
    """The first call of a container starts it, which takes its time where others
    compute.
    """
    event: Callable[..., dict[str, Any]] = import_module(
        f"{stage.project.folder.name.replace('-', '_')}.chassis.mechanism.http_function"
    ).request_event
    threads = []
    for name, function in template.functions().items():
        background = "PART" in function.get("Environment", {}).get("Variables", {})
        asked = (
            {"Records": []}
            if background
            else event("GET", "/health/ready", "", {}, b"")
        )
        threads.append(threading.Thread(target=stage.invoke, args=(name, asked)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
