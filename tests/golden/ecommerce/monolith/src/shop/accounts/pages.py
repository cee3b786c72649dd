"""The pages that mailed links lead to: plain HTML, no script.

A front-end of your own takes their place at the same paths.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Awaitable
from html import escape
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse
from pydantic import ValidationError

from shop.chassis.policy.errors import Problem

from .api import AccountAddress, MailedPassword, Service

STYLE = """
body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 26rem; margin: 12vh auto; padding: 0 1rem }
label, input, button { display: block; width: 100%; box-sizing: border-box; font: inherit }
input, button { margin: .3rem 0 1rem; padding: .6rem }
"""
HASH = b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{HASH}'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",  # the address has the link's token
    "X-Content-Type-Options": "nosniff",
}
# bytes of a form: the longest password and a token, percent-encoded
MAX_FORM_BYTES = 8_192
VERIFY, RESET, FORGOT = (
    "Is this your address?",
    "Choose a new password",
    "Forgot your password?",
)
ADDRESS = (
    '<form method="post" action="password-reset"><label>Your address'
    '<input type="email" name="email" autocomplete="email" required></label><button>Mail a link</button></form>'
)
OTHERWISE = (
    '<p>You do not know it? Then <a href="password-reset">choose a new one</a>.</p>'
)


async def _sent(request: Request) -> dict[str, str]:
    """The fields of a form."""
    body = await request.body()
    if len(body) > MAX_FORM_BYTES:
        raise HTTPException(413, f"A form has at most {MAX_FORM_BYTES} bytes")
    return dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))


Form = Annotated[dict[str, str], Depends(_sent)]
pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@pages.get("/verify-email")
async def ask_for_the_password(token: str = "") -> HTMLResponse:
    return _page(VERIFY, _present_password(token))


@pages.post("/verify-email")
async def verify(form: Form, service: Service) -> HTMLResponse:
    async def work() -> str:
        body = MailedPassword.model_validate(form)
        await service.verify_email(body.token, body.password)
        return "Thank you: we know now that this address is yours."

    return await _done(VERIFY, work(), _present_password(form.get("token", "")))


@pages.get("/password-reset")
async def ask_for_a_new_password(token: str = "") -> HTMLResponse:
    """With a link's token; without one, it asks where to mail a link."""
    if token:
        return _page(RESET, _new_password(token))
    return _page(FORGOT, ADDRESS)


@pages.post("/password-reset")
async def reset(form: Form, service: Service) -> HTMLResponse:
    async def mail() -> str:
        body = AccountAddress.model_validate(form)
        await service.request_link(body.email, "password-reset")
        return "If the address has an account, a mail with a link is on its way."

    async def choose() -> str:
        body = MailedPassword.model_validate(form)
        await service.reset_password(body.token, body.password)
        return "The new password is set. Whoever was logged in with the old one is logged out."

    if "token" not in form:
        return await _done(FORGOT, mail(), ADDRESS)
    return await _done(RESET, choose(), _new_password(form["token"]))


async def _done(title: str, work: Awaitable[str], again: str) -> HTMLResponse:
    """A page that says what came of it; what was wrong can be mended in the form."""
    try:
        return _page(title, _paragraph(await work))
    except ValidationError as error:
        said = ""
        for wrong in error.errors():
            said += _paragraph(wrong["msg"].removeprefix("Value error, "))
        return _page(title, said + again, 422)
    except Problem as problem:
        page = _page(title, _paragraph(problem.detail) + again, problem.status)
        page.headers.update(problem.headers)
        return page


def _present_password(token: str) -> str:
    form = _password(
        "verify-email", token, "The password of your account", "current-password"
    )
    return form + OTHERWISE


def _new_password(token: str) -> str:
    return _password("password-reset", token, "A new password", "new-password")


def _password(action: str, token: str, label: str, kind: str) -> str:
    return (
        f'<form method="post" action="{action}"><input type="hidden" name="token" value="{escape(token)}">'
        f'<label>{label}<input type="password" name="password" minlength="8" autocomplete="{kind}" required></label>'
        "<button>Go on</button></form>"
    )


def _paragraph(text: str) -> str:
    return f'<p role="status">{escape(text)}</p>'


def _page(title: str, inside: str, status: int = 200) -> HTMLResponse:
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">'
    whole = f'<!doctype html><html lang="en"><head>{head}<title>{title}</title><style>{STYLE}</style></head>'
    return HTMLResponse(
        f"{whole}<body><main><h1>{title}</h1>{inside}</main></body></html>",
        status,
        HEADERS,
    )
