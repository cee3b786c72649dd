"""Mail as a server gets it: for whom it is meant and nobody else, again when that may
help, and then with the same link.
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from uuid import uuid4

import pytest

from shop.accounts.addresses import mailbox, normal
from shop.accounts.mail import Mailer
from shop.chassis.mechanism import outbox
from shop.chassis.policy.errors import Refused, Unavailable

from tests.api import Api, eventually
from tests.mail_server import MailServer, mail_server

PASSWORD = "open sesame, please"
SENDER = "The Shop <shop@example.com>"


def register(anonymous: Api, email: str) -> int:
    return anonymous.post(
        "/api/auth/register", json={"email": email, "password": PASSWORD}
    ).status_code


@pytest.mark.parametrize(
    "address",
    [
        "x1,victim@corp.com",
        "foo<victim@corp.com>",
        "=?utf-8?q?victim?=@corp.com",
        "=?utf-8?q?attacker=40evil.test=3e=00?=ceo@corp.test",
        "a@corp..com",
        "a..b@corp.com",
        ".a@corp.com",
        '"a b"@corp.com',
        "a@[127.0.0.1]",
        "a@localhost",
        "a@corp.com\r\nBcc: b@corp.com",
        "a@corp.com\n",
        "a b@corp.com",
        "victim@corp.com;x",
        "a@" + "b" * 250 + ".com",
    ],
)
def test_an_address_that_may_be_read_as_another_or_as_none_is_refused(
    anonymous: Api, address: str
) -> None:
    assert register(anonymous, address) == 422


@pytest.mark.parametrize(
    ("spelling", "form"),
    [
        ("Boss@Example.COM", "boss@example.com"),
        ("u\u0308mit@example.com", "\u00fcmit@example.com"),
        ("\u00dcMIT@example.com", "\u00fcmit@example.com"),
        ("a@B\u00dcCHER.example.com", "a@b\u00fccher.example.com"),
        ("a@xn--bcher-kva.example.com", "a@b\u00fccher.example.com"),
        ("a@\uff45xample.com", "a@example.com"),
    ],
)
def test_an_address_has_one_form(spelling: str, form: str) -> None:
    assert normal(spelling) == normal(form) == form


def test_no_spelling_passes_the_limit_of_mails(anonymous: Api) -> None:
    name = uuid4().hex
    spellings = [
        f"{name}@example.com",
        f"{name.upper()}@Example.com",
        f"{name}+a@example.com",
        f"{name[0]}.{name[1:]}@example.com",
    ]
    answers = [
        anonymous.post("/api/auth/password-reset", json={"email": email}).status_code
        for email in spellings
    ]
    assert answers == [202, 202, 202, 429]
    assert register(anonymous, f"{name}+b@example.com") == 429
    assert mailbox("a.b+c@example.com") == "ab@example.com"


@pytest.mark.parametrize("mark", "!#$%&'*/=?^_`{|}~-")
def test_a_mail_goes_to_the_address_as_it_is_and_says_so(
    mail: MailServer, mark: str
) -> None:
    address = f"a{mark}{mark}b{uuid4().hex}@example.com"
    asyncio.run(Mailer(mail.url, SENDER).send(normal(address), "Hello", "a text"))
    (sent,) = mail.sent[address]
    assert [found.addr_spec for found in sent["To"].addresses] == [address]
    assert [
        (found.display_name, found.addr_spec) for found in sent["From"].addresses
    ] == [("The Shop", "shop@example.com")]


def test_a_domain_beyond_ascii_travels_in_ascii(mail: MailServer) -> None:
    name = uuid4().hex
    with mail_server(utf8=False) as plain:
        asyncio.run(
            Mailer(plain.url, SENDER).send(
                f"{name}@b\u00fccher.example.com", "Hello", "a text"
            )
        )
        assert list(plain.sent) == [f"{name}@xn--bcher-kva.example.com"]


def test_a_name_beyond_ascii_needs_a_server_that_takes_it(mail: MailServer) -> None:
    address = f"\u00fc{uuid4().hex}@example.com"
    asyncio.run(Mailer(mail.url, SENDER).send(address, "Hello", "a text"))
    (sent,) = mail.sent[address]
    assert [found.addr_spec for found in sent["To"].addresses] == [address]
    with mail_server(utf8=False) as plain, pytest.raises(Refused, match="SMTPUTF8"):
        asyncio.run(Mailer(plain.url, SENDER).send(address, "Hello", "a text"))


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("550 5.7.1 No", Refused),
        ("554 5.6.0 Spam", Refused),
        ("451 4.3.0 Later", Unavailable),
        ("421 4.3.2 Bye", Unavailable),
    ],
)
def test_what_is_refused_for_good_is_told_from_what_may_pass(
    mail: MailServer, answer: str, error: type[Exception]
) -> None:
    address = f"{uuid4().hex}@example.com"
    mail.answers[address] = [answer]
    with pytest.raises(error):
        asyncio.run(Mailer(mail.url, SENDER).send(address, "Hello", "a text"))


def test_a_server_that_is_away_may_come_back() -> None:
    with mail_server() as gone:
        url = gone.url
    with pytest.raises(Unavailable):
        asyncio.run(Mailer(url, SENDER).send("a@example.com", "Hello", "a text"))


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed is tried again at once."""
    monkeypatch.setattr(outbox, "FIRST_DELAY", 0)


@pytest.mark.usefixtures("soon")
def test_a_mail_that_is_tried_again_has_the_same_link_and_it_works(
    anonymous: Api, mail: MailServer
) -> None:
    address = f"{uuid4().hex}@example.com"
    mail.answers[address] = ["451 4.3.0 Later", "451 4.3.0 Later"]
    assert register(anonymous, address) == 201
    sent = eventually(lambda: mail.sent[address], lambda mails: len(mails) >= 3)
    links = {re.findall(r"token=(\S+)", str(found.get_content()))[0] for found in sent}
    assert len(links) == 1
    body = {"token": links.pop(), "password": PASSWORD}
    assert (
        anonymous.post("/api/auth/verify-email/confirm", json=body).status_code == 204
    )


@pytest.mark.usefixtures("soon")
def test_whom_the_server_does_not_know_is_mailed_once(
    anonymous: Api, mail: MailServer
) -> None:
    unknown, known = (f"{uuid4().hex}@example.com" for _ in range(2))
    mail.unknown.add(unknown)
    assert register(anonymous, unknown) == 201
    eventually(lambda: mail.sent[unknown], bool)
    mail.answers[known] = ["451 4.3.0 Later", "451 4.3.0 Later"]
    assert register(anonymous, known) == 201
    # as long as that, nothing more was tried
    eventually(lambda: mail.sent[known], lambda mails: len(mails) >= 3)
    assert len(mail.sent[unknown]) == 1


def test_mail_for_nobody_but_us_lies_in_a_folder(tmp_path: Path) -> None:
    asyncio.run(
        Mailer(f"file:{tmp_path / 'mails'}", SENDER).send(
            "a@example.com", "Hello", "a text"
        )
    )
    (kept,) = (tmp_path / "mails").glob("*.eml")
    # a link in it lets in whoever has it
    assert (tmp_path / "mails").stat().st_mode & 0o077 == 0
    assert b"To: a@example.com" in kept.read_bytes()
