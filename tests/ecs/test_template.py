"""`deploy/ecs/template.yaml`: that CloudFormation takes it, that its figures are the
advisor's, who may do what, and what is told to whom.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from archgen.generator import templates_dir

from .by_api import BY_ITS_OWN_API, make_by_api
from .conftest import Written

IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/ecs-shop:1"
# attributes that it lacks
UNKNOWN = ("LoadBalancerFullName", "TargetGroupFullName", "CanonicalHostedZoneID")
# Moto has no call for it that takes what we ask for (`by_api.py` has what it makes by
# the service's own API).
NOT_THERE = {
    "AWS::ElastiCache::CacheCluster": "no TLS for Memcached",
    "AWS::ElastiCache::ParameterGroup": "no parameter groups",
    "AWS::ElastiCache::ReplicationGroup": "no TLS with a password for Valkey",
    "AWS::MSK::BatchScramSecret": "no passwords of brokers",
    "AWS::MSK::Configuration": "no configurations",
}


@pytest.mark.few(2)
@pytest.mark.parametrize(
    "choice",
    [
        {},
        {"stack": "auth=oidc cache=memcached observability=datadog", "scope": "mvp"},
        {"stack": "cache=none observability=none", "scope": "platform"},
        {"architecture": "microservices"},
        {"preset": "social", "name": "ecs-town"},
        {"architecture": "microservices", "preset": "social", "name": "ecs-town"},
        {
            "architecture": "microservices",
            "stack": "auth=oidc observability=newrelic broker=kafka",
        },
    ],
    ids=str,
)
def test_cloudformation_has_nothing_to_object_to(
    write: Callable[..., Written], choice: dict[str, Any]
) -> None:
    folder = write(**choice).folder / "deploy/ecs"
    files = [folder / "template.yaml", folder / "bootstrap.yaml"]
    done = subprocess.run(
        [Path(sys.prefix, "bin/cfn-lint"), *files],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_its_figures_are_the_advisors(write: Callable[..., Written]) -> None:
    small = write()
    large = write(scope="platform", traffic_rps_peak=9000, data_gb=900)
    for project in (small, large):
        capacity = project.record["recommendation"]["capacity"]
        tasks, primary = capacity["tasks"], capacity["database"]
        app = project.of_type("AWS::ECS::TaskDefinition")["AppDefinition"]
        assert (int(app["Cpu"]), int(app["Memory"])) == (
            1024 * tasks["vcpu"],
            1024 * tasks["memory_gb"],
        )
        scaling = project.of_type("AWS::ApplicationAutoScaling::ScalableTarget")[
            "AppScaling"
        ]
        assert (scaling["MinCapacity"], scaling["MaxCapacity"]) == (
            tasks["least"],
            2 * tasks["most"],
        )
        policy = project.of_type("AWS::ApplicationAutoScaling::ScalingPolicy")[
            "AppScalingByRequests"
        ]
        target = policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"]
        assert target == pytest.approx(60 * tasks["rps"], abs=1)
        database = project.of_type("AWS::RDS::DBInstance")["Database"]
        assert database["DBInstanceClass"] == f"db.{primary['machine']}"
        assert (
            int(database["AllocatedStorage"])
            >= project.record["requirements"]["data_gb"]
        )
        allowed = project.of_type("AWS::RDS::DBParameterGroup")["DatabaseSettings"][
            "Parameters"
        ]["max_connections"]
        assert int(allowed) == primary["max_connections"]
        cache = project.of_type("AWS::ElastiCache::ReplicationGroup")["Cache"]
        assert cache["CacheNodeType"] == f"cache.{capacity['cache_machine']}"
        told = {
            line["Name"]: line["Value"]
            for line in project.containers()["AppDefinition.app"]["Environment"]
        }
        pool = max(
            1, min(20, int(told["DATABASE_CONNECTIONS"]) // int(told["PROCESSES"]))
        )
        assert pool * int(told["PROCESSES"]) < primary["max_connections"]
        cost = project.record["recommendation"]["cost"]
        budget = project.of_type("AWS::Budgets::Budget")["Budget"]["Budget"][
            "BudgetLimit"
        ]["Amount"]
        worker = project.of_type("AWS::ECS::TaskDefinition")["WorkerDefinition"]
        assert int(worker["Cpu"]) == 1024 * cost["beside"]["worker_vcpu"]
        assert int(worker["Memory"]) == 1024 * cost["beside"]["worker_memory_gb"]
        rules = project.of_type("AWS::WAFv2::WebACL")["Firewall"]["Rules"]
        firewall = (
            cost["beside"]["firewall_usd"]
            + len(rules) * cost["beside"]["firewall_rule_usd"]
        )
        assert firewall > 5 + len(rules)  # and the requests
        assert (
            0
            <= budget
            - cost["per_month"][cost["candidate"]]["high"]
            - cost["beside"]["worker_usd"]
            - firewall
            < 1
        )
        slow = project.of_type("AWS::CloudWatch::Alarm")["AppLatencyAlarm"]["Threshold"]
        assert slow == project.record["slo"]["p95_ms"] / 1000
    assert small.of_type("AWS::RDS::DBInstance") != large.of_type(
        "AWS::RDS::DBInstance"
    )


def test_each_part_has_a_worker_that_grows_with_what_waits_and_with_how_far_it_is_behind(
    write: Callable[..., Written],
) -> None:
    project = write("microservices", "broker=kafka")
    policies = project.of_type("AWS::ApplicationAutoScaling::ScalingPolicy")
    filters = project.of_type("AWS::Logs::MetricFilter").values()
    told = project.containers()
    for part in ("Accounts", "Inventory", "Orders", "Payments"):
        background = {
            name: next(
                line["Value"]
                for line in told[name]["Environment"]
                if line["Name"] == "BACKGROUND"
            )
            for name in (
                f"{part}Definition.{part.lower()}",
                f"{part}WorkerDefinition.{part.lower()}-worker",
            )
        }
        assert list(background.values()) == ["false", "true"]
        asked = policies[f"{part}WorkerScalingByEventLag"][
            "TargetTrackingScalingPolicyConfiguration"
        ]
        metric = asked["CustomizedMetricSpecification"]
        assert metric["Statistic"] == "Average"  # of what each process has before it
        counted = {
            line["LogGroupName"]["Fn::Ref"]
            for line in filters
            if line["MetricTransformations"][0]["MetricName"] == metric["MetricName"]
        }
        # all of them are consumers
        assert counted == {f"{part}Logs", f"{part}WorkerLogs"}
    brokers = project.of_type("AWS::MSK::Cluster")["Brokers"]
    beside = project.record["recommendation"]["cost"]["beside"]
    assert (
        brokers["BrokerNodeGroupInfo"]["InstanceType"]
        == f"kafka.{beside['broker_machine']}"
    )
    assert (
        brokers["BrokerNodeGroupInfo"]["StorageInfo"]["EBSStorageInfo"]["VolumeSize"]
        == beside["broker_gb"]
    )


def test_a_stream_is_as_large_as_the_decision_says_and_its_workers_are_no_more_than_partitions(
    write: Callable[..., Written],
) -> None:
    project = write("monolith", "broker=kafka", preset="realtime")
    capacity = project.record["recommendation"]["capacity"]
    nodes = project.of_type("AWS::MSK::Cluster")["Brokers"]["BrokerNodeGroupInfo"]
    assert nodes["StorageInfo"]["EBSStorageInfo"]["VolumeSize"] == capacity["broker_gb"]
    most = project.of_type("AWS::ApplicationAutoScaling::ScalableTarget")[
        "WorkerScaling"
    ]["MaxCapacity"]
    assert most <= capacity["broker_partitions"]
    policy = project.of_type("AWS::ApplicationAutoScaling::ScalingPolicy")[
        "WorkerScalingByStreamLagRecords"
    ]
    assert (
        policy["TargetTrackingScalingPolicyConfiguration"][
            "CustomizedMetricSpecification"
        ]["Statistic"]
        == "Maximum"
    )


def test_the_page_prints_no_price_that_the_decision_has_not(project: Written) -> None:
    page = (project.folder / "docs/ecs.md").read_text()
    section = page.partition("## What it costs")[2].partition("\n## ")[0]
    cost = project.record["recommendation"]["cost"]
    bill, beside = cost["per_month"][cost["candidate"]], cost["beside"]
    known = {f"{line['usd']:.2f}" for line in bill["lines"]} | {
        f"{bill[key]:.0f}" for key in ("total", "low", "high")
    }
    known |= {
        f"{count * beside[key]:.0f}" for count in range(1, 5) for key in ("worker_usd",)
    }
    known |= {
        f"{beside['firewall_usd'] + count * beside['firewall_rule_usd']:.0f}"
        for count in (2, 3)
    }
    printed = set(
        re.findall(
            r"(?<![\w.-])\d+(?:\.\d\d)?(?![\w-])",
            re.sub(r"\| [a-z].*? \|", "|", section),
        )
    )
    assert printed - known == set()


def test_each_process_writes_what_waits_into_its_log(
    write: Callable[..., Written],
) -> None:
    code = """
