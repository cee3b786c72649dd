"""The system under test, and the people who use it."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import uuid4

import httpx2 as httpx
import pytest

from tests.api import Api

# what is heavy is imported where it is used: pytest-xdist's own process reads this file and runs no test
if TYPE_CHECKING:
    from argon2 import PasswordHasher

    from shop.apps.settings import Settings

    from tests.mail_server import MailServer

PASSWORD = "correct horse battery staple"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--url",
        default="",
        help="walk the journey on this instance, not on an embedded one",
    )


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is imported stays: the garbage collector need not look at it meanwhile."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


@pytest.fixture(scope="session", autouse=True)
def _quick_files() -> Iterator[None]:
    """What a test stores need not outlive a power failure: SQLite waits for no disk."""
    from shop.chassis.mechanism import sql

    with pytest.MonkeyPatch.context() as during:
        during.setitem(sql.SQLITE, "synchronous", "OFF")
        yield


@pytest.fixture(scope="session", autouse=True)
def _quick_hashes() -> Iterator[PasswordHasher]:
    """A password's hash costs next to nothing, but to tests that ask for `real_hashes`; gives
    what makes those of production.
    """
    from argon2 import PasswordHasher

    from shop.accounts import passwords

    real = passwords.HASHER
    with pytest.MonkeyPatch.context() as during:
        during.setattr(
            passwords,
            "HASHER",
            PasswordHasher(time_cost=1, memory_cost=8, parallelism=1),
        )
        yield real


@pytest.fixture
def real_hashes(
    _quick_hashes: PasswordHasher, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """A password's hash costs what it does in production."""
    from shop.accounts import passwords

    monkeypatch.setattr(passwords, "HASHER", _quick_hashes)
    passwords._dummy_hash.cache_clear()
    yield
    passwords._dummy_hash.cache_clear()


@pytest.fixture(scope="session")
def mail() -> Iterator[MailServer]:
    """The server that the embedded instance hands its mails to."""
    from tests.mail_server import mail_server

    with mail_server() as server:
        yield server


@pytest.fixture(scope="session")
def settings(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    mail: MailServer,
) -> Settings:
    """Of the embedded instance; with `--url` this project's own, for who is staff there."""
    from shop.apps.settings import Settings

    if request.config.getoption("--url"):
        return Settings()
    from shop.accounts.keys import make_key
    from shop.apps.calls import CALLS
    from shop.chassis.mechanism.service_keys import make_keys
    from shop.chassis.mechanism.service_tokens import pairs_of

    folder = tmp_path_factory.mktemp("instance")
    make_key(folder / "keys")
    make_keys(folder / "service-keys", pairs_of(CALLS))
    # the defaults for the rest, whatever stands in the environment
    return Settings.model_construct(
        modules_env="",
        database_url=f"sqlite+aiosqlite:///{folder}/data",
        cache_url="",
        mail_url=mail.url,
        jwt_keys=folder / "keys",
        admin_email="admin@example.com",
        admin_password=PASSWORD,
        service_keys=folder / "service-keys",
    )


@pytest.fixture(scope="session")
def http(request: pytest.FixtureRequest, settings: Settings) -> Iterator[httpx.Client]:
    if url := request.config.getoption("--url"):
        here = urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")
        # a proxy leads away from here
        with httpx.Client(base_url=url, timeout=10, trust_env=not here) as client:
            yield client
    else:
        from shop.apps import dev

        from tests.client import client_of

        with client_of(dev.create_app(settings)) as client:
            yield client


@pytest.fixture(scope="session")
def anonymous(http: httpx.Client) -> Api:
    return Api(http)


@pytest.fixture(scope="session")
def staff(anonymous: Api, settings: Settings) -> Api:
    return login(anonymous, settings.admin_email, settings.admin_password)


@pytest.fixture(scope="session")
def user(anonymous: Api) -> Api:
    return _register(anonymous)


@pytest.fixture(scope="session")
def other(anonymous: Api) -> Api:
    return _register(anonymous)


@pytest.fixture(scope="session")
def everyone(anonymous: Api, other: Api, user: Api, staff: Api) -> tuple[Api, ...]:
    """Nobody that the system knows, two people that it does, and a member of staff."""
    return anonymous, other, user, staff


@pytest.fixture(autouse=True)
def _clean_up(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test on the embedded instance leaves no rows behind."""
    if "http" not in request.fixturenames or request.config.getoption("--url"):
        yield
        return
    staff: Api = request.getfixturevalue("staff")
    yield
    # whatever refers to a row was mostly made after it
    made = list(reversed(staff.made))
    staff.made.clear()
    while made:
        answers = {path: staff.delete(path) for path in made}
        assert {answer.status_code for answer in answers.values()} <= {
            204,
            404,
            405,
            409,
        }, answers
        refused = [
            path for path, answer in answers.items() if answer.status_code == 409
        ]
        assert len(refused) < len(made), (
            f"the test leaves rows that cannot be deleted: {refused}; where a rule of yours forbids it, "
            f"let `_clean_up` first end what it waits for: {answers[refused[0]].text}"
        )
        made = refused


def _register(anonymous: Api) -> Api:
    email = f"{uuid4().hex}@example.com"
    anonymous.post("/api/auth/register", json={"email": email, "password": PASSWORD})
    return login(anonymous, email, PASSWORD)


def login(anonymous: Api, email: str, password: str) -> Api:
    answer = anonymous.post(
        "/api/auth/login", json={"email": email, "password": password}
    )
    assert answer.status_code == 200, answer.text
    return Api(anonymous.http, answer.json()["access_token"], anonymous.made)
