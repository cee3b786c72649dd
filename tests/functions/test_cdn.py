"""CloudFront before functions: what it keeps, what it lets through, and that there is
no way beside it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from tests.functions.conftest import DYNAMODB
from tests.parity.systems import PASSWORD
from tests.support.created import hold_by_api, hold_each
from tests.support.projects import Project, new
from tests.support.template import NOT_THERE, created_by_moto, translated

from archgen.evidence.loader import load_evidence

KEY = "key-of-the-edge"
TOLD = {
    "AlarmEmail": "ops@example.com",
    "SiteUrl": "https://shop.example.com",
    "MonthlyBudget": "600",
}
DOMAIN = {
    "Domain": "api.example.com",
    "CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/1",
    "ZoneId": "Z1",
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Project:
    options = [
        "--preset",
        "ecommerce",
        "--architecture",
        "serverless",
        "--set",
        "stack.cache=cloudfront",
        *DYNAMODB,
    ]
    project = new(tmp_path_factory.mktemp("cdn"), "cdn-shop", *options)
    sys.path.append(str(project.folder / "src"))
    return project


@pytest.fixture(scope="module")
def resources(shop: Project) -> dict[str, Any]:
    found: dict[str, Any] = translated(
        shop.folder / "deploy/template.yaml", {**TOLD, **DOMAIN}
    )["Resources"]
    return found


def test_cloudformation_has_nothing_to_object_to(shop: Project) -> None:
    command = [Path(sys.prefix, "bin/cfn-lint"), shop.folder / "deploy/template.yaml"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_keeps_what_the_answer_says_and_a_token_is_part_of_what_an_answer_is_kept_by(
    resources: Any,
) -> None:
    kept = resources["EdgeCache"]["Properties"]["CachePolicyConfig"]
    assert (kept["MinTTL"], kept["DefaultTTL"]) == (0, 0) and kept[
        "MaxTTL"
    ] <= 60  # `no-cache` and `private` are heard
    by = kept["ParametersInCacheKeyAndForwardedToOrigin"]
    assert by["HeadersConfig"]["Headers"] == ["Authorization", "Origin"]
    assert by["QueryStringsConfig"] == {"QueryStringBehavior": "all"} and by[
        "CookiesConfig"
    ] == {"CookieBehavior": "none"}


def test_all_methods_pass_by_tls_and_no_error_is_kept(resources: Any) -> None:
    edge = resources["Edge"]["Properties"]["DistributionConfig"]
    way = edge["DefaultCacheBehavior"]
    assert set(way["AllowedMethods"]) == {
        "GET",
        "HEAD",
        "OPTIONS",
        "PUT",
        "PATCH",
        "POST",
        "DELETE",
    }
    assert (
        way["CachedMethods"] == ["GET", "HEAD"]
        and way["ViewerProtocolPolicy"] == "https-only"
    )
    assert way["CachePolicyId"] == {"Ref": "EdgeCache"}
    assert (
        edge["ViewerCertificate"]["Fn::If"][1]["MinimumProtocolVersion"]
        == "TLSv1.2_2021"
    )
    assert {each["ErrorCachingMinTTL"] for each in edge["CustomErrorResponses"]} == {0}
    assert {each["ErrorCode"] for each in edge["CustomErrorResponses"]} >= {
        403,
        404,
        405,
        500,
        502,
        503,
        504,
    }
    assert (
        edge["PriceClass"] == {"Ref": "PriceClass"}
        and edge["Logging"]["IncludeCookies"] is False
    )
    (origin,) = edge["Origins"]
    told = origin["CustomOriginConfig"]
    assert (told["OriginProtocolPolicy"], told["OriginSSLProtocols"]) == (
        "https-only",
        ["TLSv1.2"],
    )


def test_the_domain_is_a_name_of_the_distribution_and_the_api_has_none(
    resources: Any,
) -> None:
    kinds = {resource["Type"] for resource in resources.values()}
    assert (
        not {"AWS::ApiGatewayV2::DomainName", "AWS::ApiGatewayV2::ApiMapping"} & kinds
    )
    alias = resources["NameRecord"]["Properties"]["AliasTarget"]
    assert alias == {
        "DNSName": {"Fn::GetAtt": ["Edge", "DomainName"]},
        "HostedZoneId": "Z2FDTNDATAQYW2",
    }


def test_each_function_that_answers_knows_the_key_that_cloudfront_shows_by_its_name(
    resources: Any,
) -> None:
    (header,) = resources["Edge"]["Properties"]["DistributionConfig"]["Origins"][0][
        "OriginCustomHeaders"
    ]
    assert header == {
        "HeaderName": "X-Edge-Key",
        "HeaderValue": {"Fn::Sub": "{{resolve:secretsmanager:${EdgeKey}}}"},
    }
    answering = [
        name for name in resources if name.endswith("Function") and "Role" not in name
    ]
    assert len(answering) == 4
    for name in answering:
        assert resources[name]["Properties"]["Environment"]["Variables"][
            "EDGE_KEY"
        ] == {"Fn::Sub": "secret:${EdgeKey}"}
        assert '{"Ref": "EdgeKey"}' in json.dumps(resources[f"{name}Role"])


def test_each_resource_is_created_by_moto_or_of_a_kind_that_it_does_not_know(
    shop: Project, resources: Any
) -> None:
    """The distribution is made by its own API, below; its cache policy and the key that
    it shows are held by their properties.
    """
    lacking = NOT_THERE - {
        "AWS::ApiGatewayV2::ApiMapping",
        "AWS::ApiGatewayV2::DomainName",
    }
    lacking |= {"AWS::CloudFront::CachePolicy", "AWS::CloudFront::Distribution"}
    with created_by_moto(
        shop.folder / "deploy/template.yaml", "shop", {**TOLD, **DOMAIN}, lacking
    ) as created:
        hold_each(resources, created, lacking)
        hold_by_api(resources, created, "shop")
        assert created["EdgeLogs"][1] == "AWS::S3::Bucket"


def test_a_distribution_is_made_of_it(
    resources: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By CloudFront's API of moto, whose CloudFormation does not know the kind."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    asked = resources["Edge"]["Properties"]["DistributionConfig"]
    way, (origin,) = asked["DefaultCacheBehavior"], asked["Origins"]
    made = {
        "CallerReference": "1",
        "Comment": "shop",
        "Enabled": asked["Enabled"],
        "PriceClass": "PriceClass_100",
        "HttpVersion": asked["HttpVersion"],
        "Aliases": {"Quantity": 1, "Items": [DOMAIN["Domain"]]},
        "Origins": {
            "Quantity": 1,
            "Items": [
                {
                    "Id": origin["Id"],
                    "DomainName": "abc.execute-api.eu-central-1.amazonaws.com",
                    "CustomHeaders": {
                        "Quantity": 1,
                        "Items": [{"HeaderName": "X-Edge-Key", "HeaderValue": KEY}],
                    },
                    "CustomOriginConfig": {
                        "HTTPPort": 80,
                        "HTTPSPort": 443,
                        "OriginProtocolPolicy": origin["CustomOriginConfig"][
                            "OriginProtocolPolicy"
                        ],
                        "OriginSslProtocols": {
                            "Quantity": 1,
                            "Items": origin["CustomOriginConfig"]["OriginSSLProtocols"],
                        },
                    },
                }
            ],
        },
        "DefaultCacheBehavior": {
            "TargetOriginId": way["TargetOriginId"],
            "ViewerProtocolPolicy": way["ViewerProtocolPolicy"],
            "AllowedMethods": {
                "Quantity": len(way["AllowedMethods"]),
                "Items": way["AllowedMethods"],
            },
            "CachePolicyId": "made-before",
            "OriginRequestPolicyId": way["OriginRequestPolicyId"],
        },
    }
    with import_module("moto").mock_aws():
        client = import_module("boto3").client("cloudfront")
        name = client.create_distribution(DistributionConfig=made)["Distribution"]["Id"]
        found = client.get_distribution(Id=name)["Distribution"]["DistributionConfig"]
    assert found["DefaultCacheBehavior"]["ViewerProtocolPolicy"] == "https-only"
    assert (
        found["Origins"]["Items"][0]["CustomOriginConfig"]["OriginProtocolPolicy"]
        == "https-only"
    )
    assert found["Aliases"]["Items"] == [DOMAIN["Domain"]]


@pytest.fixture(scope="module")
def api(shop: Project) -> Iterator[Any]:
    """The functions, as they know the key."""
    import_module("cdn_shop.accounts.keys").make_key(shop.folder / "keys")
    settings = import_module("cdn_shop.apps.settings").Settings(
        _env_file=None,
        edge_key=KEY,
        jwt_keys=shop.folder / "keys",
        mail_url=f"file:{shop.folder}/mails",
        admin_email="staff@example.com",
        admin_password=PASSWORD,
        service_keys=shop.folder / "service-keys",
    )
    client = import_module("starlette.testclient").TestClient
    with client(import_module("cdn_shop.apps.dev").create_app(settings)) as opened:
        yield opened


@pytest.mark.parametrize(
    "shown",
    [{}, {"X-Edge-Key": ""}, {"X-Edge-Key": "another"}, {"X-Edge-Key": "ké".encode()}],
)
def test_who_asks_the_api_beside_cloudfront_is_refused(
    api: Any, shown: dict[str, Any]
) -> None:
    for path in ("/api/products", "/api/me", "/.well-known/jwks.json"):
        answer = api.get(path, headers=shown)
        assert (answer.status_code, answer.headers["content-type"]) == (
            403,
            "application/problem+json",
        )
        assert answer.json()["title"] == "Forbidden"


def test_through_cloudfront_all_is_as_without_it(api: Any) -> None:
    """Functions call each other without the key, since no client can: an order asks the
    inventory, and the accounts for keys.
    """
    edge = {"X-Edge-Key": KEY}
    body = {"email": "staff@example.com", "password": PASSWORD}
    token = api.post("/api/auth/login", json=body, headers=edge).json()["access_token"]
    staff = {**edge, "Authorization": f"Bearer {token}"}
    product = {
        "sku": "a",
        "name": "hammer",
        "price": "1.00",
        "category": "tool",
        "stock": 5,
    }
    made = api.post("/api/products", json=product, headers=staff)
    assert made.status_code == 201, made.text
    order = {
        "lines": [{"product_id": made.json()["id"], "quantity": 1}],
        "payment_method": "card_ok",
    }
    assert api.post("/api/orders", json=order, headers=staff).status_code == 201
    assert (
        api.get("/api/products", headers=edge)
        .headers["cache-control"]
        .startswith("public, max-age=0, s-maxage=1")
    )
    assert (
        api.get("/api/products", headers=staff).headers["cache-control"]
        == "private, no-cache"
    )


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("203.0.113.9, 10.0.0.1", "203.0.113.9"),
        # what the client wrote there itself
        ("198.51.100.1, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        ("2001:db8::1, 10.0.0.1", "2001:db8::1"),
        ("203.0.113.9", "203.0.113.9"),
        ("", "10.0.0.1"),
    ],
)
def test_the_client_is_whom_cloudfront_heard_from(
    shop: Project, forwarded: str, client: str
) -> None:
    function = import_module("cdn_shop.chassis.mechanism.edge_function")
    http = import_module("cdn_shop.chassis.mechanism.http_function")
    event = http.request_event(
        "GET", "/", "", {"x-forwarded-for": forwarded}, b"", "10.0.0.1"
    )
    assert (
        function._as_heard_by_edge(event)["requestContext"]["http"]["sourceIp"]
        == client
    )


def test_the_page_of_deploying_tells_its_price_as_the_price_book_has_it(
    shop: Project,
) -> None:
    prices = load_evidence().prices
    said = " ".join((shop.folder / "docs/deploying.md").read_text().split())
    assert (
        f"A million requests cost ${prices.cost('cloudfront_request', Decimal(1_000_000)):.2f}"
        in said
    )
    assert f"in place of the ${prices.cost('transfer_out', Decimal(1)):.2f}" in said