import asyncio, logging
from ecs_shop.chassis.mechanism.backlog import log_backlog
class Said(logging.Handler):
    def emit(self, record):
        print(record.outbox_events_dead, record.event_lag, record.age_seconds, hasattr(record, "event_lag{group"))
logging.getLogger("ecs_shop").addHandler(Said())
logging.getLogger("ecs_shop").setLevel("INFO")
async def outbox(): return {'outbox_events{state="dead"}': 2, 'outbox_events{state="waiting"}': 1}
async def consumers(): return {
    'event_lag{group="orders"}': 3, 'event_lag{group="payments"}': 4,
    'age_seconds{group="orders"}': 90, 'age_seconds{group="payments"}': 60,
}
async def main():
    try:
        await asyncio.wait_for(log_backlog([outbox, consumers]), 0.1)
    except TimeoutError:
        pass
asyncio.run(main())
"""
    folder = write("microservices").folder
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={"PYTHONPATH": "src"},
        capture_output=True,
        text=True,
    )
    assert done.stdout == "2.0 7.0 90 False\n", done.stderr


def test_services_are_as_many_as_the_bill_has_databases(
    write: Callable[..., Written],
) -> None:
    services = write("microservices")
    primaries = services.record["recommendation"]["capacity"]["database"]["primaries"]
    assert len(services.of_type("AWS::RDS::DBInstance")) == primaries
    # with a worker each
    assert len(services.of_type("AWS::ECS::Service")) == 2 * len(
        services.record["parts"]
    )


def test_what_is_internal_has_no_route_and_what_nginx_lets_through_has_one(
    project: Written,
) -> None:
    listener = project.of_type("AWS::ElasticLoadBalancingV2::Listener")["Listener"]
    assert listener["DefaultActions"][0]["FixedResponseConfig"]["StatusCode"] == "404"
    rules = project.of_type("AWS::ElasticLoadBalancingV2::ListenerRule").values()
    paths = [
        path
        for rule in rules
        for path in rule["Conditions"][0]["PathPatternConfig"]["Values"]
    ]
    patterns = [re.compile(re.escape(path).replace(r"\*", ".*")) for path in paths]
    assert all(
        len(rule["Conditions"][0]["PathPatternConfig"]["Values"]) <= 5 for rule in rules
    )
    assert len({rule["Priority"] for rule in rules}) == len(rules)

    def reached(path: str) -> bool:
        return any(pattern.fullmatch(path) for pattern in patterns)

    for path in (
        "/internal/events/x",
        "/metrics",
        "/system/ready",
        "/%69nternal/events/x",
        "/",
        "/.env",
    ):
        assert not reached(path), path
    for path in (
        "/api/products",
        "/api/orders/1",
        "/api/me",
        "/api/auth/login",
        "/health/ready",
        "/health/live",
        "/openapi.json",
        "/docs",
        "/verify-email",
    ):
        assert reached(path), path


@pytest.mark.parametrize("preset", ["ecommerce", "realtime"])
def test_the_balancer_leads_each_path_to_the_part_to_which_nginx_leads_it(
    write: Callable[..., Written], preset: str
) -> None:
    project = write("microservices", preset=preset)
    gateway = (
        project.folder / "deploy/nginx/templates/default.conf.template"
    ).read_text()
    rules = project.of_type("AWS::ElasticLoadBalancingV2::ListenerRule").items()
    led = {
        path: name.partition("Route")[0].lower()
        for name, rule in rules
        for path in rule["Conditions"][0]["PathPatternConfig"]["Values"]
    }
    routes = re.findall(r'"~\^(/[^"(]+)\(/\|\$\)" (\w+);', gateway)
    assert len(routes) > 4
    for path, part in routes:
        assert led[path.replace("\\", "")] == part, path


def test_a_process_is_told_what_its_settings_ask_for(project: Written) -> None:
    check_told(project)


def check_told(project: Written) -> None:
    """The names are those of the project's settings, of its parts, of libpq or
    botocore; nothing that production asks for is missing.
    """
    code = f"from {project.record['package']}.apps.settings import Settings; print(*Settings.model_fields)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=project.folder,
        env={"PYTHONPATH": "src"},
        capture_output=True,
        text=True,
    )
    known = {name.upper() for name in done.stdout.split()} | {
        "PGPASSWORD",
        "DEPLOYMENT_ENVIRONMENT",
    }
    # of the libraries
    known |= {"OTEL_SERVICE_NAME", "OTEL_EXPORTER_OTLP_ENDPOINT", "AWS_DEFAULT_REGION"}
    parts = [part["name"].upper() for part in project.record["parts"]]
    known |= {f"{part}_URL" for part in parts} | {
        f"{caller}_TO_{callee}_KEYS" for caller in parts for callee in parts
    }
    for name, container in project.containers().items():
        told = [
            line["Name"] for line in (*container["Environment"], *container["Secrets"])
        ]
        assert len(told) == len(set(told)), name
        if not name.endswith(".roles"):
            assert set(told) <= known, name
            assert {"PRODUCTION", "DATABASE_URL", "CACHE_URL", "JWT_ISSUER"} <= set(
                told
            ), name
        secret = {line["Name"] for line in container["Environment"]} & {
            "CACHE_URL",
            "MAIL_URL",
            "JWT_PEMS",
            "INTERNAL_TOKEN",
        }
        assert not secret, name


def test_who_starts_a_task_may_read_the_secrets_that_it_is_told_and_no_other(
    project: Written,
) -> None:
    roles = project.of_type("AWS::IAM::Role")
    for task, definition in project.of_type("AWS::ECS::TaskDefinition").items():
        told = {
            str(secret["ValueFrom"])
            for c in definition["ContainerDefinitions"]
            for secret in c["Secrets"]
        }
        told = {
            re.sub(
                r"\{'Fn::Sub': '\$\{(.+)\}:password::'\}",
                r"{'Fn::GetAtt': '\1'}",
                secret,
            )
            for secret in told
        }
        role = roles[definition["ExecutionRoleArn"]["Fn::GetAtt"].removesuffix(".Arn")]
        statements = role["Policies"][0]["PolicyDocument"]["Statement"]
        read = next(
            line["Resource"]
            for line in statements
            if line["Action"] == "secretsmanager:GetSecretValue"
        )
        assert {str(secret) for secret in read} == told, task
        assert (
            "Policies"
            not in roles[definition["TaskRoleArn"]["Fn::GetAtt"].removesuffix(".Arn")]
        ), task


def test_what_is_given_up_is_logged_and_rings_also_where_a_broker_has_it(
    write: Callable[..., Written],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    project = write(stack="broker=kafka")
    filters = project.of_type("AWS::Logs::MetricFilter").values()
    alarm = next(
        name
        for name in project.of_type("AWS::CloudWatch::Alarm")
        if name.endswith("DeadLettersAlarm")
    )
    metric = project.of_type("AWS::CloudWatch::Alarm")[alarm]["MetricName"]
    told = [one["MetricTransformations"][0] for one in filters]
    read = {
        one["MetricValue"].removeprefix("$.")
        for one in told
        if one["MetricName"] == metric
    }
    monkeypatch.syspath_prepend(project.folder / "src")
    (package,) = (
        path.name for path in (project.folder / "src").iterdir() if path.is_dir()
    )
    log_backlog = import_module(f"{package}.chassis.mechanism.backlog").log_backlog

    async def outbox() -> dict[str, float]:
        return {'outbox_events{state="waiting"}': 5, 'outbox_events{state="dead"}': 1}

    async def consumers() -> dict[str, float]:
        return {
            'event_dead_letters{group="orders"}': 2,
            'event_dead_letters{group="stock"}': 1,
        }

    async def once() -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(log_backlog([outbox, consumers]), 0.1)

    with caplog.at_level("INFO"):
        asyncio.run(once())
    logged = vars(
        next(record for record in caplog.records if record.message == "backlog")
    )
    assert {name: logged[name] for name in read} == {
        "outbox_events_dead": 1,
        "event_dead_letters": 3,
    }


def test_a_release_leaves_the_count_of_tasks_as_it_is_and_goes_back_by_itself(
    project: Written,
) -> None:
    for name, service in project.of_type("AWS::ECS::Service").items():
        assert "DesiredCount" not in service, name
        assert service["DeploymentConfiguration"]["DeploymentCircuitBreaker"] == {
            "Enable": True,
            "Rollback": True,
        }, name
    attributes = project.of_type("AWS::ElasticLoadBalancingV2::LoadBalancer")[
        "Balancer"
    ]["LoadBalancerAttributes"]
    idle = next(
        line["Value"]
        for line in attributes
        if line["Key"] == "idle_timeout.timeout_seconds"
    )
    kept = re.findall(
        r"KEEP_ALIVE = (\d+)",
        (project.folder / "src/ecs_shop/apps/serve.py").read_text(),
    )
    assert [int(idle) < int(seconds) for seconds in kept] == [True]


def test_a_container_may_write_where_python_makes_temporary_files_and_nowhere_else(
    project: Written,
) -> None:
    for name, container in project.containers().items():
        assert container["ReadonlyRootFilesystem"] is True, name
        if not name.endswith(".roles"):
            linux = container["LinuxParameters"]
            assert [place["ContainerPath"] for place in linux["Tmpfs"]] == ["/tmp"], (
                name
            )
            assert linux["Capabilities"] == {"Drop": ["ALL"]}, name
        options = container["LogConfiguration"]["Options"]
        assert (options["mode"], options["max-buffer-size"]) == (
            "non-blocking",
            "25m",
        ), name


def test_what_is_in_a_database_outlives_it_and_a_first_attempt_that_failed_can_be_undone(
    project: Written,
) -> None:
    for name, database in project.of_type("AWS::RDS::DBInstance").items():
        assert database["DeletionProtection"] == {
            "Fn::If": ["Released", True, False]
        }, name
        assert database["DeleteAutomatedBackups"] is False, name
        policies = project.document["Resources"][name]
        assert (
            policies["DeletionPolicy"] == policies["UpdateReplacePolicy"] == "Snapshot"
        ), name


def test_make_ecs_local_tells_each_container_what_the_template_tells_it(
    project: Written,
) -> None:
    code = """
