"""Builds the image and pushes it to ECR: `make ecs-push TAG=...`."""

from __future__ import annotations

import argparse
import base64
import subprocess

from registry import Registry

DOCKER = "docker"
PLATFORM = "linux/amd64"  # what template.yaml says, whatever builds it


def main() -> None:
    parser = argparse.ArgumentParser(description="Builds an image and pushes it to ECR")
    parser.add_argument("project")
    parser.add_argument("tag")
    given = parser.parse_args()
    registry = Registry(given.project)
    image = registry.name_image(given.tag)
    if registry.has(given.tag):  # a workflow that is started again
        print(f"{image} is there already")
        return
    password = base64.b64decode(registry.login()).decode().removeprefix("AWS:")
    host = image.partition("/")[0]
    docker("login", "--username", "AWS", "--password-stdin", host, told=password)
    docker(
        "build",
        "--platform",
        PLATFORM,
        "--file",
        "deploy/Dockerfile",
        "--tag",
        image,
        ".",
    )
    docker("push", image)


def docker(*command: str, told: str | None = None) -> None:
    done = subprocess.run([DOCKER, *command], input=told, text=True)
    if done.returncode:
        raise SystemExit(done.returncode)


if __name__ == "__main__":
    main()
