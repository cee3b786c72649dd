"""A broker of these tests, which may be killed and started again."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.support.projects import until
from tests.support.stack import docker

PASSWORD = "of these tests alone"
PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule required"
SETTINGS = {
    "NODE_ID": "1",
    "PROCESS_ROLES": "broker,controller",
    "LISTENERS": "CLIENTS://:9092,CONTROLLER://localhost:9093",
    "LISTENER_SECURITY_PROTOCOL_MAP": "CLIENTS:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
    "CONTROLLER_LISTENER_NAMES": "CONTROLLER",
    "CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
    "INTER_BROKER_LISTENER_NAME": "CLIENTS",
    "SASL_ENABLED_MECHANISMS": "PLAIN",
    "SASL_MECHANISM_INTER_BROKER_PROTOCOL": "PLAIN",
    "LISTENER_NAME_CLIENTS_PLAIN_SASL_JAAS_CONFIG": (
        f'{PLAIN} username="app" password="{PASSWORD}" user_app="{PASSWORD}";'
    ),
    "AUTO_CREATE_TOPICS_ENABLE": "false",
    "OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
    "OFFSETS_TOPIC_NUM_PARTITIONS": "4",
    "TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
    "TRANSACTION_STATE_LOG_MIN_ISR": "1",
    "GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
    "LOG_DIRS": "/var/lib/kafka/data",
    "HEAP_OPTS": "-Xms128m -Xmx256m",
}


@dataclass(frozen=True)
class Broker:
    container: str
    port: int

    @property
    def url(self) -> str:
        return f"kafka://app:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{self.port}"

    def kill(self) -> None:
        docker("kill", "--signal", "KILL", self.container)

    def start(self) -> None:
        docker("start", self.container)
        until(self.listens, 180)

    def listens(self) -> bool:
        command = [
            "docker",
            "exec",
            self.container,
            "bash",
            "-c",
            "exec 3<>/dev/tcp/127.0.0.1/9092",
        ]
        return subprocess.run(command, check=False, capture_output=True).returncode == 0


@contextmanager
def kafka() -> Iterator[Broker]:
    """One node; nothing of it is left at the end."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    told = {**SETTINGS, "ADVERTISED_LISTENERS": f"CLIENTS://127.0.0.1:{port}"}
    environment = [
        part
        for name, value in told.items()
        for part in ("--env", f"KAFKA_{name}={value}")
    ]
    published = ("--publish", f"127.0.0.1:{port}:9092", "--memory", "640m")
    container = docker(
        "run", "--detach", *published, *environment, "apache/kafka:4.2"
    ).strip()
    try:
        broker = Broker(container, port)
        until(broker.listens, 180)
        yield broker
    finally:
        docker("rm", "--force", "--volumes", container)
