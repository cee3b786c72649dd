"""Images in ECR; a tag that is there never changes."""

from __future__ import annotations

from typing import Any

import boto3


class Registry:
    """The repository of the project's images, which bootstrap.yaml makes."""

    def __init__(self, project: str) -> None:
        self._project = project
        self._ecr: Any = boto3.client("ecr")

    def name_image(self, tag: str) -> str:
        found = self._ecr.describe_repositories(repositoryNames=[self._project])
        return f"{found['repositories'][0]['repositoryUri']}:{tag}"

    def has(self, tag: str) -> bool:
        try:
            self._ecr.describe_images(
                repositoryName=self._project, imageIds=[{"imageTag": tag}]
            )
        except self._ecr.exceptions.ImageNotFoundException:
            return False
        return True

    def login(self) -> str:
        """The password of the user AWS, good for some hours."""
        answer = self._ecr.get_authorization_token()["authorizationData"][0]
        token: str = answer["authorizationToken"]
        return token