import collections, json, sys, yaml
sys.path.insert(0, "deploy/ecs")
from local import CONTAINERS, make_services
base = yaml.safe_load(open("deploy/compose.yaml"))["services"]
made = make_services(base, collections.defaultdict(lambda: "secret"))
print(json.dumps([[*key, sorted(made[name]["environment"])] for key, name in CONTAINERS.items()]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=project.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = {
        f"{task}.{container}": names
        for task, container, names in json.loads(done.stdout)
    }
    asked = {
        name: sorted(
            [
                line["Name"]
                for line in (*container["Environment"], *container["Secrets"])
            ]
            + ["ROLES_SQL"] * (container["Name"] == "roles")
        )
        for name, container in project.containers().items()
    }
    assert told == asked


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        yield


def without(document: dict[str, Any], kinds: set[str]) -> dict[str, Any]:
    """The template without resources of some kinds, in the long forms of JSON; what
    refers to one gets a name in its place.
    """
    gone = {
        name
        for name, resource in document["Resources"].items()
        if resource["Type"] in kinds
    }

    def named(found: re.Match[str]) -> str:
        return found[1] if found[1] in gone or found[2] in UNKNOWN else found[0]

    def plain(value: Any) -> Any:
        match value:
            case {"Fn::Ref": name}:
                return name if name in gone else {"Ref": name}
            case {"Fn::GetAtt": str(path)}:
                name, _, attribute = path.partition(".")
                return (
                    path
                    if name in gone or attribute in UNKNOWN
                    else {"Fn::GetAtt": [name, attribute]}
                )
            case {"Fn::Sub": str(text)}:
                return {"Fn::Sub": re.sub(r"\$\{(\w+)\.?(\w*)[.\w]*\}", named, text)}
            case dict():
                return {key: plain(item) for key, item in value.items()}
            case list():
                return [plain(item) for item in value]
        return value

    resources = {}
    for name, resource in document["Resources"].items():
        if name not in gone:
            resources[name] = plain(resource)
            after = resource.get("DependsOn", [])
            resources[name]["DependsOn"] = [
                other
                for other in ([after] if isinstance(after, str) else after)
                if other not in gone
            ]
    return {
        **plain({key: item for key, item in document.items() if key != "Resources"}),
        "Resources": resources,
    }


@pytest.mark.few(1)
@pytest.mark.usefixtures("aws")
def test_each_resource_is_created_or_is_listed_as_what_cannot_be_here(
    project: Written,
) -> None:
    check_it_can_be_made(project)


def check_it_can_be_made(project: Written) -> dict[str, str]:
    """What moto has made, by logical names."""
    kinds = {resource["Type"] for resource in project.document["Resources"].values()}
    apart = kinds & (BY_ITS_OWN_API.keys() | NOT_THERE.keys())
    certificate = boto3.client("acm").request_certificate(DomainName="api.example.com")[
        "CertificateArn"
    ]
    given = {
        "Image": IMAGE,
        "MigrationImage": IMAGE,
        "Domain": "api.example.com",
        "CertificateArn": certificate,
        "AlarmEmail": "operations@example.com",
        "AdminEmail": "admin@example.com",
    }
    cloudformation = boto3.client("cloudformation")
    cloudformation.create_stack(
        StackName="ecs-shop-prod",
        TemplateBody=json.dumps(without(project.document, apart)),
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value}
            for key, value in given.items()
        ],
        Capabilities=["CAPABILITY_IAM"],
    )
    made = cloudformation.describe_stack_resources(StackName="ecs-shop-prod")[
        "StackResources"
    ]
    assert {resource["ResourceType"] for resource in made} == kinds - apart
    expected = {
        name
        for name, resource in project.document["Resources"].items()
        if resource["Type"] not in apart
    }
    assert {resource["LogicalResourceId"] for resource in made} == expected
    ids = {
        resource["LogicalResourceId"]: resource.get("PhysicalResourceId", "")
        for resource in made
    }
    check_what_is_there(project, ids)
    for kind in [kind for kind in BY_ITS_OWN_API if kind in kinds]:
        make_by_api(kind, project.reader.resolve(project.of_type(kind), Known(ids)))
    return ids


