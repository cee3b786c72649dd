"""schemathesis finds no fault: what a document says is what is answered, to nobody, to
a user and to staff.
"""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path

import pytest
from tests.parity.systems import DOMAIN
from tests.support.contract import keeps_its_contract, member_of_staff, somebody
from tests.support.projects import new
from tests.support.samples import samples

LOOKED_UP = {
    "crud": [],
    "ecommerce": ["POST /api/orders"],
    "all types": [
        f"{method} /api/{path}"
        for plural, one in (
            ("categories", "category"),
            ("things", "thing"),
            ("notes", "note"),
            ("remarks", "remark"),
        )
        for method, path in (("POST", plural), ("PATCH", f"{plural}/{{{one}_id}}"))
    ],
}

pytestmark = [pytest.mark.samples, pytest.mark.timeout(1200)]


@pytest.mark.parametrize("domain", samples(list(LOOKED_UP), ["all types"]))
def test_what_is_answered_is_what_the_document_says(
    domain: str, tmp_path: Path
) -> None:
    options = ["--preset", domain]
    if domain == "all types":
        answers = tmp_path / "answers.json"
        domain_of_all = deepcopy(DOMAIN)
        # one more than the most of it is to be another number, also as a double
        domain_of_all["modules"]["lab"]["entities"]["thing"]["fields"]["mass"][
            "max"
        ] = 1e9
        answers.write_text(json.dumps(domain_of_all))
        options = ["--answers", str(answers)]
    project = new(tmp_path, "shop", *options, "--architecture", "monolith")
    with project.running() as url:
        keeps_its_contract(
            url, tmp_path, member_of_staff(project, url), looked_up=LOOKED_UP[domain]
        )
        keeps_its_contract(
            url, tmp_path, somebody(url), looked_up=LOOKED_UP[domain], examples=2
        )
        keeps_its_contract(url, tmp_path, looked_up=LOOKED_UP[domain], examples=2)
