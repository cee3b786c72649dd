"""A client that walks through a generated project: each entity is made, read, found in
each of its lists, related, changed and deleted over HTTP.

What there is to ask is read from the OpenAPI document, and each answer is held to it.
What a field refers to, for which that document has no words, and what it takes is read
from the project's record (`archgen.yaml`).
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx2 as httpx
import jsonschema_rs
from tests.files import good
from tests.support.projects import Project
from tests.support.sampling import sample

from archgen.generator import load_record

PASSWORD = "correct horse battery staple"
PEOPLE = ("staff", "ann", "bob")
PATIENCE = 30.0  # seconds that a list may lag behind a write
CHANGED = 100  # the number of what a row is changed to
ORDERED = ("integer", "decimal", "number", "date", "datetime")
PLACE = re.compile(r"\{[^}]+\}")
Key = tuple[str, str]
Row = dict[str, Any]


@dataclass
class Walk:
    """Of a running project. `faults`: what went otherwise than was promised, a line
    each; `requests`: how many were sent.
    """

    url: str
    project: Project
    faults: list[str] = field(default_factory=list)
    requests: int = 0

    def __post_init__(self) -> None:
        self.client = httpx.Client(base_url=self.url, trust_env=False, timeout=60)
        self.document = self.client.get("/openapi.json").json()
        self.operations: dict[str, tuple[str, str, Any]] = {
            operation["operationId"]: (method, path, operation)
            for path, operations in self.document["paths"].items()
            for method, operation in operations.items()
            if isinstance(operation, dict) and "operationId" in operation
        }
        self.entities: dict[Key, Mapping[str, Any]] = {
            (module["name"], entity["name"]): entity
            for module in load_record(self.project.folder / "archgen.yaml")["modules"]
            if module["kind"] == "entities"
            for entity in module["entities"]
        }
        self.rows: dict[Key, list[Row]] = {key: [] for key in self.entities}
        self._made_by: dict[str, str] = {}
        self._making: list[Key] = []
        # rows that a field refers to which no two may share
        self._taken: set[tuple[Key, str, str]] = set()
        self._served: set[tuple[str, str]] = set()
        self._tokens: dict[str, str] = {}
        self._accounts: dict[str, str] = {}

    def go(self) -> list[str]:
        """The whole way; what went wrong on it."""
        for person in PEOPLE:
            self._log_in(person)
        for whole in (False, True, True):
            for key in self.entities:
                self._make(key, whole=whole)
        for key in self.entities:
            if len(self.rows[key]) < 2:
                self.faults.append(
                    f"{'.'.join(key)}: {len(self.rows[key])} rows could be made, of three"
                )
            for row in self.rows[key][-1:]:
                self._read(key, row)
                self._list(key, row)
                self._relate(key, row)
                self._stay_out(key, row)
        for key in self.entities:
            for row in self.rows[key][-1:]:
                self._change(key, row)
        self._refuse()
        self._delete()
        self.client.close()
        return self.faults

    # --- asking

    def ask(
        self,
        operation: str,
        *places: str,
        body: object = None,
        query: Mapping[str, str] | None = None,
        who: str = "staff",
        expect: Collection[int] = (200,),
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """The answer, which has one of the statuses and is as the document says."""
        method, path, said = self.operations[operation]
        left = iter(places)
        url = PLACE.sub(lambda _: quote(next(left), safe=""), path)
        sent = dict(headers or {})
        if who in self._tokens:
            sent["Authorization"] = f"Bearer {self._tokens[who]}"
        content: dict[str, Any] = {} if body is None else {"json": body}
        self.requests += 1
        answer = self.client.request(method, url, **content, params=query, headers=sent)
        what = f"{who}: {method.upper()} {url} {query or ''} {'' if body is None else json.dumps(body)[:300]}"
        if answer.status_code not in expect:
            self.faults.append(
                f"{what}: {answer.status_code}, not {expect}: {answer.text[:600]}"
            )
        elif answer.status_code == 200:
            self._served |= {(operation, name) for name in query or ()}
        self._hold(said, answer, what)
        return answer

    def _hold(self, said: Mapping[str, Any], answer: httpx.Response, what: str) -> None:
        """An answer of this form is in the document."""
        status = str(answer.status_code)
        if status not in said["responses"]:
            self.faults.append(
                f"{what}: the document knows no {status}: {answer.text[:300]}"
            )
            return
        content = said["responses"][status].get("content", {})
        schema = content.get(
            answer.headers.get("content-type", "").partition(";")[0], {}
        ).get("schema")
        if content and schema is None:
            self.faults.append(
                f"{what}: {status} as {answer.headers.get('content-type')}, not as {[*content]}"
            )
        elif schema is not None:
            whole = {**schema, "components": self.document["components"]}
            wrong = jsonschema_rs.validator_for(
                whole, validate_formats=True
            ).iter_errors(answer.json())
            self.faults += [
                f"{what}: not as in the document: {error}"[:900] for error in wrong
            ]

    def _log_in(self, person: str) -> None:
        lines = (self.project.folder / ".env").read_text().splitlines()
        env = dict(line.split("=", 1) for line in lines if "=" in line)
        login = {"email": f"{person}-{uuid4().hex}@example.com", "password": PASSWORD}
        if person == "staff":
            login = {"email": env["ADMIN_EMAIL"], "password": env["ADMIN_PASSWORD"]}
        else:
            assert self.client.post("/api/auth/register", json=login).status_code == 201
        self._tokens[person] = self.client.post("/api/auth/login", json=login).json()[
            "access_token"
        ]
        me = self.client.get(
            "/api/me", headers={"Authorization": f"Bearer {self._tokens[person]}"}
        )
        self._accounts[person] = me.json()["id"]

    # --- making

    def _make(self, key: Key, *, whole: bool) -> Row | None:
        """A row more: with all fields, or with those that it needs; none where no other
        can be.
        """
        entity, number = self.entities[key], len(self.rows[key])
        who = self._maker(entity, number)
        if who is None or key in self._making:
            return None
        self._making.append(key)
        try:
            body = {}
            for one in entity["fields"]:
                if one.get("set_by") == "caller" or not (whole or one["required"]):
                    continue
                value = self._value(key, one, number, who)
                if value is None and one["required"]:
                    return None
                if value is not None or one["nullable"]:
                    body[one["name"]] = value
        finally:
            self._making.pop()
        # others may have been made on the way
        again = {"Idempotency-Key": uuid4().hex}
        statuses = (201, 409) if number and _is_narrow(entity) else (201,)
        answer = self.ask(
            f"{key[1]}_create", body=body, who=who, expect=statuses, headers=again
        )
        if answer.status_code != 201:
            return None
        row: Row = answer.json()
        self.rows[key].append(row)
        self._made_by[row["id"]] = who
        self._same(key, body, row)
        repeated = self.ask(
            f"{key[1]}_create", body=body, who=who, expect=(201,), headers=again
        )
        if repeated.status_code == 201 and repeated.json()["id"] != row["id"]:
            self.faults.append(f"{'.'.join(key)}: made twice with one Idempotency-Key")
        if not answer.headers["location"].endswith(row["id"]):
            self.faults.append(
                f"{'.'.join(key)}: Location is {answer.headers['location']}"
            )
        return row

    def _maker(self, entity: Mapping[str, Any], number: int) -> str | None:
        """Staff, and where there is one row for each caller, another each time."""
        mine = {
            one["name"] for one in entity["fields"] if one.get("set_by") == "caller"
        }
        alone = any(one["unique"] for one in entity["fields"] if one["name"] in mine)
        if not alone or number == 0:
            return "staff"
        limited = entity["access"]["write"] == "staff" or any(
            one.get("own") for one in entity["fields"]
        )
        return None if limited or number >= len(PEOPLE) else PEOPLE[number]

    def _value(
        self, key: Key, one: Mapping[str, Any], number: int, who: str = "staff"
    ) -> Any:
        """What the field of a row takes; None where it goes without."""
        if one["type"] == "file":
            return self._upload(key, one, who)
        if one["type"] == "references":
            return self._several(key, one)
        if one["type"] == "reference":
            return self._other(key, one)
        return sample(one, number)

    def _several(self, key: Key, one: Mapping[str, Any]) -> list[str] | None:
        to = one["many"]["to"]
        target = (to["module"], to["entity"])
        if target[0] == "accounts":
            return [*self._accounts.values()][: one["many"]["max"]]
        if not self.rows[target]:
            self._make(target, whole=False)
        if not self.rows[target] and one["required"]:
            return None if to["local"] else [str(uuid4())]
        return [row["id"] for row in self.rows[target][:2]][: one["many"]["max"]]

    def _other(self, key: Key, one: Mapping[str, Any]) -> str | None:
        """Another row, of those that no row of this entity refers to yet where each may
        be referred to once.
        """
        target = (one["to"]["module"], one["to"]["entity"])
        known = (
            [*self._accounts.values()]
            if target[0] == "accounts"
            else [row["id"] for row in self.rows[target]]
        )
        free = [
            found
            for found in known
            if not one["unique"] or (key, one["name"], found) not in self._taken
        ]
        if not free and target[0] != "accounts":
            made = self._make(target, whole=False)
            free = [] if made is None else [made["id"]]
        # in a circle of modules a required one goes to what is not there yet
        if not free:
            return (
                str(uuid4())
                if one["required"]
                and not one["to"]["local"]
                and not one["to"]["checked"]
                else None
            )
        self._taken.add((key, one["name"], free[-1]))
        return str(free[-1])

    def _upload(self, key: Key, one: Mapping[str, Any], who: str) -> str:
        fitting = [known for known in good.GOOD.values() if known[0] in one["accept"]]
        kind, data = min(fitting, key=lambda known: len(known[1]))
        wanted = {
            "for": ".".join((*key, one["name"])),
            "content_type": kind,
            "size": len(data),
        }
        made = self.ask("file_create", body=wanted, who=who, expect=(201,)).json()
        form = made["upload"]
        sent = self.client.post(
            form["url"], data=form["fields"], files={"file": ("name", data, kind)}
        )
        if sent.status_code != 204:
            self.faults.append(
                f"{wanted}: sent, and answered {sent.status_code} {sent.text[:300]}"
            )
        deadline = time.monotonic() + PATIENCE
        while (seen := self.ask("file_get", made["id"], who=who).json())[
            "status"
        ] == "pending":
            if time.monotonic() > deadline:
                break
            time.sleep(0.1)
        if seen["status"] != "ready":
            self.faults.append(f"{wanted}: the file became {seen}")
        return str(made["id"])

    def _same(self, key: Key, sent: Mapping[str, Any], got: Mapping[str, Any]) -> None:
        """What was sent came back, where it has one form."""
        kinds = {one["name"]: one["type"] for one in self.entities[key]["fields"]}
        exact = (
            "string",
            "text",
            "slug",
            "integer",
            "number",
            "boolean",
            "date",
            "uuid",
            "enum",
            "json",
            "reference",
        )
        wrong = {
            name: value
            for name, value in sent.items()
            if kinds[name] in exact and got.get(name) != value
        }
        wrong |= {
            name: value
            for name, value in sent.items()
            if kinds[name] == "references"
            and sorted(got.get(name, ())) != sorted(value or ())
        }
        if wrong:
            self.faults.append(
                f"{'.'.join(key)}: sent {wrong}, got { ({name: got.get(name) for name in wrong}) }"
            )

    # --- reading

    def _read(self, key: Key, row: Row) -> None:
        """By its id and by each of its keys, with each of what comes along; not again
        where it is as the client has it.
        """
        entity, one = self.entities[key], key[1]
        found = self.ask(f"{one}_get", row["id"])
        self._is(key, found, row)
        if found.status_code == 200:
            self.ask(
                f"{one}_get",
                row["id"],
                expect=(304,),
                headers={"If-None-Match": found.headers["etag"]},
            )
        self.ask(f"{one}_get", str(uuid4()), expect=(404,))
        for name in entity.get("natural_keys", ()):
            self._is(key, self.ask(f"{one}_get_by_{name}", str(row[name])), row)
        for path, step in _paths(entity.get("expand", ())):
            answer = self.ask(f"{one}_get", row["id"], query={"expand": path})
            self._came_along(
                answer.json() if answer.status_code == 200 else {}, path, step, row
            )

    def _is(self, key: Key, answer: httpx.Response, row: Row) -> None:
        if answer.status_code == 200 and answer.json() != row:
            self.faults.append(f"{'.'.join(key)}: made {row}, and read {answer.json()}")

    def _came_along(
        self, document: Mapping[str, Any], path: str, step: Mapping[str, Any], row: Row
    ) -> None:
        """The rows that the first step leads to, which staff may read."""
        first = path.partition(".")[0]
        shown = document.get("expanded", {}).get(first)
        wanted = row[first] if isinstance(row[first], list) else [row[first]]
        known = {other["id"] for other in chain(*self.rows.values())}
        found = [
            one["id"] for one in (shown if isinstance(shown, list) else [shown]) if one
        ]
        if sorted(found) != sorted(one for one in wanted if one in known):
            self.faults.append(f"expand={path} of {row['id']}: {shown}, not {wanted}")

    # --- lists

    def _list(self, key: Key, row: Row) -> None:
        """Found in each list that is offered, by each filter and each order, page by
        page; no parameter is left unasked.
        """
        entity, operation = self.entities[key], f"{key[1]}_list"
        for query in self._queries(entity, row):
            self._find(operation, (), query, row)
        self._turn(operation, row)
        if entity.get("totals"):
            page = self.ask(operation, query={"page": "1", "size": "1"}).json()
            if (
                len(page["items"]) != 1
                or not page["exact"]
                or page["total"] < len(self.rows[key])
            ):
                self.faults.append(f"{operation}: page 1 of size 1 is {page}")
        for name in (one for one in _ranged(entity) if row[one] is not None):
            before = self.ask(operation, query={f"{name}_to": _written(row[name])})
            if before.status_code == 200 and row["id"] in before.text:
                self.faults.append(
                    f"{operation}: {name}_to has {row['id']}, whose {name} is the end"
                )
        for path, _ in _paths(entity.get("expand", ())):
            self._find(operation, (), {"expand": path}, row)
        self.ask(operation, query={"no_such_parameter": "1"}, expect=(422,))
        offered = {
            one["name"]
            for one in self.operations[operation][2].get("parameters", ())
            if one["in"] == "query"
        }
        lacking = {
            one["name"] for one in entity["fields"] if row[one["name"]] in (None, [])
        }
        for name in sorted(
            offered - {served for at, served in self._served if at == operation}
        ):
            if re.sub("_(from|to)$", "", name) not in lacking and name not in (
                "sort",
                "search",
            ):
                self.faults.append(f"{operation}: nothing serves its parameter {name}")

    def _queries(self, entity: Mapping[str, Any], row: Row) -> Iterator[dict[str, str]]:
        fields = {one["name"]: one for one in entity["fields"]}
        yield {}
        for name, one in fields.items():
            if one["type"] == "references" and row[name]:
                yield {name: row[name][0]}
        if entity.get("filters") or entity.get("sorts"):
            given = {
                name: _written(row[name])
                for name in entity.get("filters", ())
                if row[name] is not None
            }
            yield from ({name: value} for name, value in given.items())
            yield given
            yield from (
                {f"{name}_from": given[name]}
                for name in _ranged(entity)
                if name in given
            )
            for name in (
                one for one in entity.get("sorts", ()) if row[one] is not None
            ):
                yield {"sort": name}
                yield {"sort": f"-{name}", **given}
        else:
            yield from (
                {name: _written(row[name])}
                for name, one in fields.items()
                if one["indexed"] and row[name] is not None
            )
            for listing in entity["lists"]:
                if all(
                    row[name] is not None
                    for name in (*listing["filters"], listing["sort"])
                ):
                    sort = f"{'-' * listing['descending']}{listing['sort']}"
                    yield {
                        **{name: _written(row[name]) for name in listing["filters"]},
                        "sort": sort,
                    }
        words = [
            word
            for name in entity.get("search", ())
            for word in re.findall(r"[^\W_]+", row[name] or "")[:1]
        ]
        yield from ({"search": word} for word in words)

    def _read_all(
        self, operation: str, places: tuple[str, ...], query: Mapping[str, str]
    ) -> list[Row] | None:
        """The rows on all pages; None where that is refused."""
        rows: list[Row] = []
        after: dict[str, str] = {}
        while True:
            asked = {**query, **after, "limit": "100"}
            answer = self.ask(operation, *places, query=asked)
            if answer.status_code != 200:
                return None
            page = answer.json()
            rows += page["items"]
            if page["next"] is None:
                return rows
            after = {"after": page["next"]}

    def _find(
        self,
        operation: str,
        places: tuple[str, ...],
        query: Mapping[str, str],
        row: Row,
    ) -> None:
        """The row is on one of the pages, soon; none that is there twice."""
        deadline = time.monotonic() + PATIENCE
        while True:
            items = self._read_all(operation, places, query)
            if items is None:
                return
            found = [
                {name: one[name] for name in one if name != "expanded"}
                for one in items
                if one["id"] == row["id"]
            ]
            if found == [row]:
                return
            if time.monotonic() > deadline:
                self.faults.append(
                    f"{operation} {places} {query}: {found or items}, and {row} is looked for"
                )
                return
            time.sleep(0.1)

    def _turn(self, operation: str, row: Row) -> None:
        """Pages of one row lead to it."""
        query, seen = {"limit": "1"}, []
        for _ in range(300):
            answer = self.ask(operation, query=query)
            if answer.status_code != 200:
                return
            page = answer.json()
            seen += [one["id"] for one in page["items"]]
            if not page["next"]:
                break
            query = {"limit": "1", "after": page["next"]}
        if row["id"] not in seen or len(set(seen)) < len(seen):
            self.faults.append(f"{operation}: pages of one row have {seen}")

    # --- relations, access

    def _relate(self, key: Key, row: Row) -> None:
        """From each row that it refers to it is found as the other side."""
        for target, entity in self.entities.items():
            for side in entity.get("sides", ()):
                if (
                    target[0] != key[0]
                    or side["entity"] != key[1]
                    or not row[side["field"]]
                ):
                    continue
                ids = (
                    row[side["field"]]
                    if isinstance(row[side["field"]], list)
                    else [row[side["field"]]]
                )
                for found in ids:
                    if side.get("one"):
                        self._is(
                            key, self.ask(f"{target[1]}_{side['name']}_get", found), row
                        )
                    else:
                        self._find(
                            f"{target[1]}_{side['name']}_list", (found,), {}, row
                        )

    def _stay_out(self, key: Key, row: Row) -> None:
        """Whoever may not read it is told so, and does not find it."""
        entity, level = self.entities[key], self.entities[key]["access"]["read"]
        hers = self._accounts["ann"] in (
            row.get(entity.get("owned_by") or ""),
            self._accounts.get(self._made_by[row["id"]]),
        )
        status = {
            "public": 200,
            "user": 200,
            "owner": 200 if hers else 404,
            "staff": 403,
        }[level]
        self.ask(f"{key[1]}_get", row["id"], who="ann", expect=(status,))
        self.ask(
            f"{key[1]}_get",
            row["id"],
            who="nobody",
            expect=(200 if level == "public" else 401,),
        )
        listed = self.ask(
            f"{key[1]}_list", who="ann", expect=(403 if level == "staff" else 200,)
        )
        if status == 404 and listed.status_code == 200 and row["id"] in listed.text:
            self.faults.append(
                f"{'.'.join(key)}: ann finds the row of another, {row['id']}"
            )
        self.ask(
            f"{key[1]}_list", who="nobody", expect=(200 if level == "public" else 401,)
        )
        if entity["access"]["write"] != "public":
            for operation in ("update", "delete"):
                self.ask(
                    f"{key[1]}_{operation}",
                    row["id"],
                    who="nobody",
                    body={},
                    expect=(401,),
                )

    # --- changing

    def _change(self, key: Key, row: Row) -> None:
        """Each field by itself, to another value and, where it may be lacking, to none;
        nothing where somebody else was first.
        """
        entity, operation = self.entities[key], f"{key[1]}_update"
        place, tolerated = row["id"], (200, 409) if _is_narrow(entity) else (200,)
        for one in entity["fields"]:
            if one.get("set_by") == "caller":
                continue
            value = self._value(key, one, CHANGED, self._made_by[row["id"]])
            for changed in (value, None) if one["nullable"] else (value,):
                if changed is None and not one["nullable"]:
                    continue
                answer = self.ask(
                    operation, place, body={one["name"]: changed}, expect=tolerated
                )
                if answer.status_code == 200:
                    self._same(key, {one["name"]: changed}, answer.json())
                    row.clear()
                    row.update(answer.json())
        self._is(key, self.ask(f"{key[1]}_get", place), row)
        self.ask(operation, place, body={}, expect=(412,), headers={"If-Match": '"0"'})
        self.ask(operation, place, body={"no_such_field": 1}, expect=(422,))

    def _refuse(self) -> None:
        """What a row cannot be without, and what no row has."""
        for key, entity in self.entities.items():
            if any(
                one["required"] and one.get("set_by") != "caller"
                for one in entity["fields"]
            ):
                self.ask(f"{key[1]}_create", body={}, expect=(422,))
            self.ask(f"{key[1]}_create", body={"no_such_field": 1}, expect=(422,))

    def _delete(self) -> None:
        """All that was made, what refers to another first; nothing is left."""
        left = [
            (key, row["id"])
            for key in reversed(self.entities)
            for row in reversed(self.rows[key])
        ]
        while left:
            still = []
            for key, found in left:
                answer = self.ask(f"{key[1]}_delete", found, expect=(204, 404, 409))
                if answer.status_code == 409:
                    still.append((key, found))
                elif answer.status_code == 204:
                    self.ask(f"{key[1]}_get", found, expect=(404,))
            if len(still) == len(left):
                self.faults += [
                    f"{'.'.join(key)}: {found} cannot be deleted"
                    for key, found in still
                ]
                return
            left = still


def _paths(
    steps: Collection[Mapping[str, Any]], before: str = ""
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What may be asked to come along, with its step."""
    for step in steps:
        yield f"{before}{step['field']}", step
        yield from _paths(step["then"], f"{before}{step['field']}.")


def _ranged(entity: Mapping[str, Any]) -> list[str]:
    """The filters that take a range."""
    kinds = {one["name"]: one["type"] for one in entity["fields"]}
    return [
        name
        for name in entity.get("filters", ())
        if kinds.get(name, "datetime") in ORDERED
    ]


def _written(value: Any) -> str:
    """As a query string has it."""
    return value if isinstance(value, str) else json.dumps(value)


def _is_narrow(entity: Mapping[str, Any]) -> bool:
    """Whether a row may be in the way of another by values of which there are few."""
    few = ("enum", "boolean", "reference")
    ranged = [
        one
        for one in entity["fields"]
        if one["unique"] and None not in (one["min"], one["max"])
    ]
    drawn = [one for one in entity["fields"] if one["unique"] and one["form"]]
    return bool(
        entity["unique"]
        or ranged
        or drawn
        or any(one["unique"] and one["type"] in few for one in entity["fields"])
    )
