"""Identity provider (OpenID Connect), as the settings name it: what its tokens must be,
and how people log in.
"""

from __future__ import annotations

from typing import Any, Self

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .settings import CoreSettings


class OidcSettings(CoreSettings):
    """What `Provider` makes of them says what they are; docs/identity.md has them for
    some providers.
    """

    oidc_issuer: str = ""
    oidc_internal_url: str = ""
    oidc_audience: str = ""
    oidc_audience_claim: str = ""
    oidc_algorithms: str = ""
    oidc_roles_claim: str = ""
    oidc_staff_role: str = ""
    oidc_client_id: str = ""
    oidc_password: str = ""  # of the three people who walk the journey


class Provider(BaseModel):
    """The provider that OIDC_ISSUER and so on name."""

    model_config = ConfigDict(frozen=True)

    # as tokens name it, and as browsers see it
    issuer: str = Field(pattern="^https?://")
    internal_url: str = ""  # where we reach it, if not there
    audience: str  # who its tokens must be for: this API
    audience_claim: str = "aud"
    algorithms: str = Field(
        "RS256,PS256,ES256,EdDSA", pattern="^([RPE]S(256|384|512)|EdDSA|,)+$"
    )
    roles_claim: str = "roles"  # a claim, or the way to it: realm_access.roles
    staff_role: str = "staff"  # which of them is staff here
    client_id: str = ""  # of the API's documents

    @classmethod
    def of(cls, settings: OidcSettings) -> Self:
        """(SystemExit: a setting is missing, or not what it should be)"""
        try:
            given = {
                name: getattr(settings, f"oidc_{name}") for name in cls.model_fields
            }
            return cls.model_validate(
                {name: value for name, value in given.items() if value}
            )
        except ValidationError as error:
            wrong = (
                f"OIDC_{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors()
            )
            raise SystemExit("; ".join(wrong)) from error

    @property
    def discovery(self) -> str:
        return f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"

    def inside(self, url: str) -> str:
        """How we reach what browsers find there."""
        issuer = self.issuer.rstrip("/")
        internal = self.internal_url.rstrip("/")
        if not internal or not url.startswith(issuer):
            return url
        return internal + url.removeprefix(issuer)

    def describe(self, app: FastAPI) -> FastAPI:
        """The app, whose documents let people log in: authorization code with PKCE, and
        no secret.
        """
        plain = app.openapi

        def openapi() -> dict[str, Any]:
            document = plain()
            schemes = {
                "bearer": {"type": "openIdConnect", "openIdConnectUrl": self.discovery}
            }
            return {
                **document,
                "components": {**document["components"], "securitySchemes": schemes},
            }

        app.openapi = openapi  # type: ignore[method-assign]
        app.swagger_ui_init_oauth = {
            "clientId": self.client_id,
            "scopes": "openid email",
            "usePkceWithAuthorizationCodeGrant": True,
            "additionalQueryStringParams": {"audience": self.audience},
        }
        return app
