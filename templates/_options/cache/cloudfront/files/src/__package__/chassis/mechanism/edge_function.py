"""Origin protection: a function that hears of requests through the CDN alone, and whom
each is from.

The CDN shows a key; whoever asks the API's own address has none. Other functions call
without either, since no client can.
"""

from __future__ import annotations

import hmac
import json
from typing import Any

from pydantic import BaseModel

from .functions import Event, S
from .http_function import HttpFunction

KEY_HEADER = "x-edge-key"
REFUSED = {
    "type": "about:blank",
    "title": "Forbidden",
    "status": 403,
    "detail": "The API has another address",
}


class EdgeSettings(BaseModel):
    edge_key: str = ""  # what the CDN shows; empty: there is none in front


class EdgeFunction(HttpFunction[S]):
    def __call__(self, event: Event, context: Any) -> Event:
        key = self.built.state.settings.edge_key
        if key and "apiId" in event["requestContext"]:
            headers = dict(event["headers"])
            shown = headers.pop(KEY_HEADER, "")
            if not hmac.compare_digest(shown.encode(), key.encode()):
                kind = {"content-type": "application/problem+json"}
                return {"statusCode": 403, "headers": kind, "body": json.dumps(REFUSED)}
            event = _as_heard_by_edge({**event, "headers": headers})
        return super().__call__(event, context)


def _as_heard_by_edge(event: Event) -> Event:
    """The request as from its client: the last of `X-Forwarded-For` before the CDN,
    which writes whom it heard from at its end, whatever the client has written there.
    """
    request = event["requestContext"]
    hops = [
        hop.strip() for hop in event["headers"].get("x-forwarded-for", "").split(",")
    ]
    if hops[-1] == request["http"]["sourceIp"]:  # by the gateway: the CDN itself
        hops.pop()
    if not hops or not hops[-1]:
        return event
    http = {**request["http"], "sourceIp": hops[-1]}
    headers = {**event["headers"], "x-forwarded-for": hops[-1]}
    return {**event, "headers": headers, "requestContext": {**request, "http": http}}
