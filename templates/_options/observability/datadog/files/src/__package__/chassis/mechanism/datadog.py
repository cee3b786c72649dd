"""Datadog's OTLP intake: `DATADOG_API_KEY` turns it on, `DATADOG_SITE` says which of
its sites the account is at.
"""

from __future__ import annotations

from pydantic import SecretStr

from .otlp import Destination, OtlpSettings, read
from .settings import CoreSettings


class DatadogSettings(OtlpSettings):
    datadog_api_key: SecretStr = SecretStr("")  # empty: nothing is exported
    datadog_site: str = "datadoghq.com"  # or datadoghq.eu, us3.datadoghq.com, ...
    datadog_endpoint: str = ""  # in place of the site's own intake, as an agent's


def destination(settings: CoreSettings) -> Destination | None:
    own = read(DatadogSettings, settings)
    key = own.datadog_api_key.get_secret_value()
    if not key:
        return None
    endpoint = own.datadog_endpoint or f"https://otlp.{own.datadog_site}"
    return Destination(
        endpoint.rstrip("/"), {"dd-api-key": key, "dd-otlp-source": "datadog"}, own
    )
