"""Where Kafka is, and how clients connect to it."""

from __future__ import annotations

import ssl
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from .settings import CoreSettings

FORM = (
    "kafka://[USER:PASSWORD@]HOST:9092[,HOST:9092], with TLS kafkas://; what is special"
    " in the password is percent-encoded"
)
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")


class KafkaSettings(CoreSettings):
    # of the brokers that all processes share; empty: events stay in the process
    kafka_url: str = ""
    # of each topic: as many copies of a part can share its work; it may grow
    kafka_partitions: int = 6
    # brokers that keep each event; with three of them, three
    kafka_replication: int = 1
    # events that may wait for a module here before this process is not ready
    kafka_max_lag: int = 100_000

    @property
    def brokered(self) -> bool:
        """Whether events travel by the broker."""
        return bool(self.kafka_url)


def connection(url: str) -> dict[str, Any]:
    """The arguments of aiokafka's clients that say where and as whom (SystemExit: what
    is wrong with the URL, without the password).
    """
    parts = urlsplit(url.strip())
    mechanism = parse_qs(parts.query).get("sasl", ["PLAIN"])[0].upper()
    _, _, hosts = parts.netloc.rpartition("@")
    if parts.scheme not in ("kafka", "kafkas") or not hosts:
        raise SystemExit(f"KAFKA_URL is not {FORM}")
    if mechanism not in MECHANISMS:
        raise SystemExit(f"KAFKA_URL: sasl is one of {', '.join(MECHANISMS)}")
    servers = [host if ":" in host else f"{host}:9092" for host in hosts.split(",")]
    found: dict[str, Any] = {"bootstrap_servers": servers}
    protocol = "PLAINTEXT"
    if parts.scheme == "kafkas":
        protocol = "SSL"
        found["ssl_context"] = ssl.create_default_context()
    if parts.username:
        protocol = f"SASL_{protocol}"
        found["sasl_mechanism"] = mechanism
        found["sasl_plain_username"] = unquote(parts.username)
        found["sasl_plain_password"] = unquote(parts.password or "")
    found["security_protocol"] = protocol
    return found
