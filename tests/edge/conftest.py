"""The ecommerce preset in each architecture, in this process, behind a proxy that it
trusts.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import pytest
from tests.support.projects import new

PASSWORD = "correct horse battery staple"
PROXY, SITES = "10.1.2.3", ("https://shop.example.com", "http://127.0.0.1:5173")


@dataclass(frozen=True)
class Behind:
    """`client`: who connects to it is `peer`."""

    client: Any
    package: str

    def ask(self, method: str, path: str, peer: str = PROXY, **options: Any) -> Any:
        self.client._transport.client = (peer, 4711)
        return self.client.request(method, path, **options)

    def staff(self) -> dict[str, str]:
        body = {"email": "staff@example.com", "password": PASSWORD}
        return {
            "Authorization": f"Bearer {self.ask('POST', '/api/auth/login', json=body).json()['access_token']}"
        }

    def product(self, staff: dict[str, str], sku: str, **options: Any) -> Any:
        body = {
            "sku": sku,
            "name": "hammer",
            "price": "19.99",
            "category": "tool",
            "stock": 5,
        }
        answer = self.ask("POST", "/api/products", json=body, headers=staff | options)
        assert answer.status_code == 201, answer.text
        return answer


@pytest.fixture(scope="package", params=["monolith", "microservices", "serverless"])
def behind(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Behind]:
    architecture = request.param
    folder = tmp_path_factory.mktemp("edge")
    project = new(
        folder,
        f"edge-{architecture}",
        "--preset",
        "ecommerce",
        "--architecture",
        architecture,
    )
    package = f"edge_{architecture}"
    sys.path.append(str(project.folder / "src"))
    import_module(f"{package}.accounts.keys").make_key(folder / "keys")
    settings = import_module(f"{package}.apps.settings").Settings(
        _env_file=None,
        database_url=f"sqlite+aiosqlite:///{folder}/data",
        jwt_keys=folder / "keys",
        mail_url=f"file:{folder}/mails",
        admin_email="staff@example.com",
        admin_password=PASSWORD,
        service_keys=folder / "service-keys",
        trusted_proxies="10.0.0.0/8,fd00::/8",
        cors_origins=",".join(SITES),
    )
    client = import_module("starlette.testclient").TestClient
    with client(import_module(f"{package}.apps.dev").create_app(settings)) as opened:
        yield Behind(opened, package)
