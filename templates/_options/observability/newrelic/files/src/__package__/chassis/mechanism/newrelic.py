"""New Relic's OTLP endpoint: `NEWRELIC_LICENSE_KEY` turns it on, `NEWRELIC_ENDPOINT`
says in which region the account is.
"""

from __future__ import annotations

from pydantic import SecretStr

from .otlp import Destination, OtlpSettings, read
from .settings import CoreSettings


class NewRelicSettings(OtlpSettings):
    newrelic_license_key: SecretStr = SecretStr("")  # empty: nothing is exported
    # in the EU https://otlp.eu01.nr-data.net
    newrelic_endpoint: str = "https://otlp.nr-data.net"


def destination(settings: CoreSettings) -> Destination | None:
    own = read(NewRelicSettings, settings)
    key = own.newrelic_license_key.get_secret_value()
    if not key:
        return None
    return Destination(own.newrelic_endpoint.rstrip("/"), {"api-key": key}, own)