class Known(dict[str, str]):
    """What was made, by its name; of an attribute of it, or of what was not made, the
    name itself.
    """

    def __missing__(self, name: str) -> str:
        resource, _, attribute = name.partition(".")
        made = self.get(resource, name.replace("::", "-"))
        return made.rpartition("/")[2] if attribute == "Name" else made


def camel(value: Any, *, names: bool = False) -> Any:
    """As the API of ECS writes what CloudFormation writes with capitals; `names`: the
    keys are words of ours.
    """
    if isinstance(value, dict):
        return {
            key if names else key[0].lower() + key[1:]: camel(
                item, names=key == "Options"
            )
            for key, item in value.items()
        }
    return [camel(item) for item in value] if isinstance(value, list) else value


def check_what_is_there(project: Written, made: dict[str, str]) -> None:
    """By the services' own APIs."""
    ec2, ecs, elb = boto3.client("ec2"), boto3.client("ecs"), boto3.client("elbv2")
    network = [{"Name": "vpc-id", "Values": [made["Network"]]}]
    subnets = ec2.describe_subnets(Filters=network)["Subnets"]
    asked = project.of_type("AWS::EC2::Subnet")
    zones = 3 if "Brokers" in project.document["Resources"] else 2
    assert (
        len(subnets)
        == len(asked)
        == 2 * len({subnet["AvailabilityZone"] for subnet in subnets})
        == 2 * zones
    )
    database = ec2.describe_security_groups(GroupIds=[made["DatabaseGroup"]])[
        "SecurityGroups"
    ][0]["IpPermissions"]
    assert [
        (rule["FromPort"], [pair["GroupId"] for pair in rule["UserIdGroupPairs"]])
        for rule in database
    ] == [(5432, [made["TaskGroup"]])]
    listener = elb.describe_listeners(LoadBalancerArn=made["Balancer"])["Listeners"]
    assert {(line["Port"], line["DefaultActions"][0]["Type"]) for line in listener} == {
        (80, "redirect"),
        (443, "fixed-response"),
    }
    services = [name for name in made if name.endswith("Service")]
    found = ecs.describe_services(
        cluster=made["Cluster"], services=[made[name] for name in services]
    )["services"]
    assert len(found) == len(services) == len(project.of_type("AWS::ECS::Service"))
    for name, properties in project.of_type("AWS::ECS::TaskDefinition").items():
        # by the API once more, whose client looks at every name: moto's CloudFormation
        # drops some
        asked = camel(
            project.reader.resolve(
                properties, Known({**made, "Image": IMAGE, "MigrationImage": IMAGE})
            )
        )
        definition = ecs.register_task_definition(**asked)["taskDefinition"]
        assert definition["networkMode"] == "awsvpc" and definition[
            "requiresCompatibilities"
        ] == ["FARGATE"]
        assert IMAGE in {
            container["image"] for container in definition["containerDefinitions"]
        }
        there = ecs.describe_task_definition(taskDefinition=made[name])[
            "taskDefinition"
        ]
        assert [c["name"] for c in there["containerDefinitions"]] == [
            c["name"] for c in asked["containerDefinitions"]
        ]
    groups = boto3.client("logs").describe_log_groups()["logGroups"]
    assert len(groups) == len(project.of_type("AWS::Logs::LogGroup"))
    assert {group["retentionInDays"] for group in groups} == {30}
    board = boto3.client("cloudwatch").get_dashboard(DashboardName="ecs-shop-prod")[
        "DashboardBody"
    ]
    assert len(json.loads(board)["widgets"]) >= 6
    topics = boto3.client("sns").list_subscriptions()["Subscriptions"]
    assert [topic["Endpoint"] for topic in topics] == ["operations@example.com"]


def test_no_list_names_what_is_not_in_the_templates() -> None:
    option = templates_dir() / "_options"
    said = "".join(path.read_text() for path in option.rglob("ecs_*.jinja"))
    said += (option / "deployment/ecs/files/deploy/ecs/template.yaml.jinja").read_text()
    assert [
        kind for kind in (*BY_ITS_OWN_API, *NOT_THERE) if f"Type: {kind}\n" not in said
    ] == []
