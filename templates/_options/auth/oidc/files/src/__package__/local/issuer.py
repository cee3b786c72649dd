"""An identity provider for `make dev` and the tests: whoever asks is let in as whom
they like, staff@... as staff.

It stands beside the API, under /identity, until OIDC_ISSUER names another. Its key is
no secret: never deploy it.
"""

from __future__ import annotations

import html
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qs, urlencode

import httpx2 as httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from ..chassis.mechanism.provider import OidcSettings, Provider

PATH = "/identity"
# always the same: tokens outlive a reload
KEY = ec.derive_private_key(2, ec.SECP256R1())
KID = "local"
S = TypeVar("S", bound=OidcSettings)
LIFETIME = 15 * 60  # seconds
PAGE = """<!doctype html><title>Log in</title><form method="post"><h1>Who are you?</h1>
<p><button name="email" value="user@example.com">a user</button>
<button name="email" value="staff@example.com">a member of staff</button></form>
<form method="post"><p><input name="email" type="email" required placeholder="somebody else"> <button>log in</button></form>"""


class Issuer(Generic[S]):
    """`settings`: those given, with this issuer if they name no other; `transports`:
    the way to it.
    """

    def __init__(self, settings: S, name: str) -> None:
        self.origin = f"http://127.0.0.1:{settings.dev_port}"
        self.url = f"{self.origin}{PATH}"
        self.wanted = not settings.oidc_issuer
        known = {"oidc_audience": settings.oidc_audience or name}
        known["oidc_client_id"] = settings.oidc_client_id or f"{name}-docs"
        if self.wanted:
            known |= {"oidc_issuer": self.url, "oidc_internal_url": ""}
        self.settings = settings.model_copy(update=known)
        self._provider = Provider.of(self.settings)
        # a code: whose it is, and the challenge of who asked for it
        self._codes: dict[str, tuple[str, str]] = {}
        self._app = Starlette(
            routes=[
                Route(f"{PATH}/.well-known/openid-configuration", self._discovery),
                Route(f"{PATH}/jwks", self._jwks),
                Route(f"{PATH}/authorize", self._authorize, methods=["GET", "POST"]),
                Route(f"{PATH}/token", self._token, methods=["POST"]),
            ]
        )
        self.transports: Mapping[str, httpx.AsyncBaseTransport] = (
            {self.url: httpx.ASGITransport(self._app)} if self.wanted else {}
        )

    def beside(self, app: ASGIApp) -> ASGIApp:
        """The app, and under /identity this issuer."""

        async def either(scope: Scope, receive: Receive, send: Send) -> None:
            ours = (
                self.wanted
                and scope["type"] == "http"
                and scope["path"].startswith(f"{PATH}/")
            )
            await (self._app if ours else app)(scope, receive, send)

        return either

    def sign(self, email: str, **claims: Any) -> str:
        """An access token of whoever has this address."""
        now = int(time.time())
        roles = [self._provider.staff_role] if email.startswith("staff@") else []
        about = {
            "iss": self.url,
            "sub": email,
            "email": email,
            "iat": now,
            "exp": now + LIFETIME,
        }
        about |= {
            self._provider.audience_claim: self._provider.audience,
            self._provider.roles_claim: roles,
        }
        return jwt.encode({**about, **claims}, KEY, "ES256", {"kid": KID})

    async def _discovery(self, _: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.url,
                "jwks_uri": f"{self.url}/jwks",
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                # and passwords, which no page should offer
                "grant_types_supported": ["authorization_code"],
                "response_types_supported": ["code"],
                "scopes_supported": ["openid", "email"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["ES256"],
                "code_challenge_methods_supported": ["S256"],
            }
        )

    async def _jwks(self, _: Request) -> Response:
        public = ECAlgorithm.to_jwk(KEY.public_key(), as_dict=True)
        return JSONResponse(
            {"keys": [{**public, "kid": KID, "use": "sig", "alg": "ES256"}]}
        )

    async def _authorize(self, request: Request) -> Response:
        asked = request.query_params
        back, challenge = asked.get("redirect_uri", ""), asked.get("code_challenge", "")
        if (
            not back.startswith(f"{self.origin}/")
            or asked.get("code_challenge_method") != "S256"
            or not challenge
        ):
            return HTMLResponse(
                f"Only {html.escape(self.origin)} is let in here, with PKCE (S256)", 400
            )
        if request.method == "GET":
            return HTMLResponse(PAGE)
        code = secrets.token_urlsafe(16)
        self._codes[code] = (await _form(request)).get("email", ""), challenge
        return RedirectResponse(
            f"{back}?{urlencode({'code': code, 'state': asked.get('state', '')})}", 303
        )

    async def _token(self, request: Request) -> Response:
        form = await _form(request)
        if form.get("grant_type") == "password":
            email, wanted = form.get("username", ""), ""
        else:
            email, wanted = self._codes.pop(form.get("code", ""), ("", ""))
        shown = (
            urlsafe_b64encode(sha256(form.get("code_verifier", "").encode()).digest())
            .decode()
            .rstrip("=")
        )
        if not email or (wanted and wanted != shown):
            return JSONResponse({"error": "invalid_grant"}, 400)
        token = self.sign(email)
        return JSONResponse(
            {
                "access_token": token,
                "token_type": "Bearer",
                "expires_in": LIFETIME,
                "scope": "openid",
            }
        )


async def _form(request: Request) -> dict[str, str]:
    return {
        name: values[0]
        for name, values in parse_qs((await request.body()).decode()).items()
    }
