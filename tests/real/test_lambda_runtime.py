"""Functions in AWS's own runtime, as `sam build` packages them: by SAM's gateway,
DynamoDB Local and moto's server.

SAM runs no authorizer of tokens locally (`Authorizer 'Tokens' for route ... was not
found, skipping`), so that every request gets to its function, whose own check answers
here; the authorizer is held by
`tests/functions/test_gateway.py::test_the_authorizer_stands_before_what_needs_a_token_and_nothing_else`.
Nor does SAM run streams, pipes, queues and schedules: `tests/support/pump.py` does, by
the template, and calls the functions by Lambda's API.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from uuid import UUID

import pytest
from tests.support.lambda_runtime import Stage, deployed, make_staff
from tests.support.projects import Project, ask, new, until
from tests.support.pump import Pump, function_arn
from tests.support.stack import lock_if_possible
from tests.support.template import add

pytestmark = [pytest.mark.real, pytest.mark.long, pytest.mark.timeout(1500)]
CREDENTIALS = {
    "email": "somebody@example.com",
    "password": "correct horse battery staple",
}
JOBS = '''"""What payments does by the clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from {package}.chassis.mechanism.background import scheduled

from .domain import Payment
from .service import Unit


class PaymentsJobs:
    def __init__(self, units: Callable[[], Unit]) -> None:
        self._units = units

    @scheduled(timedelta(days=1))
    async def settle(self) -> None:
        unit = self._units()
        unit.payments.add(
            Payment(owner_id=UUID(int=1), order_id=UUID(int=2), amount=Decimal("1.00"), status="captured")
        )
        await unit.commit()

    @scheduled(timedelta(days=2))
    async def fail(self) -> None:
        raise ConnectionError("the bank does not answer")
