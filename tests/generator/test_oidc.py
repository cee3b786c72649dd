"""What `stack.auth: oidc` changes of a project, and what it does not touch."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest

Trees = Callable[..., dict[str, bytes]]
ARCHITECTURES = ("monolith", "microservices", "serverless")


def test_no_other_module_is_touched(
    preset_tree: Trees, choice: tuple[str, str]
) -> None:
    """Whoever logs people in, what they do is the same bytes: rules, storage, HTTP and
    their tests.
    """

    def modules(auth: str) -> dict[str, bytes]:
        names = (
            r"(src/shop|tests)/(inventory|items|orders|payments)/|src/shop/contracts/"
        )
        return {
            path: data
            for path, data in preset_tree(*choice, auth).items()
            if re.match(names, path)
        }

    assert modules("oidc") == modules("builtin") != {}


def test_the_chassis_is_the_same_files_but_for_those_that_only_one_of_them_needs(
    preset_tree: Trees, choice: tuple[str, str]
) -> None:
    builtin, oidc = (
        {
            path: data
            for path, data in preset_tree(*choice, auth).items()
            if re.search("/(chassis|local)/", path)
        }
        for auth in ("builtin", "oidc")
    )
    assert {
        path for path in builtin.keys() & oidc.keys() if builtin[path] != oidc[path]
    } == set()
    names = {path.rpartition("/")[2] for path in oidc.keys() - builtin.keys()}
    # what asks another for its keys is there too where parts ask the accounts for
    # theirs
    assert names - {"remote_tokens.py"} == {"oidc.py", "provider.py", "issuer.py"}


def test_nothing_is_left_of_passwords_sessions_and_signing_keys(
    preset_tree: Trees, choice: tuple[str, str]
) -> None:
    tree = preset_tree(*choice, "oidc")
    assert {path for path in tree if re.search(r"/accounts/", path)} == {
        "src/shop/accounts/__init__.py",
        "src/shop/accounts/api.py",
        "tests/accounts/test_identity.py",
    }
    left = re.compile(
        rb"/api/auth|(?<!BOOTSTRAP_)ADMIN_|ensure_staff|JWT_|jwks.json|\.keys\b(?!\()|/keys:|load_keys|argon2|LOGIN_RATE|AccountsUnitOfWork"
    )
    own = re.compile(
        r"/chassis/|/local/|^docs/adr/|^archgen.yaml$|^\.gitignore$|test_identity|test_settings|test_services"
    )
    assert {
        path: found
        for path, data in tree.items()
        if not own.search(path) and (found := left.findall(data))
    } == {}


def test_nothing_of_an_identity_provider_is_in_a_project_without(
    preset_tree: Trees, choice: tuple[str, str]
) -> None:
    tree = preset_tree(*choice)
    # GitHub's workflow, too, shows tokens of OpenID Connect
    own = re.compile(
        r"/mechanism/settings.py$|/local/(gateway|cold_starts).py$|^deploy/bootstrap.yaml$|^docs/adr/|^archgen.yaml$"
    )
    assert {
        path
        for path, data in tree.items()
        if not own.search(path) and re.search(rb"(?i)oidc|keycloak", data)
    } == set()


@pytest.mark.parametrize("preset", ["crud", "ecommerce"])
def test_the_realm_knows_the_people_of_the_journey_and_the_clients_that_log_them_in(
    preset_tree: Trees, preset: str
) -> None:
    tree = preset_tree(preset, "monolith", "oidc")
    realm = json.loads(tree["deploy/keycloak/realm.json"])
    assert [user["email"].partition("@")[0] for user in realm["users"]] == [
        "staff",
        "user",
        "other",
    ]
    assert [user["realmRoles"] for user in realm["users"]] == [["staff"], [], []]
    clients = {client["clientId"]: client for client in realm["clients"]}
    assert set(clients) == {"shop-docs", "shop-journey"}
    assert (
        not clients["shop-docs"]["directAccessGrantsEnabled"]
        and not clients["shop-journey"]["standardFlowEnabled"]
    )
    assert b"OIDC_CLIENT_ID=shop-docs\n" in tree[".env.example"]
