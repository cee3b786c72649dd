"""AWS for `deploy.py`: moto's server, and before it what moto does not do, each call of
it by name.

What is asked passes on to moto, but for these:

- CreateChangeSet: moto makes nothing whose condition turns true later, leaves alone
  what refers to what was replaced, and cannot make each kind of resource, nor run a
  task whose memory is its containers' together; a task's definition that is changed
  gets keys that it cannot read. It is given a template in which conditions are applied,
  and without these resources (`test_template.py` lists them).
- DescribeChangeSet: moto does not say what would be replaced; `replaced` is said as
  well.
- ExecuteChangeSet: moto's forgets outputs and parameters, so UpdateStack does it.
- ExecuteChangeSet, DescribeStacks, DescribeStackEvents: in moto services are always
  well. With `unwell` a release is not made, the stack has gone back, and says so;
  `status` is said in place of what moto comes to.
- DescribeServices: in moto a service that starts anew stays so; with `went_back` it has
  the deployment before.
- ListTasks: in moto tasks that have ended are still wanted, so it is not asked for
  those that are not.
- DescribeTasks: in moto each process ends well. `exit_code` is said in place of it.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, urlencode

import boto3
import yaml
from moto.moto_api import state_manager
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    create_backend_app,
)
from werkzeug.serving import make_server
from werkzeug.test import run_wsgi_app

REGION = "eu-west-1"
ACCOUNT = "123456789012"


class Aws:
    """The server, with what is to go wrong; `reduce`: of a template, what moto can
    make.
    """

    def __init__(self, reduce: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        self.reduce = reduce
        self.replaced: dict[str, str] = {}  # a resource's name: its type
        self.unwell = ""  # the service that does not get well
        self.exit_code = 0
        self.went_back = False
        self.status = ""  # of the stack
        self.calls: list[str] = []
        self._gone_back = False
        self._asked: dict[str, str] = {}  # the change set that was made last
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._server = make_server(
            "127.0.0.1", 0, self._answer, threaded=True, fd=self._listening.fileno()
        )
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        state_manager.set_transition("ecs::task", {"progression": "immediate"})
        self.environment = {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, service: str) -> Any:
        keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        return boto3.client(service, endpoint_url=self.url, region_name=REGION, **keys)  # type: ignore[call-overload]

    def close(self) -> None:
        state_manager.unset_transition("ecs::task")
        self._server.shutdown()
        self._server.server_close()
        self._listening.close()

    def _answer(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        said = (
            dict(parse_qsl(body.decode(), keep_blank_values=True))
            if self._is_query(environ)
            else {}
        )
        call = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2] or said.get(
            "Action", ""
        )
        self.calls.append(call)
        if call == "CreateChangeSet":
            self._gone_back = False
            body = self._as_moto_takes_it(said)
        if call == "ListTasks":
            body = json.dumps({"cluster": json.loads(body)["cluster"]}).encode()
        if call == "ExecuteChangeSet":
            self._gone_back = bool(self.unwell and self._asked["Image"])
            if not self._gone_back:
                self._pass_on(
                    environ,
                    urlencode({**self._asked, "Action": "UpdateStack"}).encode(),
                )
            start_response("200 OK", [("Content-Type", "text/xml")])
            return [
                b"<ExecuteChangeSetResponse><ExecuteChangeSetResult/></ExecuteChangeSetResponse>"
            ]
        answer, status, headers = self._pass_on(environ, body)
        answer = self._amend(call, answer)
        headers["Content-Length"] = str(len(answer))
        start_response(status, list(headers))
        return [answer]

    def _pass_on(self, environ: Any, body: bytes) -> tuple[bytes, str, Any]:
        environ = {
            **environ,
            "wsgi.input": BytesIO(body),
            "CONTENT_LENGTH": str(len(body)),
        }
        answered, status, headers = run_wsgi_app(self._moto, environ, buffered=True)
        return b"".join(answered), status, headers

    @staticmethod
    def _is_query(environ: Any) -> bool:
        return str(environ.get("CONTENT_TYPE", "")).startswith(
            "application/x-www-form-urlencoded"
        )

    def _as_moto_takes_it(self, said: dict[str, str]) -> bytes:
        """The change set with the template that moto can make."""
        bucket, _, path = (
            said.pop("TemplateURL").removeprefix("https://").partition("/")
        )
        stored = (
            self.client("s3")
            .get_object(Bucket=bucket.partition(".")[0], Key=path)["Body"]
            .read()
        )
        given = {
            said[f"Parameters.member.{number}.ParameterKey"]: said.get(
                f"Parameters.member.{number}.ParameterValue"
            )
            for number in range(1, 60)
            if f"Parameters.member.{number}.ParameterKey" in said
        }
        image = given.get("Image", "")
        if image is None:  # as before
            parameters = self.client("cloudformation").describe_stacks(
                StackName=said["StackName"]
            )["Stacks"][0]["Parameters"]
            image = next(
                one["ParameterValue"]
                for one in parameters
                if one["ParameterKey"] == "Image"
            )
            number = list(given).index("Image") + 1
            said[f"Parameters.member.{number}.ParameterValue"] = image
            del said[f"Parameters.member.{number}.UsePreviousValue"]
        document = self.reduce(yaml.safe_load(json.dumps(self.read(stored))))
        for name, resource in list(document["Resources"].items()):
            condition = resource.pop("Condition", None)
            if condition == "HasZone" or (condition == "Released" and not image):
                del document["Resources"][name]
            elif resource["Type"] == "AWS::ECS::Service":
                resource["Metadata"] = {"Image": image}
            elif resource["Type"] == "AWS::ECS::TaskDefinition":
                containers = resource["Properties"]["ContainerDefinitions"]
                resource["Properties"]["ContainerDefinitions"] = [
                    {
                        **small(one),
                        "memory": 512,
                        "image": image
                        if one["Image"] == {"Ref": "Image"}
                        else one["Image"],
                    }
                    for one in containers
                ]
        said["TemplateBody"] = json.dumps(document)
        self._asked = {**said, "Image": given.get("Image") or ""}
        return urlencode(said).encode()

    read: Callable[[bytes], dict[str, Any]]

    def _amend(self, call: str, answer: bytes) -> bytes:
        if call == "DescribeChangeSet" and self.replaced:
            members = "".join(
                f"<member><Type>Resource</Type><ResourceChange><Action>Modify</Action><Replacement>True</Replacement>"
                f"<LogicalResourceId>{name}</LogicalResourceId><ResourceType>{kind}</ResourceType></ResourceChange></member>"
                for name, kind in self.replaced.items()
            )
            return answer.replace(b"<Changes>", b"<Changes>" + members.encode())
        if call == "DescribeStacks" and (self._gone_back or self.status):
            start, end = answer.index(b"<StackStatus>"), answer.index(b"</StackStatus>")
            status = self.status or "UPDATE_ROLLBACK_COMPLETE"
            return answer[:start] + b"<StackStatus>" + status.encode() + answer[end:]
        if call == "DescribeStackEvents" and self._gone_back:
            now = datetime.now(UTC).isoformat()
            event = (
                f"<member><EventId>1</EventId><StackId>1</StackId><StackName>1</StackName><LogicalResourceId>{self.unwell}</LogicalResourceId>"
                f"<ResourceStatus>UPDATE_FAILED</ResourceStatus><Timestamp>{now}</Timestamp>"
                "<ResourceStatusReason>ECS Deployment Circuit Breaker was triggered</ResourceStatusReason></member>"
            )
            return answer.replace(b"<StackEvents>", b"<StackEvents>" + event.encode())
        if call == "DescribeServices" and self.went_back:
            document = json.loads(answer)
            for service in document["services"]:
                service["deployments"][0]["id"] = "ecs-svc/before"
            return json.dumps(document).encode()
        if call == "DescribeTasks" and self.exit_code:
            document = json.loads(answer)
            for task in document["tasks"]:
                task["stoppedReason"] = "Essential container in task exited"
                for container in task["containers"]:
                    container["exitCode"] = self.exit_code
            return json.dumps(document).encode()
        return answer


def small(value: Any) -> Any:
    """Keys as the API has them, but for the functions of a template."""
    if isinstance(value, dict):
        return {
            key if key == "Ref" or "::" in key else key[0].lower() + key[1:]: small(
                item
            )
            for key, item in value.items()
        }
    return [small(item) for item in value] if isinstance(value, list) else value


def serve(reduce: Callable[[dict[str, Any]], dict[str, Any]]) -> Iterator[Aws]:
    aws = Aws(reduce)
    try:
        yield aws
    finally:
        aws.close()
