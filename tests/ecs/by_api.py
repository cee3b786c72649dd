"""Resources that moto makes by the service's own API alone: properties become the
parameters of a call, which the client checks by name and type.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3

ACCOUNT = "123456789012"


@dataclass(frozen=True)
class Api:
    """How a kind of resource is made, and found again; `listed`: where the answer lists
    them; `prepare`: from properties to parameters.
    """

    service: str
    make: str
    find: str
    listed: str
    asked: Callable[[], dict[str, Any]] = dict
    prepare: Callable[[str, dict[str, Any]], dict[str, Any]] = lambda _name, asked: (
        asked
    )


def small(value: Any) -> Any:
    """Keys as these APIs have them."""
    if isinstance(value, dict):
        return {key[0].lower() + key[1:]: small(item) for key, item in value.items()}
    return [small(item) for item in value] if isinstance(value, list) else value


def named(key: str) -> Callable[[str, dict[str, Any]], dict[str, Any]]:
    return lambda name, asked: {**asked, key: name}


def secret(name: str, asked: dict[str, Any]) -> dict[str, Any]:
    generated = asked.pop("GenerateSecretString", None)
    if generated:
        template, key = (
            generated.pop("SecretStringTemplate", None),
            generated.pop("GenerateStringKey", ""),
        )
        asked["SecretString"] = boto3.client("secretsmanager").get_random_password(
            **generated
        )["RandomPassword"]
        if template:
            asked["SecretString"] = json.dumps(
                {**json.loads(template), key: asked["SecretString"]}
            )
    return {**asked, "Name": name}


def budget(name: str, asked: dict[str, Any]) -> dict[str, Any]:
    limit = {
        **asked["Budget"]["BudgetLimit"],
        "Amount": str(asked["Budget"]["BudgetLimit"]["Amount"]),
    }
    return {
        **asked,
        "Budget": {**asked["Budget"], "BudgetName": name, "BudgetLimit": limit},
        "AccountId": ACCOUNT,
    }


def cache_subnets(name: str, asked: dict[str, Any]) -> dict[str, Any]:
    return {
        "CacheSubnetGroupName": name,
        "CacheSubnetGroupDescription": asked["Description"],
        "SubnetIds": asked["SubnetIds"],
    }


def database(name: str, asked: dict[str, Any]) -> dict[str, Any]:
    groups = asked.pop("VPCSecurityGroups")
    del asked["DeleteAutomatedBackups"]  # what the call that deletes is asked
    asked["DeletionProtection"] = asked["DeletionProtection"]["Fn::If"][1]
    asked |= {
        "DBInstanceIdentifier": name,
        "AllocatedStorage": int(asked["AllocatedStorage"]),
        "VpcSecurityGroupIds": groups,
    }
    return asked


def brokers(_: str, asked: dict[str, Any]) -> dict[str, Any]:
    stored = asked["BrokerNodeGroupInfo"]["StorageInfo"]
    stored["EbsStorageInfo"] = stored.pop("EBSStorageInfo")
    return asked


def policy(_: str, asked: dict[str, Any]) -> dict[str, Any]:
    target = {
        "ServiceNamespace": "ecs",
        "ScalableDimension": "ecs:service:DesiredCount",
    }
    target["ResourceId"] = f"service/cluster/{asked.pop('ScalingTargetId')}"
    return {**asked, **target}


def record(_: str, asked: dict[str, Any]) -> dict[str, Any]:
    boto3.client("route53").create_hosted_zone(Name="example.com", CallerReference="1")
    del asked["HostedZoneId"]
    asked |= {
        "Name": "api.example.com",
        "AliasTarget": {**asked["AliasTarget"], "EvaluateTargetHealth": False},
    }
    return {
        **the_zone(),
        "ChangeBatch": {"Changes": [{"Action": "CREATE", "ResourceRecordSet": asked}]},
    }


def bucket_policy(_: str, asked: dict[str, Any]) -> dict[str, Any]:
    return {**the_bucket(), "Policy": json.dumps(asked["PolicyDocument"])}


def the_bucket() -> dict[str, Any]:
    return {"Bucket": boto3.client("s3").list_buckets()["Buckets"][0]["Name"]}


def the_zone() -> dict[str, Any]:
    return {
        "HostedZoneId": boto3.client("route53").list_hosted_zones_by_name(
            DNSName="example.com"
        )["HostedZones"][0]["Id"]
    }


def name_service(name: str, asked: dict[str, Any]) -> dict[str, Any]:
    namespace = boto3.client("servicediscovery").list_namespaces()["Namespaces"][0][
        "Id"
    ]
    return {**asked, "NamespaceId": namespace}


def association(_: str, asked: dict[str, Any]) -> dict[str, Any]:
    return {
        **asked,
        "WebACLArn": boto3.client("wafv2").list_web_acls(Scope="REGIONAL")["WebACLs"][
            0
        ]["ARN"],
    }


def the_balancer() -> dict[str, Any]:
    return {
        "ResourceArn": boto3.client("elbv2").describe_load_balancers()["LoadBalancers"][
            0
        ]["LoadBalancerArn"]
    }


def account() -> dict[str, Any]:
    return {"AccountId": ACCOUNT}


def scaled() -> dict[str, Any]:
    return {"ServiceNamespace": "ecs"}


def regional() -> dict[str, Any]:
    return {"Scope": "REGIONAL"}


# What another stands on comes before it.
BY_ITS_OWN_API = {
    "AWS::ApplicationAutoScaling::ScalableTarget": Api(
        "application-autoscaling",
        "register_scalable_target",
        "describe_scalable_targets",
        "ScalableTargets",
        scaled,
    ),
    "AWS::ApplicationAutoScaling::ScalingPolicy": Api(
        "application-autoscaling",
        "put_scaling_policy",
        "describe_scaling_policies",
        "ScalingPolicies",
        scaled,
        policy,
    ),
    "AWS::Budgets::Budget": Api(
        "budgets", "create_budget", "describe_budgets", "Budgets", account, budget
    ),
    "AWS::CloudWatch::Alarm": Api(
        "cloudwatch",
        "put_metric_alarm",
        "describe_alarms",
        "MetricAlarms",
        prepare=named("AlarmName"),
    ),
    "AWS::ElastiCache::SubnetGroup": Api(
        "elasticache",
        "create_cache_subnet_group",
        "describe_cache_subnet_groups",
        "CacheSubnetGroups",
        prepare=cache_subnets,
    ),
    "AWS::Logs::MetricFilter": Api(
        "logs",
        "put_metric_filter",
        "describe_metric_filters",
        "metricFilters",
        prepare=lambda name, asked: {**small(asked), "filterName": name},
    ),
    "AWS::MSK::Cluster": Api(
        "kafka", "create_cluster", "list_clusters", "ClusterInfoList", prepare=brokers
    ),
    "AWS::RDS::DBInstance": Api(
        "rds",
        "create_db_instance",
        "describe_db_instances",
        "DBInstances",
        prepare=database,
    ),
    "AWS::SecretsManager::Secret": Api(
        "secretsmanager", "create_secret", "list_secrets", "SecretList", prepare=secret
    ),
    "AWS::ServiceDiscovery::PrivateDnsNamespace": Api(
        "servicediscovery",
        "create_private_dns_namespace",
        "list_namespaces",
        "Namespaces",
    ),
    "AWS::ServiceDiscovery::Service": Api(
        "servicediscovery",
        "create_service",
        "list_services",
        "Services",
        prepare=name_service,
    ),
    "AWS::S3::BucketPolicy": Api(
        "s3",
        "put_bucket_policy",
        "get_bucket_policy",
        "Policy",
        the_bucket,
        bucket_policy,
    ),
    "AWS::WAFv2::WebACL": Api(
        "wafv2", "create_web_acl", "list_web_acls", "WebACLs", regional, named("Name")
    ),
    "AWS::WAFv2::WebACLAssociation": Api(
        "wafv2",
        "associate_web_acl",
        "get_web_acl_for_resource",
        "WebACL",
        the_balancer,
        association,
    ),
    "AWS::Route53::RecordSet": Api(
        "route53",
        "change_resource_record_sets",
        "list_resource_record_sets",
        "ResourceRecordSets",
        the_zone,
        record,
    ),
}


def make_by_api(kind: str, resources: dict[str, Any]) -> None:
    """`resources`: the properties of each, by its name."""
    api = BY_ITS_OWN_API[kind]
    client: Any = boto3.client(api.service)  # type: ignore[call-overload]
    for name, properties in resources.items():
        getattr(client, api.make)(**api.prepare(name, properties))
    if client.can_paginate(api.find):
        found = [
            one
            for page in client.get_paginator(api.find).paginate(**api.asked())
            for one in page[api.listed]
        ]
    else:
        found = getattr(client, api.find)(**api.asked())[api.listed]
    assert len(found) >= len(resources), kind
