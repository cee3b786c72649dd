"""Three models that people know, written by hand in the answers (`domains/`): they hold
as projects, and their own rules over HTTP.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml
from tests.support.projects import Project, ask, new, until
from tests.support.samples import samples
from tests.support.walking import Walk

MODELS = Path(__file__).with_name("domains")
EVERYTHING = Path(__file__).parents[1] / "exchange/everything.jdl"
ARCHITECTURES = ("monolith", "microservices", "serverless")
EVERY = [
    (model, architecture)
    for model in ("conduit", "northwind", "vendors")
    for architecture in ARCHITECTURES
]
PASSWORD = "a long enough password"
FEW = [("northwind", "microservices")]

pytestmark = [pytest.mark.samples, pytest.mark.timeout(1200)]


@dataclass
class Site:
    """A running project, asked by people who are logged in by their name: a member of
    staff, and whoever is named.
    """

    url: str
    project: Project
    tokens: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    def ask(
        self, who: str, method: str, path: str, body: object = None
    ) -> tuple[int, Any]:
        return ask(
            f"{self.url}/api/{path}", method, body, self._token(who) if who else None
        )

    def make(self, who: str, path: str, /, **body: Any) -> dict[str, Any]:
        """The document of a new row."""
        status, document = self.ask(who, "POST", path, body)
        assert status == 201, (path, body, document)
        return dict(document)

    def refuses(
        self, status: int, who: str, method: str, path: str, /, **body: Any
    ) -> Any:
        """The answer, which must be that refusal."""
        found, document = self.ask(
            who, method, path, None if method in ("GET", "DELETE") else body
        )
        assert found == status, (who, method, path, body, document)
        return document

    def lists(self, who: str, path: str, *rows: dict[str, Any]) -> None:
        """A list has these rows, in this order; it may lag a moment behind a write."""
        wanted = [row["id"] for row in rows]
        until(
            lambda: (
                [row["id"] for row in self.ask(who, "GET", path)[1]["items"]] == wanted
            ),
            30,
        )

    def account(self, who: str) -> str:
        if who not in self.ids:
            self.ids[who] = self.ask(who, "GET", "me")[1]["id"]
        return self.ids[who]

    def _token(self, who: str) -> str:
        if who not in self.tokens:
            env = dict(
                line.split("=", 1)
                for line in (self.project.folder / ".env").read_text().splitlines()
                if "=" in line
            )
            login = {"email": env["ADMIN_EMAIL"], "password": env["ADMIN_PASSWORD"]}
            if who != "staff":
                login = {
                    "email": f"{who}-{uuid4().hex}@example.com",
                    "password": PASSWORD,
                }
                assert ask(f"{self.url}/api/auth/register", "POST", login)[0] == 201
            self.tokens[who] = ask(f"{self.url}/api/auth/login", "POST", login)[1][
                "access_token"
            ]
        return self.tokens[who]


def written(model: str, architecture: str, folder: Path) -> Project:
    return new(
        folder,
        model,
        "--answers",
        str(MODELS / f"{model}.yaml"),
        "--architecture",
        architecture,
    )


@contextmanager
def site(model: str, architecture: str, folder: Path) -> Iterator[Site]:
    project = written(model, architecture, folder)
    with project.running() as url:
        yield Site(url, project)


@pytest.mark.parametrize(("model", "architecture"), samples(EVERY, FEW))
def test_a_model_passes_its_own_checks_and_tests(
    model: str, architecture: str, tmp_path: Path
) -> None:
    project = written(model, architecture, tmp_path)
    project.make("check")
    assert " passed" in project.make("test")


@pytest.mark.parametrize("architecture", samples(ARCHITECTURES, ("microservices",)))
def test_a_model_from_elsewhere_does_over_http_what_its_document_says(
    architecture: str, tmp_path: Path
) -> None:
    """Of JDL that has every construct: each entity made, read, listed, related, changed
    and deleted.
    """
    builtin = ("--set", "stack.auth=builtin")
    project = new(
        tmp_path,
        "library",
        "--jdl",
        str(EVERYTHING),
        *builtin,
        "--architecture",
        architecture,
    )
    with project.running() as url:
        walk = Walk(url, project)
        assert not walk.go()
    assert walk.requests > 20 * len(walk.entities)


@pytest.mark.parametrize("architecture", samples(ARCHITECTURES, ("serverless",)))
def test_conduit_keeps_its_rules(architecture: str, tmp_path: Path) -> None:
    with site("conduit", architecture, tmp_path) as at:
        _profiles_and_follows(at)
        _articles_tags_and_comments(at)


def _profiles_and_follows(at: Site) -> None:
    """One profile each, one's own; one follows a person once, and nobody else sees
    whom.
    """
    ann = at.make("ann", "profiles", username="ann", bio="I write")
    assert ann["account"] == at.account("ann")
    at.refuses(409, "ann", "POST", "profiles", username="ann2")
    at.refuses(409, "bob", "POST", "profiles", username="ann")
    at.refuses(
        422, "bob", "POST", "profiles", username="bob", account=at.account("ann")
    )
    bob = at.make("bob", "profiles", username="bob")
    at.refuses(404, "bob", "PATCH", f"profiles/{ann['id']}", bio="mine now")
    at.refuses(401, "", "PATCH", f"profiles/{ann['id']}", bio="mine now")
    assert (
        at.ask(
            "ann",
            "PATCH",
            f"profiles/{ann['id']}",
            {"image": "https://example.com/ann.png"},
        )[0]
        == 200
    )
    assert (
        at.ask("", "GET", "profiles/by-username/ann")[1]["image"]
        == "https://example.com/ann.png"
    )

    follow = at.make("bob", "follows", profile=ann["id"])
    assert follow["follower"] == at.account("bob")
    at.refuses(409, "bob", "POST", "follows", profile=ann["id"])
    at.refuses(
        422, "ann", "POST", "follows", profile=bob["id"], follower=at.account("bob")
    )
    at.lists("bob", f"follows?profile={ann['id']}", follow)
    at.lists("ann", f"follows?profile={ann['id']}")
    at.refuses(404, "ann", "DELETE", f"follows/{follow['id']}")
    assert at.ask("bob", "DELETE", f"follows/{follow['id']}")[0] == 204
    at.make("bob", "follows", profile=ann["id"])


def _articles_tags_and_comments(at: Site) -> None:
    """Articles by slug, by tag, by author; one favourite each; what goes with an
    article; nobody edits another's.
    """
    red, blue = (at.make("ann", "tags", name=name) for name in ("red", "blue"))
    at.refuses(409, "bob", "POST", "tags", name="red")
    first = at.make("ann", "articles", title="How to", body="Begin", tags=[red["id"]])
    second = at.make(
        "ann", "articles", title="How not to", body="End", tags=[red["id"], blue["id"]]
    )
    third = at.make("bob", "articles", title="How to?", body="Ask")
    assert [row["slug"] for row in (first, second, third)] == [
        "how-to",
        "how-not-to",
        "how-to-2",
    ]
    at.refuses(409, "bob", "POST", "articles", slug="how-to", title="Mine", body="x")
    at.refuses(
        422,
        "bob",
        "POST",
        "articles",
        slug="hers",
        title="Hers",
        body="x",
        author=at.account("ann"),
    )
    at.refuses(401, "", "POST", "articles", slug="nobodys", title="x", body="x")
    assert at.ask("", "GET", "articles/by-slug/how-to")[1] == first
    at.refuses(404, "", "GET", "articles/by-slug/unheard-of")
    at.lists("", "articles", third, second, first)
    at.lists("", f"articles?tags={red['id']}", second, first)
    at.lists("", f"tags/{blue['id']}/articles", second)
    at.lists("", f"articles?author={at.account('ann')}", second, first)
    at.refuses(404, "bob", "PATCH", f"articles/{first['id']}", body="mine now")
    at.refuses(404, "bob", "DELETE", f"articles/{first['id']}")
    assert (
        at.ask("ann", "PATCH", f"articles/{first['id']}", {"body": "Begin here"})[0]
        == 200
    )

    comment = at.make("bob", "comments", article=first["id"], body="Well said")
    at.lists("", f"articles/{first['id']}/comments", comment)
    at.refuses(404, "ann", "DELETE", f"comments/{comment['id']}")
    favourite = at.make("bob", "favourites", article=first["id"])
    at.refuses(409, "bob", "POST", "favourites", article=first["id"])
    also = at.make("ann", "favourites", article=first["id"])
    at.lists("", f"articles/{first['id']}/favourites", also, favourite)
    at.lists("", f"favourites?account={at.account('bob')}", favourite)
    shown = at.ask("", "GET", f"favourites?account={at.account('bob')}&expand=article")[
        1
    ]["items"][0]["expanded"]
    assert shown["article"] == {"id": first["id"], "slug": "how-to", "title": "How to"}
    assert at.ask("ann", "DELETE", f"favourites/{also['id']}")[0] == 204

    kept = at.make("bob", "comments", article=second["id"], body="Less so")
    assert at.ask("ann", "DELETE", f"articles/{first['id']}")[0] == 204
    for path in (
        f"comments/{comment['id']}",
        f"favourites/{favourite['id']}",
        "articles/by-slug/how-to",
    ):
        at.refuses(404, "", "GET", path)
    assert at.ask("", "GET", f"comments/{kept['id']}")[1] == kept

    assert at.ask("bob", "DELETE", "me", {"password": PASSWORD})[0] == 204
    for path in (
        f"articles/{third['id']}",
        f"comments/{kept['id']}",
        "profiles/by-username/bob",
    ):
        until(lambda path=path: at.ask("", "GET", path)[0] == 404, 30)  # type: ignore[misc]
    assert at.ask("", "GET", f"articles/{second['id']}")[0] == 200


@pytest.mark.parametrize("architecture", samples(ARCHITECTURES, ("microservices",)))
def test_northwind_has_its_relations(architecture: str, tmp_path: Path) -> None:
    with site("northwind", architecture, tmp_path) as at:
        _people(at)
        _orders(at, *_catalog(at))


@pytest.mark.parametrize("architecture", samples(ARCHITECTURES, ("monolith",)))
def test_a_feed_of_several_authors_is_one_list_in_sql(
    architecture: str, tmp_path: Path
) -> None:
    """Elsewhere, as DynamoDB has no filter of several values, a client asks for each
    author whom it follows.
    """
    answers = yaml.safe_load((MODELS / "conduit.yaml").read_text())
    answers["stack"] = {"database": "postgresql"}
    answers["modules"]["articles"]["entities"]["article"] |= {
        "filters": ["author"],
        "sorts": ["created_at"],
    }
    (tmp_path / "feed.json").write_text(json.dumps(answers))
    project = new(
        tmp_path,
        "feed",
        "--answers",
        str(tmp_path / "feed.json"),
        "--architecture",
        architecture,
    )
    with project.running() as url:
        at = Site(url, project)
        ann, bob, _, last = (
            at.make(who, "articles", slug=f"{who}-{n}", title="x", body="x")
            for n, who in enumerate(("ann", "bob", "cat", "ann"))
        )
        feed = f"articles?author={at.account('ann')}&author={at.account('bob')}&sort=-created_at"
        at.lists("dan", feed, last, bob, ann)
        at.lists("", f"{feed}&limit=1", last)


def _people(at: Site) -> None:
    """An employee reports to another and works in several territories, each of a
    region.
    """
    region = at.make("staff", "regions", description="Eastern")
    near, far = (
        at.make(
            "staff", "territories", code=code, description=name, region=region["id"]
        )
        for code, name in (("01581", "Westboro"), ("01730", "Bedford"))
    )
    at.refuses(
        409,
        "staff",
        "POST",
        "territories",
        code="01581",
        description="Again",
        region=region["id"],
    )
    at.refuses(409, "staff", "DELETE", f"regions/{region['id']}")
    at.lists("staff", f"regions/{region['id']}/territories", far, near)
    boss = at.make(
        "staff",
        "employees",
        last_name="Fuller",
        first_name="Andrew",
        territories=[near["id"], far["id"]],
    )
    nancy = at.make(
        "staff",
        "employees",
        last_name="Davolio",
        first_name="Nancy",
        reports_to=boss["id"],
        territories=[near["id"]],
    )
    at.lists("ann", f"employees/{boss['id']}/reports", nancy)
    at.lists("ann", f"territories/{near['id']}/employees", nancy, boss)
    at.lists("ann", f"territories/{far['id']}/employees", boss)
    at.refuses(409, "staff", "DELETE", f"employees/{boss['id']}")
    at.refuses(409, "staff", "DELETE", f"territories/{far['id']}")
    assert (
        at.ask(
            "staff", "PATCH", f"employees/{boss['id']}", {"territories": [near["id"]]}
        )[0]
        == 200
    )
    assert at.ask("staff", "DELETE", f"territories/{far['id']}")[0] == 204
    at.refuses(403, "ann", "PATCH", f"employees/{nancy['id']}", title="President")


def _catalog(at: Site) -> tuple[dict[str, Any], dict[str, Any]]:
    """Products of a supplier and a category, found by their words."""
    drinks = at.make(
        "staff",
        "categories",
        name="Beverages",
        description="Soft drinks, coffees, teas",
    )
    at.make("staff", "categories", name="Seafood", description="Seaweed and fish")
    at.lists("", "categories?search=coff", drinks)
    supplier = at.make(
        "staff", "suppliers", company_name="Exotic Liquids", city="London"
    )
    chai, chang = (
        at.make(
            "staff",
            "products",
            name=name,
            unit_price=price,
            supplier=supplier["id"],
            category=drinks["id"],
        )
        for name, price in (("Chai", "18.0000"), ("Chang", "19.0000"))
    )
    at.lists("", "products?search=chai", chai)
    at.lists("", f"categories/{drinks['id']}/products", chang, chai)
    at.lists("staff", f"suppliers/{supplier['id']}/products", chang, chai)
    assert at.ask("", "GET", "products?page=1&size=1")[1]["total"] == 2
    at.refuses(409, "staff", "DELETE", f"categories/{drinks['id']}")
    at.refuses(403, "ann", "GET", f"suppliers/{supplier['id']}")
    return chai, chang


def _orders(at: Site, chai: dict[str, Any], chang: dict[str, Any]) -> None:
    """An order's details go with it, each a product once, at the price of its day; a
    shipper stays while orders go by it.
    """
    kind = at.make("staff", "demographics", code="whole", description="Wholesale")
    customer = at.make(
        "staff",
        "customers",
        code="ALFKI",
        company_name="Alfreds",
        demographics=[kind["id"]],
    )
    at.refuses(422, "staff", "POST", "customers", code="alfki", company_name="Alfreds")
    assert at.ask("staff", "GET", "customers/by-code/ALFKI")[1] == customer
    at.lists("staff", f"demographics/{kind['id']}/customers", customer)
    shipper = at.make(
        "staff", "shippers", company_name="Speedy Express", phone="(503) 555-9831"
    )
    early, late = (
        at.make(
            "staff",
            "orders",
            customer=customer["id"],
            ship_via=shipper["id"],
            order_date=day,
        )
        for day in ("1996-07-04", "1998-05-06")
    )
    at.lists("staff", f"customers/{customer['id']}/orders", late, early)
    at.lists("staff", f"shippers/{shipper['id']}/orders", late, early)
    at.lists(
        "staff",
        f"orders?customer={customer['id']}&order_date_from=1998-01-01&sort=-order_date",
        late,
    )
    at.refuses(409, "staff", "DELETE", f"shippers/{shipper['id']}")
    one, two = (
        at.make(
            "staff",
            "order_details",
            order=early["id"],
            product=of["id"],
            unit_price=of["unit_price"],
            discount=0.15,
        )
        for of in (chai, chang)
    )
    at.refuses(
        409,
        "staff",
        "POST",
        "order_details",
        order=early["id"],
        product=chai["id"],
        unit_price="1",
    )
    at.refuses(
        422,
        "staff",
        "POST",
        "order_details",
        order=late["id"],
        product=chai["id"],
        unit_price="1",
        discount=1.5,
    )
    assert (
        at.ask("staff", "PATCH", f"products/{chai['id']}", {"unit_price": "20"})[0]
        == 200
    )
    assert (
        at.ask("staff", "GET", f"order_details/{one['id']}")[1]["unit_price"]
        == "18.0000"
    )
    at.lists("staff", f"orders/{early['id']}/details", two, one)
    at.lists("staff", f"order_details?product={chang['id']}", two)
    assert at.ask("staff", "DELETE", f"orders/{early['id']}")[0] == 204
    at.refuses(404, "staff", "GET", f"order_details/{one['id']}")
    at.lists("staff", f"customers/{customer['id']}/orders", late)


@pytest.mark.parametrize("architecture", samples(ARCHITECTURES, ("monolith",)))
def test_a_shop_of_many_vendors_gives_each_what_is_theirs(
    architecture: str, tmp_path: Path
) -> None:
    with site("vendors", architecture, tmp_path) as at:
        books, toys = (
            at.make(who, "vendors", slug=who, name=who.title())
            for who in ("books", "toys")
        )
        at.refuses(409, "books", "POST", "vendors", slug="books-2", name="Again")
        novel = at.make(
            "books",
            "products",
            vendor=books["id"],
            name="Novel",
            category="book",
            price="9.90",
        )
        robot = at.make(
            "toys",
            "products",
            vendor=toys["id"],
            name="Robot",
            category="toy",
            price="30.00",
        )
        at.refuses(
            422, "books", "POST", "products", vendor=toys["id"], name="Robot", price="1"
        )
        at.refuses(422, "books", "PATCH", f"products/{novel['id']}", vendor=toys["id"])
        at.refuses(404, "books", "PATCH", f"products/{robot['id']}", price="1")
        at.lists("", f"vendors/{toys['id']}/products", robot)
        _bought(at, novel, robot)
        _paid_out(at)

        review = at.make("ann", "reviews", product=novel["id"], stars=5)
        at.refuses(409, "ann", "POST", "reviews", product=novel["id"], stars=1)
        at.make("ann", "reviews", product=robot["id"], stars=4)
        other = at.make("bob", "reviews", product=novel["id"], stars=2)
        at.refuses(422, "bob", "POST", "reviews", product=robot["id"], stars=6)
        at.refuses(404, "books", "DELETE", f"reviews/{other['id']}")
        at.lists("", f"products/{novel['id']}/reviews", other, review)
        assert at.ask("books", "DELETE", f"products/{novel['id']}")[0] == 204
        at.refuses(404, "", "GET", f"reviews/{review['id']}")


def _bought(at: Site, novel: dict[str, Any], robot: dict[str, Any]) -> None:
    """One order of the buyer's with lines of two vendors, and a parcel for each that
    its vendor alone sees, and staff.
    """
    address = {
        "name": "Ann",
        "street": "1 High Street",
        "city": "Bath",
        "country": "GB",
    }
    order = at.make("ann", "orders", address=address)
    assert order["buyer"] == at.account("ann")
    lines = {
        who: at.make(
            "ann",
            "lines",
            order=order["id"],
            product=of["id"],
            quantity=2,
            unit_price=of["price"],
        )
        for who, of in (("books", novel), ("toys", robot))
    }
    at.lists("ann", f"orders/{order['id']}/lines", lines["toys"], lines["books"])
    at.refuses(
        422,
        "bob",
        "POST",
        "lines",
        order=order["id"],
        product=novel["id"],
        quantity=1,
        unit_price="0",
    )
    at.refuses(404, "bob", "GET", f"orders/{order['id']}")
    at.refuses(404, "books", "GET", f"orders/{order['id']}")
    at.refuses(
        403,
        "ann",
        "POST",
        "parcels",
        order=order["id"],
        seller=at.account("ann"),
        total="1",
    )
    parcels = {}
    for who, line in lines.items():
        seller, total = (
            at.account(who),
            f"{float(line['unit_price']) * line['quantity']:.2f}",
        )
        parcels[who] = at.make(
            "staff", "parcels", order=order["id"], seller=seller, total=total
        )
        at.make(
            "staff",
            "parcel_lines",
            parcel=parcels[who]["id"],
            line=line["id"],
            seller=seller,
        )
    at.refuses(
        409,
        "staff",
        "POST",
        "parcels",
        order=order["id"],
        seller=at.account("toys"),
        total="1",
    )
    again = {
        "parcel": parcels["toys"]["id"],
        "line": lines["books"]["id"],
        "seller": at.account("toys"),
    }
    at.refuses(409, "staff", "POST", "parcel_lines", **again)
    for who, other in (("books", "toys"), ("toys", "books")):
        at.lists(who, "parcels", parcels[who])
        assert (
            at.ask(who, "GET", f"parcels/{parcels[who]['id']}/lines")[1]["items"][0][
                "line"
            ]
            == lines[who]["id"]
        )
        at.refuses(404, who, "GET", f"parcels/{parcels[other]['id']}")
        at.refuses(404, who, "GET", f"parcels/{parcels[other]['id']}/lines")
        at.refuses(403, who, "PATCH", f"parcels/{parcels[who]['id']}", status="sent")
    at.lists("ann", "parcels")
    at.refuses(409, "ann", "DELETE", f"orders/{order['id']}")


def _paid_out(at: Site) -> None:
    """A payout is seen by its vendor and staff, and written by staff."""
    parcel = at.ask("books", "GET", "parcels")[1]["items"][0]
    payout = at.make(
        "staff",
        "payouts",
        seller=at.account("books"),
        month="2026-11",
        amount=parcel["total"],
    )
    at.refuses(
        409,
        "staff",
        "POST",
        "payouts",
        seller=at.account("books"),
        month="2026-11",
        amount="1",
    )
    assert (
        at.ask(
            "staff",
            "PATCH",
            f"parcels/{parcel['id']}",
            {"payout": payout["id"], "status": "sent"},
        )[0]
        == 200
    )
    assert at.ask("books", "GET", f"payouts/{payout['id']}")[1] == payout
    assert (
        at.ask("books", "GET", f"payouts/{payout['id']}/parcels")[1]["items"][0][
            "status"
        ]
        == "sent"
    )
    at.lists("books", "payouts", payout)
    for who in ("toys", "ann"):
        at.refuses(404, who, "GET", f"payouts/{payout['id']}")
        at.lists(who, "payouts")
    at.refuses(403, "books", "PATCH", f"payouts/{payout['id']}", amount="1000")
    at.refuses(401, "", "GET", f"payouts/{payout['id']}")