'''


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """ecommerce, with two jobs that its owner has added as its guide says."""
    folder = tmp_path_factory.mktemp("runtime")
    options = (
        "--preset",
        "ecommerce",
        "--architecture",
        "serverless",
        "--set",
        "stack.database=dynamodb",
    )
    project = new(folder, "runtime-shop", *options)
    module = project.folder / "src/runtime_shop/payments"
    (module / "jobs.py").write_text(JOBS.format(package="runtime_shop"))
    background = (module / "background.py").read_text()
    background = background.replace(
        "from .provider", "from .jobs import PaymentsJobs\nfrom .provider"
    )
    background = background.replace(
        "    return [\n",
        "    return [\n        PaymentsJobs(part.units(PaymentsUnitOfWork)),\n",
    )
    (module / "background.py").write_text(background)
    sys.path.append(str(project.folder / "src"))
    template = project.folder / "deploy/template.yaml"
    for text in missing(project):
        template.write_text(add(template.read_text(), text))
    assert missing(project) == []
    lock_if_possible(project)
    return project


def missing(project: Project) -> list[str]:
    """What the template lacks for what the modules do."""
    local = "runtime_shop.local"
    routes = import_module("runtime_shop.apps.event_routes")
    template = import_module(f"{local}.template").Template(
        project.folder / "deploy/template.yaml", {}
    )
    jobs = import_module(f"{local}.discovery").jobs(list(routes.PARTS))
    found: list[str] = import_module(f"{local}.template_gaps").missing_resources(
        template, "runtime_shop", routes.PARTS, routes.ROUTES, jobs
    )
    return found


@pytest.fixture(scope="module")
def running(shop: Project, containers: None) -> Iterator[tuple[Stage, Pump]]:
    with deployed(shop) as (stage, pump):
        make_staff(stage)
        yield stage, pump


def test_the_journey_passes_and_every_event_went_through_a_function_s_queue(
    running: tuple[Stage, Pump],
) -> None:
    stage, pump = running
    assert " passed" in stage.project.make("journey", f"URL={stage.url}")
    fed = {name for name, _, _ in pump.batches}
    assert fed == {
        "AccountsBackground",
        "InventoryBackground",
        "OrdersBackground",
        "PaymentsBackground",
    }
    parts = [name.removesuffix("Background") for name in fed]
    until(lambda: sum(stage.left(f"{part}Queue") for part in parts) == 0)
    assert sum(stage.left(f"{part}DeadLetters") for part in parts) == 0
    # as CloudWatch reads it from what the function writes
    lags = [
        json.loads(line)
        for line in stage.log.read_text().splitlines()
        if '"EventLag"' in line
    ]
    assert lags and {
        each["_aws"]["CloudWatchMetrics"][0]["Namespace"] for each in lags
    } == {"local"}


def test_a_poison_message_ends_in_the_dead_letters_and_the_rest_of_its_batch_does_not(
    running: tuple[Stage, Pump],
) -> None:
    """One that nobody can read goes there at once; one that fails each time, when its
    queue gives up; the mail is sent.
    """
    stage, pump = running
    hopeless = {
        "dynamodb": {
            "NewImage": {"handler": {"S": "accounts.nobody"}, "body": {"S": "{}"}}
        }
    }
    bodies = ("no document", json.dumps(hopeless))
    with pump.held():
        assert ask(f"{stage.url}/api/auth/register", "POST", CREDENTIALS)[0] == 201
        until(lambda: stage.left("AccountsQueue") == 1)
        entries = [
            {"Id": str(number), "MessageBody": body}
            for number, body in enumerate(bodies)
        ]
        stage.clients["sqs"].send_message_batch(
            QueueUrl=stage.known["AccountsQueue"], Entries=entries
        )
    until(
        lambda: (
            stage.left("AccountsDeadLetters") == 2 and stage.left("AccountsQueue") == 0
        )
    )
    assert [mail for mail in stage.mails if mail["To"] == CREDENTIALS["email"]]
    (together,) = [
        (records, answer) for _, records, answer in pump.batches if len(records) == 3
    ]
    failed = [each["messageId"] for each in together[0] if each["body"] == bodies[1]]
    assert together[1] == {"batchItemFailures": [{"itemIdentifier": failed[0]}]}
    letters = {
        letter["Body"]: letter for letter in stage.letters("AccountsDeadLetters")
    }
    assert set(letters) == set(bodies)
    assert "error" in letters[bodies[0]]["MessageAttributes"]
    tries = [
        records
        for _, records, _ in pump.batches
        if bodies[1] in [each["body"] for each in records]
    ]
    assert len(tries) == 12


def test_a_job_that_the_scheduler_asks_for_twice_is_done_once_and_a_failing_one_is_a_dead_letter(
    running: tuple[Stage, Pump],
) -> None:
    stage, pump = running
    asked = stage.clients["scheduler"].list_schedules()["Schedules"]
    arns = {
        stage.clients["scheduler"].get_schedule(Name=each["Name"])["Target"]["Arn"]
        for each in asked
    }
    assert len(asked) == 2 and arns == {function_arn("PaymentsBackground")}
    inputs = [
        json.dumps({"job": job, "at": "2026-11-29T03:00:00Z"})
        for job in ("payments.settle", "payments.fail")
    ]
    now = datetime.now(UTC)
    for seconds, text in ((-1, inputs[0]), (-2, inputs[0]), (-3, inputs[1])):
        pump.schedule(
            "PaymentsBackground",
            f"at({now + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S})",
            text,
        )
    until(lambda: stage.left("PaymentsDeadLetters") == 1)
    (letter,) = stage.letters("PaymentsDeadLetters")
    assert json.loads(letter["Body"])["requestPayload"] == json.loads(inputs[1])

    def settled() -> int:
        """How many payments of the job's there are."""
        rows = stage.clients["dynamodb"].scan(TableName="local-payments")["Items"]
        return sum(str(UUID(int=1)) in row.get("doc", {}).get("S", "") for row in rows)

    until(lambda: [event for _, event in pump.called].count(json.loads(inputs[0])) == 2)
    assert settled() == 1
