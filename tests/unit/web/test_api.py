"""How the API answers, whatever the route."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from headframe.service.refusals import Conflict, Invalid, ProblemView, TooMany, Unavailable
from headframe.service.web_settings import WebSettings
from headframe.testing.fake_clock import FakeClock
from headframe.testing.scripted_web import PASSWORD, ScriptedHouse
from headframe.web import guard, visitor

Ask = Callable[..., httpx.AsyncClient]
SIGN_IN = {"name": "viewer", "password": PASSWORD}


# -- signing in -----------------------------------------------------------------------------------------------------


async def test_signing_in_gives_a_cookie_that_scripts_cannot_read_and_other_sites_cannot_use(ask: Ask) -> None:
    answer = await ask().post("/api/v1/session", json=SIGN_IN)
    assert answer.status_code == 200
    said = answer.json()
    assert (said["signed_in"], said["name"], said["role"], said["permissions"]) == (True, "viewer", "viewer", ["view"])
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("headframe=")
    for word in ("HttpOnly", "SameSite=strict", "Path=/"):
        assert word in cookie
    assert "Secure" not in cookie
    assert cookie.partition("=")[2].partition(";")[0] not in answer.text


async def test_by_https_the_cookie_is_for_https_only(house: ScriptedHouse, ask: Ask) -> None:
    from ipaddress import ip_network

    house.settings = WebSettings(trusted_proxies=(ip_network("127.0.0.1/32"),))
    answer = await ask().post("/api/v1/session", json=SIGN_IN, headers={"x-forwarded-proto": "https"})
    assert "Secure" in answer.headers["set-cookie"]


async def test_a_wrong_password_is_401_with_a_code_of_its_own(ask: Ask) -> None:
    answer = await ask().post("/api/v1/session", json={**SIGN_IN, "password": "wrong"})
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "wrong_credentials"
    assert "set-cookie" not in answer.headers


async def test_who_has_signed_out_is_nobody(ask: Ask) -> None:
    client = ask("viewer")
    assert (await client.get("/api/v1/session")).json()["signed_in"] is True
    out = await client.delete("/api/v1/session")
    assert out.status_code == 204
    client.cookies.set("headframe", "x")
    assert (await client.get("/api/v1/session")).json()["signed_in"] is False
    assert (await client.get("/api/v1/me")).status_code == 401


async def test_an_old_cookie_is_nobodys_and_a_wrong_token_is_refused(ask: Ask) -> None:
    stranger = ask()
    stranger.cookies.set("headframe", "something old")
    assert (await stranger.get("/api/v1/session")).json()["signed_in"] is False
    for header in ("Bearer nonsense", "Basic abc", "Bearer", "Bearer " + "x" * 2000):
        answer = await ask(authorization=header).get("/api/v1/session")
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "not_signed_in")
        assert answer.headers["www-authenticate"].startswith("Bearer")


# -- requests of other sites ----------------------------------------------------------------------------------------


async def test_what_changes_something_needs_the_csrf_word_when_asked_by_cookie(house: ScriptedHouse, ask: Ask) -> None:
    client = ask("owner")
    word = client.headers.pop("x-csrf")
    wrongs: list[Any] = [{}, {"x-csrf": ""}, {"x-csrf": word[:-1]}, {"x-csrf": "é".encode()}]
    for wrong in wrongs:
        answer = await client.patch("/api/v1/sources", json={"weights": {"home": 1}}, headers=wrong)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "csrf")
    assert house.world.weights["home"] == 70
    answer = await client.patch("/api/v1/sources", json={"weights": {"home": 1}}, headers={"x-csrf": word})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "https://127.0.0.1:8855"},
        {"origin": "http://127.0.0.1:9999"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
async def test_other_sites_cannot_act_not_even_sign_somebody_in(ask: Ask, headers: dict[str, str]) -> None:
    answer = await ask().post("/api/v1/session", json=SIGN_IN, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "other_site")


async def test_our_own_page_can(house: ScriptedHouse, ask: Ask) -> None:
    same = {"origin": "http://127.0.0.1:8855", "sec-fetch-site": "same-origin"}
    assert (await ask().post("/api/v1/session", json=SIGN_IN, headers=same)).status_code == 200
    house.settings = WebSettings(origin="https://mine.example")
    proxied = {"origin": "https://mine.example", "host": "mine.example"}
    assert (await ask().post("/api/v1/session", json=SIGN_IN, headers=proxied)).status_code == 200


async def test_names_that_others_could_point_at_us_are_not_answered(house: ScriptedHouse, ask: Ask) -> None:
    for host in ("evil.example", "evil.example:8855", "127.0.0.1.evil.example", "", "a b", "localhost.evil.example"):
        answer = await ask().get("/api/v1/session", headers={"host": host})
        assert answer.status_code == 421, host
        assert "web.origin" in answer.json()["error"]["remedy"]
    house.settings = WebSettings(origin="https://mine.example")
    for host in ("localhost", "10.0.0.2:8855", "[::1]:8855", "headframe", "headframe.test:8855", "mine.example"):
        assert (await ask().get("/api/v1/session", headers={"host": host})).status_code == 200, host


# -- errors ---------------------------------------------------------------------------------------------------------


def error_of(answer: httpx.Response) -> dict[str, Any]:
    """The one shape of errors."""
    error = answer.json()["error"]
    assert set(error) == {"code", "message", "remedy", "problems", "reference"}
    assert error["message"]
    for problem in error["problems"]:
        assert set(problem) == {"path", "text", "remedy"}
    assert answer.headers["cache-control"] == "no-store"
    return dict(error)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/nothing", 404, "not_found"),
        ("POST", "/api/v1/nothing", 404, "not_found"),
        ("GET", "/api", 404, "not_found"),
        ("GET", "/api/v2/session", 404, "not_found"),
        ("PUT", "/api/v1/session", 405, "method_not_allowed"),
        ("GET", "/api/v1/setup/owner", 405, "method_not_allowed"),
        ("OPTIONS", "/api/v1/session", 405, "method_not_allowed"),
        ("GET", "/static/nothing.js", 404, "not_found"),
        ("GET", "/static/../pages.py", 404, "not_found"),
        ("GET", "/static/%2e%2e/pages.py", 404, "not_found"),
    ],
)
async def test_what_is_not_there_has_the_shape_of_errors(
    ask: Ask, method: str, path: str, status: int, code: str
) -> None:
    answer = await ask("owner").request(method, path)
    if answer.headers["content-type"].startswith("text/html"):
        assert path == "/static/../pages.py"  # the client made /pages.py of it: a page
        return
    assert (answer.status_code, error_of(answer)["code"]) == (status, code)


async def test_a_wrong_body_says_where_and_repeats_nothing(ask: Ask) -> None:
    answer = await ask().post("/api/v1/session", json={"name": 5, "password": ["hunter2"], "colour": "red"})
    assert answer.status_code == 422
    assert {one["path"] for one in error_of(answer)["problems"]} == {"name", "password", "colour"}
    assert "hunter2" not in answer.text


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 10_000])
async def test_what_is_no_object_is_422(ask: Ask, content: bytes) -> None:
    answer = await ask().post("/api/v1/session", content=content, headers={"content-type": "application/json"})
    assert (answer.status_code, error_of(answer)["code"]) == (422, "invalid")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
async def test_only_json_is_taken(ask: Ask, kind: str) -> None:
    answer = await ask().post("/api/v1/session", content=b'{"name":"viewer"}', headers={"content-type": kind})
    assert (answer.status_code, error_of(answer)["code"]) == (415, "not_json")


async def test_large_bodies_are_refused_whether_they_say_their_size_or_not(ask: Ask) -> None:
    large = b'{"name":"' + b"x" * guard.MAX_BODY_BYTES + b'"}'
    kind = {"content-type": "application/json"}
    told = await ask().post("/api/v1/session", content=large, headers=kind)
    assert (told.status_code, error_of(told)["code"]) == (413, "too_large")

    async def pieces() -> Any:
        for at in range(0, len(large), 65_536):
            yield large[at : at + 65_536]

    untold = await ask().post("/api/v1/session", content=pieces(), headers=kind)
    assert (untold.status_code, error_of(untold)["code"]) == (413, "too_large")


async def test_who_has_not_signed_in_sends_little(ask: Ask) -> None:
    """It is read on the loop that serves miners, and anybody may send it."""
    kind = {"content-type": "application/json"}
    large = b'{"handle":"h","credential":{"id":[' + b"1," * guard.MAX_STRANGERS_BODY_BYTES + b"1]}}"

    async def pieces() -> Any:
        yield large[:1000]
        yield large[1000:]

    for content in (large, pieces()):
        answer = await ask().post("/api/v1/session/passkey/finish", content=content, headers=kind)
        assert (answer.status_code, error_of(answer)["code"]) == (413, "too_large")
    values = {"source": {"note": "x" * guard.MAX_STRANGERS_BODY_BYTES}}
    assert (await ask("owner").post("/api/v1/setup/finish", json={"values": values})).status_code != 413


async def test_a_body_of_many_wrong_keys_is_one_problem(ask: Ask) -> None:
    """Each problem costs some microseconds of the loop that serves miners."""
    wrong = {f"{number:x}": 1 for number in range(1_500)}
    answer = await ask().post("/api/v1/session", json=wrong)
    assert (answer.status_code, len(error_of(answer)["problems"])) == (422, 1)
    change = {"path": "web.privacy", "value": 1, **wrong}
    answer = await ask("owner").request("PATCH", "/api/v1/settings", json={"changes": [change] * 5})
    assert (answer.status_code, len(error_of(answer)["problems"])) == (422, 5)
    for path in ("weights", "paused"):
        answer = await ask("operator").request("PATCH", "/api/v1/sources", json={path: dict.fromkeys(wrong, "x")})
        assert (answer.status_code, len(error_of(answer)["problems"])) == (422, 1)


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (Conflict("taken", "choose another"), 409),
        (Invalid("no", "", [ProblemView("payout.address", "is none", "copy it")]), 422),
        (TooMany("slowly", "later", retry_after_s=7), 429),
        (Unavailable("the disk is full", "free space"), 503),
    ],
)
async def test_refusals_keep_their_words(
    house: ScriptedHouse, ask: Ask, monkeypatch: pytest.MonkeyPatch, refusal: Exception, status: int
) -> None:
    def refuse(*_: object) -> None:
        raise refusal

    monkeypatch.setattr(house.accounts, "sign_in", refuse)
    answer = await ask().post("/api/v1/session", json=SIGN_IN)
    error = error_of(answer)
    assert answer.status_code == status
    assert (error["message"], error["remedy"]) == (refusal.text, refusal.remedy)  # type: ignore[attr-defined]
    assert answer.headers.get("retry-after") == ("7" if status == 429 else None)


async def test_a_bug_gives_a_reference_that_is_in_the_log_too_and_nothing_else(
    house: ScriptedHouse, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise RuntimeError("the secret is 42")

    monkeypatch.setattr(house.world, "shaft", fail)
    with capture_logs() as said:
        answer = await ask("viewer").get("/api/v1/shaft")
    error = error_of(answer)
    assert (answer.status_code, error["code"]) == (500, "bug")
    assert "secret" not in answer.text  # a reference may happen to hold any digits
    assert len(error["reference"]) == 8
    assert [entry["event"] for entry in said if entry.get("reference") == error["reference"]] == ["bug"]


# -- how often, and whether anything changed ------------------------------------------------------------------------


async def test_an_address_that_asks_too_often_waits_and_others_do_not(ask: Ask, clock: FakeClock) -> None:
    one, other = ask(peer="192.0.2.1"), ask(peer="192.0.2.2")
    for _ in range(guard.ADDRESS_BURST):
        assert (await one.get("/api/v1/session")).status_code == 200
    answer = await one.get("/api/v1/session")
    assert (answer.status_code, error_of(answer)["code"]) == (429, "too_many")
    assert answer.headers["retry-after"] == "1"
    assert (await other.get("/api/v1/session")).status_code == 200
    clock.advance(1.0)
    assert (await one.get("/api/v1/session")).status_code == 200


async def test_a_token_that_asks_too_often_waits_wherever_it_asks_from(ask: Ask) -> None:
    from headframe.service.permissions import Permission

    client = ask(scopes=[Permission.VIEW])
    for _ in range(visitor.TOKEN_BURST):
        assert (await client.get("/api/v1/version")).status_code == 200
    elsewhere = ask(peer="192.0.2.9", authorization=client.headers["authorization"])
    answer = await elsewhere.get("/api/v1/version")
    assert (answer.status_code, error_of(answer)["code"]) == (429, "too_many")


async def test_an_answer_that_has_not_changed_is_not_sent_again(ask: Ask) -> None:
    client = ask("viewer")
    first = await client.get("/api/v1/networks")
    etag = first.headers["etag"]
    again = await client.get("/api/v1/networks", headers={"if-none-match": etag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    weak = await client.get("/api/v1/networks", headers={"if-none-match": f'"other", W/{etag}'})
    assert weak.status_code == 304
    other = await client.get("/api/v1/networks", headers={"if-none-match": '"other"'})
    assert (other.status_code, other.content) == (200, first.content)


async def test_pages_of_miners_are_cut_and_sorted(ask: Ask) -> None:
    client = ask("viewer")
    page = (await client.get("/api/v1/workers?sort=accepted&descending=false&offset=1&limit=2")).json()
    counts = [one["accepted"] for one in page["miners"]]
    assert (page["total"], len(counts)) == (5, 2)
    assert counts == sorted(counts)
    for wrong in ("limit=0", "limit=1001", "offset=-1", "sort=password", "limit=x"):
        assert (await client.get(f"/api/v1/workers?{wrong}")).status_code == 422


# -- names from the wire --------------------------------------------------------------------------------------------


async def test_hostile_names_are_json_and_nothing_else(tmp_path_factory: pytest.TempPathFactory) -> None:
    house = ScriptedHouse(tmp_path_factory.mktemp("hostile"), miners=40, hostile=True)
    transport = httpx.ASGITransport(app=house.application())
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        client.cookies.set("headframe", house.cookie("owner"))
        for path in ("workers", "overview", "shaft", "sessions", "jobs/current", "best-shares", "blocks"):
            answer = await client.get(f"/api/v1/{path}")
            assert answer.headers["content-type"] == "application/json"
            assert answer.headers["x-content-type-options"] == "nosniff"
            answer.json()
    names = {one.worker for one in house.world.rigs.rigs}
    assert "<script>alert(1)</script>" in names
    house.close()


async def test_where_there_is_no_job_the_answer_is_null(
    house: ScriptedHouse, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house.world, "current_job", lambda _source: None)
    answer = await ask("viewer").get("/api/v1/jobs/current")
    assert (answer.status_code, answer.text) == (200, "null")


async def test_the_job_of_one_source_can_be_asked_for(ask: Ask) -> None:
    client = ask("viewer")
    usual = (await client.get("/api/v1/jobs/current")).json()
    asked = (await client.get("/api/v1/jobs/current?source=ocean")).json()
    assert (usual["source"], asked["source"]) == ("home", "ocean")
    assert (await client.get("/api/v1/jobs/current?source=nowhere")).status_code == 404
    assert (await client.get(f"/api/v1/jobs/current?source={'x' * 129}")).status_code == 422


async def test_earnings_are_whole_sats_by_chain_and_not_for_visitors(house: ScriptedHouse, ask: Ask) -> None:
    (sums,) = (await ask("viewer").get("/api/v1/blocks")).json()["earned"]
    assert sums["chain"] == "btc"
    blocks = [each["block"] for each in (await ask("viewer").get("/api/v1/blocks")).json()["blocks"]]
    for outcome, name in (("matured", "spendable"), ("accepted", "maturing"), ("pending", "pending")):
        of = [block["reward_sats"] for block in blocks if block["outcome"] == outcome]
        assert (sums[f"{name}_sats"], sums[name]) == (sum(of), len(of))
    dashboard = (await ask("viewer").get("/api/v1/overview")).json()["dashboard"]
    assert dashboard["earned"] == [sums]
    (estimate,) = dashboard["expected"]
    assert isinstance(estimate["sats_per_day"], int)
    assert estimate["sats_per_day"] == sum(each["sats_per_day"] for each in estimate["by_source"])
