"""The NGINX that runs: the configuration that it has, and the one that its template gives."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from moving.crossing import MOVED

CONFIGURATION = "/etc/nginx/conf.d/default.conf"
BEFORE = "/tmp/before-moving.conf"  # noqa: S108 - in its container
TEMPLATE = Path("deploy/nginx/templates/default.conf.template")
# as its image does when it starts, of a template that it may have another of by now
RENDER = "envsubst \"$(printf '${%s} ' $(env | cut -d= -f1))\""


class Nginx:
    def __init__(
        self, container: str, entrypoint: str, settings: Mapping[str, str]
    ) -> None:
        """`entrypoint`, `settings`: as `compose.yaml` has them."""
        self._container = container
        # all that it does before it starts
        self._prepare = entrypoint.replace("$$", "$").rpartition("exec ")[0]
        self._settings = [f"--env={name}={value}" for name, value in settings.items()]

    def before(self) -> str:
        """The configuration from before it was touched here."""
        return self._sh(
            f"test -e {BEFORE} || cp {CONFIGURATION} {BEFORE}; cat {BEFORE}"
        )

    def after(self) -> str:
        """What its template gives here."""
        return self._sh(
            f"{self._prepare}\n{RENDER}", TEMPLATE.read_text(encoding="utf-8")
        )

    def read(self, configuration: str) -> None:
        """Has it as its configuration from now on; no connection is closed under a request.

        A restart keeps it, as long as there is one from before: `compose.yaml` sees to it.
        """
        self._sh(
            f"cat > {CONFIGURATION} && nginx -q -t && nginx -s reload", configuration
        )

    def forget(self) -> None:
        """That modules move, once it has a configuration that does not ask."""
        self._sh(f"rm -f {BEFORE} {MOVED}")

    def stay(self) -> None:
        """Asks the old copies."""
        self._sh(f"rm -f {MOVED}")

    def turn(self) -> None:
        """Asks the new copies."""
        self._sh(f"touch {MOVED}")

    def _sh(self, script: str, text: str = "") -> str:
        command = [
            "docker",
            "exec",
            "-i",
            *self._settings,
            self._container,
            "sh",
            "-c",
            script,
        ]
        done = subprocess.run(
            command,
            input=text,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            close_fds=False,
        )
        return done.stdout


class Turn:
    """What has NGINX ask the new copies, made ready before, so that it takes no time."""

    def __init__(self, container: str) -> None:
        command = (
            "docker",
            "exec",
            "-i",
            container,
            "sh",
            "-c",
            f"echo ready && read -r now && touch {MOVED} && echo turned",
        )
        self._shell = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            close_fds=False,
        )
        assert self._shell.stdout is not None  # noqa: S101 - a pipe, as it was asked for
        if self._shell.stdout.readline() != "ready\n":
            raise OSError("NGINX does not run")

    def __call__(self) -> None:
        said, _ = self._shell.communicate("now\n")
        if said != "turned\n":
            raise OSError("NGINX could not be told to ask the new copies")
