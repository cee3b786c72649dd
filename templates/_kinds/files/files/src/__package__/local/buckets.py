"""S3 for the local gateway: the template's buckets in moto, which notifies their queues
as S3 does, and a way to it where moto is in this very process.
"""

from __future__ import annotations

import asyncio
import json
import os
from contextlib import suppress
from importlib import import_module
from typing import Any, TypeVar

import boto3
from starlette.requests import Request
from starlette.responses import Response

from ..chassis.mechanism.s3_settings import S3Settings
from .template import Template

S = TypeVar("S", bound=S3Settings)
PATH = "/_s3"
HEADERS = ("content-type", "content-disposition", "etag")
SOMEBODY = {"principalId": "AIDALOCALLOCALLOCALLO"}


class Buckets:
    path = f"{PATH}/"

    def make(self, template: Template) -> None:
        """Its queues are there; a bucket that is there already stays."""
        make_buckets(template)

    def complete(self, body: str, sent: int) -> str:
        """What S3 tells, with what moto leaves out: who did it, by which request, and
        which of two events of an object came later.
        """
        if '"aws:s3"' not in body:
            return body
        told = json.loads(body)
        request = ("x-amz-request-id", "x-amz-id-2")
        for record in told["Records"]:
            record["userIdentity"] = record["s3"]["bucket"]["ownerIdentity"] = SOMEBODY
            record["requestParameters"] = {"sourceIPAddress": "127.0.0.1"}
            record["responseElements"] = dict.fromkeys(request, f"LOCAL{sent}")
            record["s3"]["object"]["sequencer"] = f"{sent:016X}"
        return json.dumps(told)

    async def answer(self, request: Request) -> Response:
        return await pass_on(request)


def reached(settings: S) -> S:
    """Settings that say where clients reach the buckets of this process."""
    if "AWS_ENDPOINT_URL" in os.environ:
        return settings
    url = f"http://127.0.0.1:{settings.dev_port}{PATH}"
    return settings.model_copy(update={"files_endpoint": url})


def make_buckets(template: Template) -> None:
    """Makes the template's buckets, unless they are there; its queues are."""
    s3: Any = boto3.client("s3")
    for name, bucket in template.of_type("AWS::S3::Bucket").items():
        place = {"LocationConstraint": s3.meta.region_name}
        with suppress(s3.exceptions.BucketAlreadyOwnedByYou):
            s3.create_bucket(
                Bucket=bucket["BucketName"], CreateBucketConfiguration=place
            )
        template.known[name] = bucket["BucketName"]
        told = bucket["NotificationConfiguration"]["QueueConfigurations"]
        s3.put_bucket_notification_configuration(
            Bucket=bucket["BucketName"],
            NotificationConfiguration={
                "QueueConfigurations": [_notification(each) for each in told]
            },
        )


def _notification(configured: dict[str, Any]) -> dict[str, Any]:
    """As the API has it, in whose words CloudFormation's are a little different."""
    rules = configured["Filter"]["S3Key"]["Rules"]
    return {
        "QueueArn": configured["Queue"],
        "Events": [configured["Event"]],
        "Filter": {"Key": {"FilterRules": rules}},
    }


async def pass_on(request: Request) -> Response:
    """A request for S3, to moto in this process, which stands where `requests` would
    reach the network.
    """
    requests: Any = import_module("requests")
    asked = request.url.path.removeprefix(PATH)
    query = f"?{request.url.query}" if request.url.query else ""
    answer = await asyncio.to_thread(
        requests.request,
        request.method,
        f"https://s3.amazonaws.com{asked}{query}",
        data=await request.body(),
        headers={"Content-Type": request.headers.get("content-type", "")},
        timeout=10,
    )
    headers = {name: answer.headers[name] for name in HEADERS if name in answer.headers}
    return Response(answer.content, int(answer.status_code), headers)
