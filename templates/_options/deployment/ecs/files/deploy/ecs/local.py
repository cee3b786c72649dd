"""The task definitions of template.yaml as containers on this machine: `make ecs-local`.

What a task is told (command, environment, the names of its secrets) is the template's. The servers are those of
`make up`, PostgreSQL with TLS as RDS has it; the secrets are theirs, too.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from cloudformation import read_template, resolve

HERE = Path(__file__).parent
COMPOSE = ["docker", "compose", "--env-file", ".env", "--file", "deploy/compose.yaml"]
OVERRIDE = Path("build/ecs-local.yaml")
# what the image comes with; the server wants the key to be its own
CERTIFICATE = "/etc/ssl/certs/ssl-cert-snakeoil.pem"
KEY = "/tmp/tls.key"  # noqa: S108 - in the container
OWN_KEY = f"install -o postgres -m 600 /etc/ssl/private/ssl-cert-snakeoil.key {KEY}"


class Override(dict[str, Any]):
    """In place of what the other file says, not beside it."""


class Dumper(yaml.SafeDumper):
    def represent_override(self, value: Override) -> yaml.Node:
        return self.represent_mapping("!override", value)


Dumper.add_representer(Override, Dumper.represent_override)


def main() -> None:
    base = json.loads(_run("config", "--format", "json"))["services"]
    OVERRIDE.parent.mkdir(exist_ok=True)
    OVERRIDE.write_text(
        yaml.dump({"services": make_override(base, _settings())}, Dumper=Dumper)
    )
    sys.exit(
        subprocess.run(
            [
                *COMPOSE,
                "--file",
                OVERRIDE,
                *(sys.argv[1:] or ["up", "--build", "--wait"]),
            ]
        ).returncode
    )


def make_override(
    base: Mapping[str, Any], settings: Mapping[str, str]
) -> dict[str, Any]:
    """What differs from `make up`; `base`: its services, `settings`: what `.env` says."""
    app = base["app"]["environment"]
    keys = sorted(Path(".keys").glob("*.pem"))
    secrets = {
        **app,
        "JWT_PEMS": "".join(path.read_text() for path in keys),
        "OWNER_PASSWORD": settings["POSTGRES_OWNER_PASSWORD"],
        "ROWS_PASSWORD": settings["POSTGRES_ROWS_PASSWORD"],
        **base["migrate"]["environment"],
    }
    passwords = {
        "roles": settings["POSTGRES_PASSWORD"],
        "migrate": settings["POSTGRES_OWNER_PASSWORD"],
    }
    document = read_template(HERE / "template.yaml")
    known = {
        name: parameter.get("Default", "")
        for name, parameter in document["Parameters"].items()
    }
    known |= {
        "Domain": "127.0.0.1",
        "AdminEmail": secrets.get("ADMIN_EMAIL", ""),
        "AWS::StackName": "local",
        "AWS::Region": "local",
        "Database.Endpoint.Address": "postgres",
        "Network.CidrBlock": app["TRUSTED_PROXIES"],
    }
    services: dict[str, Any] = {
        "postgres": {
            "entrypoint": [
                "sh",
                "-c",
                f'{OWN_KEY} && exec docker-entrypoint.sh "$$@"',
                "postgres",
            ],
            "command": [
                *base["postgres"]["command"],
                *(
                    "-c",
                    "ssl=on",
                    "-c",
                    f"ssl_cert_file={CERTIFICATE}",
                    "-c",
                    f"ssl_key_file={KEY}",
                ),
            ],
        }
    }
    for container in find_containers(document):
        name = container["Name"]
        environment = {
            line["Name"]: resolve(line["Value"], known)
            for line in container["Environment"]
        }
        for secret in container["Secrets"]:
            environment[secret["Name"]] = secrets.get(secret["Name"], "")
        environment["PGPASSWORD"] = passwords.get(
            name, settings["POSTGRES_ROWS_PASSWORD"]
        )
        if name == "roles":
            environment["ROLES_SQL"] = Path("deploy/postgres/roles.sql").read_text()
        services[name] = {"environment": Override(_plain(environment))}
        if "Command" in container:
            services[name]["command"] = _plain(container["Command"])
    return services


def find_containers(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        container
        for resource in document["Resources"].values()
        if resource["Type"] == "AWS::ECS::TaskDefinition"
        for container in resource["Properties"]["ContainerDefinitions"]
    ]


def _plain(value: Any) -> Any:
    """As it is: compose takes a single $ for a variable of its own."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return str(value).replace("$", "$$")


def _settings() -> dict[str, str]:
    lines = Path(".env").read_text().splitlines()
    return dict(
        line.split("=", 1) for line in lines if "=" in line and not line.startswith("#")
    )


def _run(*command: str) -> str:
    return subprocess.run(
        [*COMPOSE, *command], check=True, capture_output=True, text=True, env=os.environ
    ).stdout


if __name__ == "__main__":
    main()
