"""A domain that says all that the language has words for and every database serves, and
what the state machines send to it.

`test_everything.py` holds that nothing is missing in it.
"""

from __future__ import annotations

from typing import Any

from tests.parity.systems import ABSENT, DOMAIN, SQL_DOMAIN

# beside the rows of a lab: whose rows they are, and what comes along with them
BESIDE: dict[str, Any] = {
    "category": {"display": ["name", "slug"]},
    "thing": {"expand": ["category.parent", "marks"]},
    "note": {"expand": ["thing.marks", "others"]},
    "remark": {"expand": ["note.thing.category", "about"]},
    "post": {
        "access": {"read": "user", "write": "owner"},
        "display": "text",
        "expand": ["related.related"],
        "fields": {
            "text": {"type": "string", "max_length": 9, "indexed": True},
            "related": {
                "type": "references",
                "to": "lab.post",
                "max": 3,
                "ordered": True,
                "listed_as": "relating",
            },
        },
    },
    "reply": {
        "plural": "replies",
        "access": {"read": "user", "write": "owner"},
        "expand": ["post"],
        "fields": {
            "text": {"type": "string", "max_length": 9},
            "post": {
                "type": "reference",
                "to": "lab.post",
                "own": True,
                "on_delete": "cascade",
                "listed_as": "replies",
            },
            "judge": {"type": "reference", "to": "accounts.account", "set_by": "staff"},
        },
    },
    "parcel": {
        "access": {"read": "owner", "write": "staff"},
        "owned_by": "holder",
        "expand": ["contents", "former"],
        "fields": {
            "holder": {
                "type": "reference",
                "to": "accounts.account",
                "required": True,
                "indexed": True,
            },
            "contents": {
                "type": "reference",
                "to": "lab.thing",
                "one_to_one": True,
                "listed_as": "parcel",
            },
            "former": {"type": "reference", "to": "lab.parcel", "on_delete": "clear"},
        },
    },
    "tool": {
        "access": {"read": "public", "write": "public"},
        "audit": True,
        "keys": ["serial", "uid"],
        "lists": [["-ratio"], ["level", "cost"]],
        "fields": {
            "serial": {"type": "integer", "unique": True, "required": True},
            "uid": {"type": "uuid", "unique": True, "required": True},
            "level": {
                "type": "enum",
                "values": ["low", "high"],
                "default": "high",
                "indexed": True,
            },
            "said": {"type": "text", "min_length": 2, "default": "so"},
            "cost": {"type": "decimal", "scale": 4, "min": "-0.5", "default": "1.5"},
            "ratio": {"type": "number", "default": 0.5},
            "count": {"type": "integer", "min": -7, "max": 7, "default": 3},
            "day": {"type": "date", "default": "2024-02-29"},
            "at": {"type": "datetime", "default": "2024-01-01T00:00:00Z"},
            "zoned": {"type": "zoned_datetime", "default": "2024-01-01T00:00:00+02:00"},
            "lasts": {"type": "duration", "default": "PT90M"},
            "home": {"type": "url", "default": "https://Example.com/A"},
            "writer": {"type": "email", "default": "ann@Example.com"},
            "any": {"type": "json", "default": {"a": [1, None]}},
            "sizes": {"type": "list", "of": "integer", "min": 0, "required": True},
        },
    },
    "profile": {
        "access": {"read": "public", "write": "owner"},
        "keys": ["account"],
        "fields": {
            "account": {
                "type": "reference",
                "to": "accounts.account",
                "set_by": "caller",
                "unique": True,
                "required": True,
            },
            "nick": {"type": "string", "min_length": 2, "max_length": 9},
        },
    },
    "vault": {
        "access": {"read": "staff", "write": "staff"},
        "audit": True,
        "expand": ["opens"],
        "fields": {
            "word": {"type": "string", "required": True},
            "opens": {
                "type": "reference",
                "to": "lab.tool",
                "one_to_one": True,
                "on_delete": "cascade",
                "listed_as": "vault",
            },
        },
    },
}
NEEDED = {"required": True}
BESIDE[
    "kit"
] = {  # all types as what each row needs, and lists of all that lists may be of
    "access": {"read": "user", "write": "user"},
    "lists": [
        ["grade", "posted", "-worth"],
        ["grade", "many", "even", "-mail"],
        ["grade", "many", "even", "tag", "day"],
    ],
    "unique": [["mail", "many", "grade"]],
    "fields": {
        "word": {
            "type": "string",
            "max_length": 9,
            "default": "ab",
            "examples": ["cd"],
        },
        "body": {"type": "text", "max_length": 5, **NEEDED},
        "mail": {
            "type": "email",
            "max_length": 20,
            "examples": ["ann@example.com"],
            "indexed": True,
            **NEEDED,
        },
        "home": {
            "type": "url",
            "max_length": 60,
            "examples": ["http://a.b/"],
            **NEEDED,
        },
        "tag": {
            "type": "slug",
            "from": "word",
            "max_length": 12,
            "unique": True,
            "indexed": True,
            **NEEDED,
        },
        "worth": {"type": "decimal", "max": "99.5", "indexed": True, **NEEDED},
        "ratio": {"type": "number", "min": -1, **NEEDED},
        "even": {"type": "boolean", **NEEDED},
        "day": {"type": "date", **NEEDED},
        "posted": {"type": "datetime", **NEEDED},
        "zoned": {"type": "zoned_datetime", **NEEDED},
        "lasts": {"type": "duration", "indexed": True, **NEEDED},
        "grade": {"type": "enum", "values": ["a", "b"], "labels": {"a": "Ä"}, **NEEDED},
        "any": {"type": "json", **NEEDED},
        "uid": {
            "type": "uuid",
            "indexed": True,
            "default": "00000000-0000-0000-0000-000000000000",
        },
        "many": {"type": "integer"},
        "spot": {
            "type": "object",
            "fields": {
                "number": {"type": "number"},
                "flag": {"type": "boolean"},
                "at": {"type": "datetime"},
                "uid": {"type": "uuid"},
                "text": {"type": "text"},
                "mail": {"type": "email"},
                "home": {"type": "url"},
                "lasts": {"type": "duration"},
            },
            **NEEDED,
        },
        "numbers": {"type": "list", "of": "number", "min": -1, "max": 1e300},
        "flags": {"type": "list", "of": "boolean"},
        "days": {"type": "list", "of": "date"},
        "uids": {"type": "list", "of": "uuid"},
        "whole": {"type": "list", "of": "integer", "min": -1, "max": 9},
        "sums": {"type": "list", "of": "decimal", "min": 0, "max": 9, "scale": 4},
        "codes": {
            "type": "list",
            "of": "string",
            "min_length": 2,
            "pattern": "[a-z]+",
            "examples": ["ab"],
        },
        "moods": {
            "type": "list",
            "of": "enum",
            "values": ["x", "y"],
            "labels": {"x": "X"},
        },
        "people": {"type": "references", "to": "accounts.account", "max": 3},
    },
}
BESIDE["pair"] = {  # no two rows have the same
    "access": {"read": "owner", "write": "user"},
    "unique": [["word", "owner"], ["word", "day", "kit"]],
    "computed": {
        "shout": {"type": "string", "from": "word + '!'"},
        "later": {"type": "datetime"},
        "next": {"type": "date"},
    },
    "fields": {
        "word": {"type": "string", "max_length": 9},
        "home": {"type": "url", "max_length": 60, "unique": True},
        "worth": {"type": "decimal", "unique": True},
        "ratio": {"type": "number", "unique": True},
        "day": {"type": "date"},
        "date": {"type": "date", "unique": True},
        "at": {"type": "datetime", "unique": True},
        "zoned": {"type": "zoned_datetime", "unique": True},
        "lasts": {"type": "duration", "unique": True},
        "grade": {"type": "enum", "values": ["a", "b"], "unique": True},
        "kit": {
            "type": "reference",
            "to": "lab.kit",
            "on_delete": "refuse",
            "listed_as": "pairs",
        },
    },
}
DOORS = (
    "public staff",
    "user public",
    "user staff",
    "owner public",
    "staff public",
    "staff user",
    "staff owner",
)
HALL: dict[
    str, Any
] = {  # another module: what becomes of its rows when those of the lab go is told by events
    "reacts_to": [
        "lab.category.deleted",
        "lab.post.deleted",
        *(f"lab.post.{action}" for action in ("created", "updated")),
        *(f"accounts.account.{action}" for action in ("created", "deleted")),
        *(f"hall.ticket.{action}" for action in ("created", "updated", "deleted")),
    ],
    "entities": {
        **{
            f"door{number}": {
                "access": dict(zip(("read", "write"), levels.split(), strict=True)),
                "fields": {"word": {"type": "string", "max_length": 9}},
            }
            for number, levels in enumerate(DOORS)
        },
        "poster": {
            "access": {"read": "user", "write": "user"},
            "expand": ["category", "shown", "needs", "lead"],
            "fields": {
                "category": {
                    "type": "reference",
                    "to": "lab.category",
                    "indexed": True,
                },
                "shown": {"type": "references", "to": "lab.category", "max": 3},
                "needs": {
                    "type": "references",
                    "to": "lab.post",
                    "max": 3,
                    "ordered": True,
                    "required": True,
                },
                "lead": {"type": "reference", "to": "lab.post"},
            },
        },
        "ticket": {
            "access": {"read": "owner", "write": "owner"},
            "expand": ["post", "next.post"],
            "fields": {
                "post": {
                    "type": "reference",
                    "to": "lab.post",
                    "required": True,
                    "indexed": True,
                },
                "next": {
                    "type": "reference",
                    "to": "hall.ticket",
                    "on_delete": "clear",
                },
            },
        },
    },
}
LAB = DOMAIN["modules"]["lab"]
EVERYTHING: dict[str, Any] = {
    "modules": {
        "lab": {
            **LAB,
            "entities": {
                name: {**LAB["entities"].get(name, {}), **BESIDE.get(name, {})}
                for name in {**LAB["entities"], **BESIDE}
            },
        },
        "hall": HALL,
    }
}
MORE: dict[str, dict[str, Any]] = {  # what lists of rows in SQL can do besides
    "thing": {"search": ["title", "story"]},
    "post": {"search": ["text"], "totals": True, "table": "Posts_of_old"},
    "note": {"search": ["topic"]},
    "tool": {
        "filters": ["count", "day", "at", "writer"],
        "sorts": ["count", "day", "at", "updated_at"],
    },
    "kit": {
        "filters": ["ratio", "zoned", "home"],
        "sorts": ["ratio", "lasts", "zoned"],
        "totals": True,
    },
    "pair": {"filters": ["day", "kit", "word"], "sorts": ["word", "day"]},
    "ticket": {"filters": ["next", "created_at"], "totals": True},
    "poster": {"sorts": ["created_at"], "totals": True},
}
IN_SQL: dict[str, Any] = {
    "modules": {
        module: {
            **content,
            "entities": {
                name: {
                    **SQL_DOMAIN["modules"]
                    .get(module, {"entities": {}})["entities"]
                    .get(name, {}),
                    **entity,
                    **MORE.get(name, {}),
                }
                for name, entity in content["entities"].items()
            },
        }
        for module, content in EVERYTHING["modules"].items()
    }
}
ALONG = {  # what may be asked to come along
    "things": ["category", "marks", "category.parent,marks", "title"],
    "notes": ["thing.marks", "others,thing"],
    "remarks": ["note", "note.thing,about", "note.thing.category"],
    "posts": ["related", "related.related"],
    "replies": ["post"],
    "parcels": ["contents", "former,contents"],
    "vaults": ["opens"],
    "posters": ["category", "shown,lead", "needs", "category,shown,needs,lead"],
    "tickets": ["post", "next.post"],
}
VALUES: dict[str, dict[str, list[Any]]] = {
    "categories": {
        "name": ["a", "b", "A", "é", "😀", "x" * 40],
        "parent": ["ref"],
        "slug": ["a", "b-2", "x" * 30],
    },
    "things": {
        "title": [
            "a",
            "ab",
            "b",
            "B",
            "a b",
            "é",
            "z",
            "\uffff",
            "😀",
            "a\u0001",
            "😀" * 80,
        ],
        "story": ["", "once upon a time", "ü" * 1000],
        "badge": ["AB-1", "ZZ-12345", "é", "é\u0001 x"],
        "label": ["ab", "😀😀", "wxyz"],
        "mail": ["ann@example.com", "Ann@EXAMPLE.com", "a@b"],
        "site": ["https://example.com", "HTTPS://EXAMPLE.com/A?b#c", "http://x:80"],
        "there": [
            "2024-05-01T12:00:00+02:00",
            "2024-05-01T10:00:00Z",
            "2024-05-01T05:00:00-05:00",
            "2024-05-01T12:30:00.5+03:00",
        ],
        "took": ["PT0S", "PT60S", "PT1M", "-PT1S", "P1DT0.000001S", "P9999999D"],
        "mass": [
            -1.7976931348623157e308,
            -2.5,
            -1e-300,
            -0.0,
            0,
            5e-324,
            0.1,
            0.30000000000000004,
            3,
            2**53,
            1e300,
        ],
        "weight": [-(2**63), -20, -3, 0, 3, 10, 2**63 - 1],
        "price": ["0", "0.5", "9.99", 10, "9999999999999999.99"],
        "ready": [True, False],
        "born": ["0001-01-01", "1999-12-31", "2024-02-29", "9999-12-31"],
        "due": [
            "1970-01-01T00:00:00Z",
            "2024-01-01T00:00:00+02:00",
            "2023-12-31T22:00:00.000001Z",
        ],
        "code": [
            "6c0bd0b5-8f0e-4c2b-9d6d-6a6f9b0a1c11",
            "00000000-0000-0000-0000-000000000000",
        ],
        "kind": ["red", "green", "blue", "None", "x-1"],
        "extra": [
            {},
            [],
            1.5,
            1e300,
            -(2**63),
            "text",
            {"a": [None, True, {"b": "é"}]},
        ],
        "words": [[], ["a", "", "a"], ["é", "😀😀"]],
        "sums": [[], ["0", 10, "0.50"], ["9999999999999999.99"]],
        "often": [["2024-01-01T00:00:00+02:00", "1970-01-01T00:00:00.000001Z"], []],
        "place": [
            {"street": "a"},
            {
                "street": "é",
                "floor": -1,
                "rent": 1,
                "since": "2024-02-29",
                "kind": "work",
            },
            {"street": "", "floor": None},
            None,
        ],
        "moods": [["x-1", "red", "red"], ["None"]],
        "category": ["ref"],
        "marks": ["refs"],
    },
    "notes": {
        "topic": ["a", "b", "c" * 255],
        "stars": [1, 3, 5],
        "thing": ["ref"],
        "others": ["refs"],
    },
    "remarks": {"note": ["ref"], "text": ["a", "b"], "about": ["refs"]},
    "posts": {"text": ["a", "b", "fox é", "東京都"], "related": ["refs"]},
    "replies": {"text": ["a", "é"], "post": ["ref"], "judge": ["@ann", "@bob"]},
    "parcels": {
        "holder": ["@ann", "@bob", "@staff"],
        "contents": ["ref"],
        "former": ["ref"],
    },
    "tools": {
        "serial": [1, 2, 3, -(2**63), 2**63 - 1],
        "uid": [f"6c0bd0b5-8f0e-4c2b-9d6d-6a6f9b0a1c1{n}" for n in range(5)],
        "level": ["low", "high"],
        "said": ["ab", "😀😀", None],
        "cost": ["-0.5", "0.0001", 7, None],
        "ratio": [-0.0, 0.25, 1e300, None],
        "count": [-7, 0, 7],
        "day": ["0001-01-01", "9999-12-31", None],
        "at": ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"],
        "zoned": ["2024-01-01T00:00:00-11:30", None],
        "lasts": ["PT0S", "-P9999999D"],
        "home": ["http://a.b/", None],
        "writer": ["bo@x", None],
        "any": [0, "", [], None, {"": ""}],
        "sizes": [[], [0, 2**63 - 1], [3, 3]],
    },
    "kits": {
        "word": ["ab", "é", "x y", "", None],
        "tag": ["ab", "ab-2", "e"],
        "body": ["", "ü" * 5],
        "mail": ["ann@example.com", "a@B", "x@y.z"],
        "home": ["http://a.b/", "HTTPS://A.B"],
        "worth": ["-1", "99.5", "0.01", 3],
        "ratio": [-1, 0.1, 1e300],
        "even": [True, False],
        "day": ["2024-02-29", "0001-01-01"],
        "posted": [
            "2024-01-01T00:00:00Z",
            "2024-01-01T02:00:00+02:00",
            "9999-12-31T23:59:59.999999Z",
        ],
        "zoned": ["2024-01-01T00:00:00Z", "2024-01-01T02:00:00+02:00"],
        "lasts": ["PT0S", "PT1M", "-PT60S"],
        "grade": ["a", "b"],
        "any": [{}, [], 0, False, "é", [[]]],
        "uid": ["6c0bd0b5-8f0e-4c2b-9d6d-6a6f9b0a1c11", None],
        "many": [1, 2, None],
        "spot": [
            {},
            {
                "number": -0.0,
                "flag": False,
                "at": "2024-01-01T00:00:00+02:00",
                "text": "",
                "mail": "A@B",
                "home": "HTTP://X",
            },
            {
                "uid": "6C0BD0B5-8F0E-4C2B-9D6D-6A6F9B0A1C11",
                "lasts": "PT90M",
                "number": 1e300,
            },
        ],
        "numbers": [[], [-1, -0.0, 1e300], [0.1] * 20],
        "flags": [[True, False], []],
        "days": [["2024-02-29", "0001-01-01"]],
        "uids": [["6C0BD0B5-8F0E-4C2B-9D6D-6A6F9B0A1C11"], []],
        "whole": [[-1, 9], [0] * 20],
        "sums": [["0.0001", 9, "9"], []],
        "codes": [["ab", "zz"], []],
        "moods": [["x", "x", "y"]],
        "people": [["@ann"], ["@bob", "@staff"], []],
    },
    "pairs": {
        "word": ["a", "b", "é", None],
        "home": ["http://a.b", "HTTP://A.B", "http://a.b/"],
        "worth": ["1", "1.0", 2],
        "ratio": [0, -0.0, 0.1, 0.30000000000000004],
        "day": ["2024-02-29", None],
        "date": ["2024-02-29", "9999-12-31"],
        "at": ["2024-01-01T00:00:00Z", "2024-01-01T02:00:00+02:00"],
        "zoned": ["2024-01-01T00:00:00Z", "2024-01-01T02:00:00+02:00"],
        "lasts": ["PT60S", "PT1M"],
        "grade": ["a", "b", None],
        "kit": ["ref"],
    },
    **{f"door{number}s": {"word": ["a", "b", None]} for number in range(len(DOORS))},
    "profiles": {"nick": ["ann", "é" * 9, "no"]},
    "vaults": {"word": ["xyzzy", "a"], "opens": ["ref"]},
    "posters": {
        "category": ["ref"],
        "shown": ["refs"],
        "needs": ["refs"],
        "lead": ["ref"],
    },
    "tickets": {"post": ["ref"], "next": ["ref"]},
}
WRONG: dict[str, list[Any]] = {  # for a field, or for any field
    "name": ["x" * 41],
    "slug": ["", "A", "a--b", "x" * 31, "é"],
    "title": ["", "nul\0"],
    "weight": [2**63, "7"],
    "price": ["1.234", "-1", "NaN"],
    "badge": ["", "AB-", "xAB-1", "AB-1\n", "AB-\u0661", "é\n", "é\0", "AB-1234567"],
    "label": ["", "a", "abcde", "\0\0"],
    "mail": ["", "a@", "a b@c", "a@b\n", "é@b", "a@" + "b" * 64],
    "site": ["", "x", "ftp://x", "https://x/é", "https://x" + "/" * 60],
    "there": ["2024-05-01T12:00:00", "0001-01-01T00:00:00+01:00", "2024-05-01"],
    "took": ["P1Y", "P", "PT", "1", 60, "P10000000D"],
    "mass": ["1", True, 1.1e300, 10**400],
    "born": ["2023-02-29"],
    "due": ["2024-01-01T00:00:00"],
    "code": ["no"],
    "kind": ["grey"],
    "stars": [6],
    "words": [["a"] * 4, ["a", None], ["abcdef"], "a", ["\0"], [1]],
    "sums": [["1.234"], ["1", "-1"], ["1"] * 21],
    "often": [["2024-01-01"]],
    "moods": [["red", "grey"]],
    "place": [
        {},
        {"street": None},
        {"street": "a", "flor": 1},
        {"street": "a", "rent": "1.234"},
        [],
        "a",
    ],
    "marks": [[ABSENT, ABSENT], ["no"], ABSENT],
    "about": [[], [ABSENT, ABSENT], ABSENT, "a"],
    "needs": [[], [ABSENT, ABSENT]],
    "related": [[ABSENT], "a"],
    "serial": [2**63, "1", 1.5],
    "uid": ["no", 7],
    "level": ["LOW"],
    "cost": ["-0.5001", "1.00001"],
    "count": [8, -8],
    "sizes": [[-1], [2**63], ["1"], [True]],
    "nick": ["a", "x" * 10],
    "word": ["x" * 10, "nul\0", "\ud800"],
    "body": ["x" * 6],
    "worth": ["99.51", "1e2", "1.001"],
    "ratio": ["0.1", True],
    "spot": [
        {"number": "1"},
        {"flag": 1},
        {"mail": "a"},
        {"more": 1},
        [],
        {"lasts": 1},
    ],
    "numbers": [[-1.1], [None], ["1"], [True], [0] * 21],
    "flags": [[0], ["true"]],
    "days": [["2023-02-29"]],
    "uids": [["x"]],
    "whole": [[10], [1.5]],
    "codes": [["a"], ["AB"], ["ab\n"]],
    "people": [["@ann", "@ann"], [ABSENT, "no"]],
    "grade": ["c", "A"],
    "": [None, {}, [1]],
}
REQUIRED: dict[str, set[str]] = {
    "categories": {"name"},
    "things": {"title"},
    "notes": {"topic", "thing"},
    "remarks": {"about"},
    "posts": set(),
    "replies": set(),
    "parcels": {"holder"},
    "tools": {"serial", "uid", "sizes"},
    "profiles": set(),
    "kits": {
        *(
            "body",
            "mail",
            "home",
            "worth",
            "ratio",
            "even",
            "day",
            "posted",
            "zoned",
            "lasts",
            "grade",
            "any",
            "spot",
        )
    },
    "pairs": set(),
    **{f"door{number}s": set() for number in range(len(DOORS))},
    "vaults": {"word"},
    "posters": {"needs"},
    "tickets": {"post"},
}
TARGETS = {
    "parent": "categories",
    "category": "categories",
    "thing": "things",
    "note": "notes",
    "marks": "categories",
    "others": "things",
    "about": "categories",
    "post": "posts",
    "contents": "things",
    "former": "parcels",
    "related": "posts",
    "opens": "tools",
    "shown": "categories",
    "needs": "posts",
    "lead": "posts",
    "next": "tickets",
    "kit": "kits",
}
INDEXED = {
    "categories": [],
    "things": [
        "title",
        "site",
        "there",
        "mass",
        "weight",
        "ready",
        "born",
        "due",
        "kind",
        "category",
        "marks",
    ],
    "notes": ["topic", "thing", "others"],
    "remarks": ["about"],
    "posts": ["text", "related"],
    "replies": ["post"],
    "parcels": ["holder"],
    "tools": ["level"],
    "profiles": [],
    "kits": ["mail", "worth", "lasts", "uid", "tag"],
    "pairs": ["kit"],
    **{f"door{number}s": [] for number in range(len(DOORS))},
    "vaults": [],
    "posters": ["category", "shown", "needs"],
    "tickets": ["post"],
}
SORTED: dict[str, list[tuple[list[str], str]]] = {
    "categories": [([], "slug")],
    "things": [
        (["kind"], "-price"),
        ([], "-weight"),
        ([], "due"),
        ([], "title"),
        (["ready"], "born"),
        (["kind"], "-mass"),
        ([], "-took"),
        ([], "there"),
    ],
    "notes": [(["topic"], "-stars"), (["topic"], "-created_at")],
    "tools": [([], "-ratio"), (["level"], "cost")],
    "kits": [
        (["grade", "posted"], "-worth"),
        (["grade", "many", "even"], "-mail"),
        (["grade", "many", "even", "tag"], "day"),
    ],
    **{
        plural: []
        for plural in (
            "remarks",
            "posts",
            "replies",
            "parcels",
            "profiles",
            "vaults",
            "posters",
            "tickets",
            "pairs",
        )
    },
    **{f"door{number}s": [] for number in range(len(DOORS))},
}
LISTS = [
    (plural, filters, sort)
    for plural in VALUES
    for filters, sort in [
        ([], ""),
        *(([name], "") for name in INDEXED[plural]),
        *SORTED[plural],
    ]
]
# what is listed below a row's path, or found there
SIDES = {
    "categories": ["things", "marked"],
    "things": ["notes"],
    "posts": ["replies", "relating"],
    "tools": ["vault"],
    "kits": ["pairs"],
}
UNIQUE = {
    *("tag", "home", "worth", "ratio", "at", "zoned", "lasts", "grade", "date"),
    "code",
    "label",
    "mail",
    "slug",
    "contents",
    "opens",
}
BY_KEY: list[tuple[str, str, list[str]]] = [
    (
        "categories",
        "name",
        [*VALUES["categories"]["name"], "none", "a/b", "", "x" * 300],
    ),
    ("categories", "slug", ["a", "a-2", "b-2", "e", "x" * 30, "A", "grinning"]),
    (
        "tools",
        "serial",
        ["1", "2", "-0", "01", "1.0", str(-(2**63)), str(2**63), "٣", "x"],
    ),
    (
        "tools",
        "uid",
        [
            *VALUES["tools"]["uid"],
            VALUES["tools"]["uid"][0].replace("-", "").upper(),
            "no",
        ],
    ),
    ("profiles", "account", ["@ann", "@bob", "@staff", ABSENT]),
]
ACROSS = ("posters", "tickets")  # rows of the other module
