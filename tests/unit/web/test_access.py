"""Who may ask what: every route, every kind of asker."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from headframe.service.permissions import MATRIX, Permission, Privacy, Role
from headframe.service.web_settings import WebSettings
from headframe.testing.scripted_web import ScriptedHouse
from headframe.web.access import RULES, Who
from headframe.web.areas import PREFIX, Spec
from headframe.web.document import document
from headframe.web.routes import specs
from headframe.web.visitor import SAFE

Ask = Callable[..., httpx.AsyncClient]
EVERY = specs()
VALUES = {"id": "999", "key": "k", "folder": "reference", "name": "home", "address": "192.0.2.1"}
STREAM = "GET /events"


def path_of(spec: Spec) -> str:
    return PREFIX + spec.path.format(**VALUES)


def body_of(spec: Spec) -> dict[str, Any]:
    """A body of the right shape for this route."""
    made = document()
    operation = made["paths"][PREFIX + spec.path][spec.method.lower()]
    if "requestBody" not in operation:
        return {}
    name = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    samples = {"string": "x", "boolean": True, "integer": 1, "number": 1.0, "object": {"name": "x"}, "array": []}
    schema = made["components"]["schemas"][name]
    body = {}
    for field in schema.get("required", ()):
        inner = schema["properties"][field]
        kind = inner.get("type") or next((one["type"] for one in inner.get("anyOf", ()) if "type" in one), "string")
        body[field] = inner["enum"][-1] if "enum" in inner else samples[kind]
    if name == "PreviewBody":
        body["weights"] = {"home": 1}
    return {"json": body}


async def sent(client: httpx.AsyncClient, spec: Spec) -> httpx.Response:
    return await client.request(spec.method, path_of(spec), **body_of(spec))


def test_every_route_has_a_rule_and_every_rule_a_route() -> None:
    keys = [spec.key for spec in EVERY]
    assert len(set(keys)) == len(keys)
    assert set(keys) == set(RULES)


def test_what_changes_something_is_never_for_visitors() -> None:
    """But for becoming somebody."""
    open_to_all = {spec.key for spec in EVERY if spec.method not in SAFE and spec.rule.needs is Who.ANYBODY}
    assert open_to_all == {
        "POST /session",
        "POST /session/passkey/begin",
        "POST /session/passkey/finish",
        "POST /session/link",
        "POST /setup/owner",
    }
    assert not [spec.key for spec in EVERY if spec.method not in SAFE and spec.rule.visitors is not None]


@pytest.mark.parametrize("privacy", list(Privacy))
async def test_visitors_get_what_privacy_allows_and_401_for_the_rest(
    house: ScriptedHouse, ask: Ask, privacy: Privacy
) -> None:
    house.settings = WebSettings(privacy=privacy)
    order = list(Privacy)
    client = ask()
    for spec in EVERY:
        if spec.rule.needs is Who.ANYBODY or spec.key == STREAM:
            continue
        allowed = spec.rule.visitors is not None and order.index(spec.rule.visitors) <= order.index(privacy)
        status = (await sent(client, spec)).status_code
        assert (status != 401) == allowed, (spec.key, status)


@pytest.mark.parametrize("role", [role.value for role in Role])
async def test_each_role_gets_403_for_what_it_may_not_and_nothing_else_does(
    house: ScriptedHouse, ask: Ask, role: str
) -> None:
    client = ask(role)
    for spec in EVERY:
        if spec.key in (STREAM, "DELETE /session", "DELETE /me/sessions/{id}") or spec.rule.needs is Who.ANYBODY:
            continue
        answer = await sent(client, spec)
        allowed = not isinstance(spec.rule.needs, Permission) or spec.rule.needs in MATRIX[Role(role)]
        if not allowed:
            assert answer.status_code == 403, spec.key
            assert answer.json()["error"]["code"] == "not_allowed"
        elif role == "owner":
            assert answer.status_code not in (401, 403), (spec.key, answer.text)


@pytest.mark.parametrize("asker", ["viewer", "token"])
async def test_who_may_only_look_changes_nothing(house: ScriptedHouse, ask: Ask, asker: str) -> None:
    client = ask("viewer") if asker == "viewer" else ask(scopes=[Permission.VIEW])
    before = house.commands.settings, dict(house.world.weights), dict(house.world.banned), dict(house.world.rigs.pins)
    for spec in EVERY:
        if spec.method in SAFE or spec.rule.needs is Who.ANYBODY:
            continue
        if asker == "viewer" and spec.rule.needs is Who.PERSON:
            continue  # its own account is its own
        answer = await sent(client, spec)
        assert answer.status_code == 403, (spec.key, answer.text)
    after = house.commands.settings, dict(house.world.weights), dict(house.world.banned), dict(house.world.rigs.pins)
    assert after == before


async def test_a_token_that_may_only_act_sees_nothing(ask: Ask) -> None:
    client = ask(scopes=[Permission.WEIGHTS])
    assert (await client.get("/api/v1/overview")).status_code == 403
    assert (await client.get("/api/v1/events")).status_code == 403
    changed = await client.patch("/api/v1/sources", json={"weights": {"home": 60}})
    assert (changed.status_code, changed.json()[0]["after"]) == (200, {"source.home.weight": 60})


async def test_visitors_are_told_no_address_and_no_name(house: ScriptedHouse, ask: Ask) -> None:
    house.settings = WebSettings(privacy=Privacy.WORKERS)
    client = ask()
    for spec in EVERY:
        if spec.method != "GET" or spec.rule.visitors is None or spec.key == STREAM:
            continue
        key = house.world.rigs.rigs[0].key
        text = (await client.get(PREFIX + spec.path.format(**{**VALUES, "key": key}))).text
        for hidden in ("bc1qexample", "192.168.", "127.0.0.1:", "pool.example"):
            assert hidden not in text, (spec.key, text[:2000])


async def test_visitors_cannot_search_for_what_they_may_not_see(house: ScriptedHouse, ask: Ask) -> None:
    house.settings = WebSettings(privacy=Privacy.WORKERS)
    client = ask()
    for query in ("text=bc1q", "firmwares=x", "sort=identity", "sort=firmware"):
        assert (await client.get(f"/api/v1/workers?{query}")).status_code == 403
    assert (await client.get("/api/v1/workers?sort=h24h")).status_code == 200
