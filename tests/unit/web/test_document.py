"""The document about the API."""

import json
import re

from headframe.web.access import Who
from headframe.web.areas import PREFIX
from headframe.web.document import document, encoded
from headframe.web.reference import api_page
from headframe.web.routes import specs


def test_every_route_is_described_with_what_it_needs_and_answers() -> None:
    paths = document()["paths"]
    for spec in specs():
        operation = paths[PREFIX + spec.path][spec.method.lower()]
        assert operation["description"], spec.key
        assert operation["x-needs"] == spec.rule.needs.value
        assert bool(operation["security"]) == (spec.rule.needs is not Who.ANYBODY)
        answer = operation["responses"][str(spec.status)]
        assert ("content" in answer) == (spec.answers is not None)
        assert {"4XX", "5XX"} <= set(operation["responses"])
    assert sum(len(methods) for methods in paths.values()) == len(specs())


def test_every_reference_leads_somewhere() -> None:
    text = encoded().decode()
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', text))
    assert named <= set(document()["components"]["schemas"])
    assert set(json.loads(text)["paths"]) == set(document()["paths"])


def test_no_answer_has_a_place_for_a_password_hash() -> None:
    for name, schema in document()["components"]["schemas"].items():
        assert not [field for field in schema.get("properties", ()) if "hash" in field and "password" in field], name


def test_the_page_names_every_route_once() -> None:
    page = api_page()
    for spec in specs():
        assert page.count(f"| `{spec.method} {spec.path}` |") == 1
