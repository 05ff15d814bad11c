"""Bodies that no browser sends: each is answered as what it is, and none as a bug of ours."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Ask = Callable[..., httpx.AsyncClient]

LONE = '"\\ud800"'
"""Half of a letter: JSON has it, UTF-8 has not."""


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


@pytest.mark.parametrize("value", [LONE, "NaN", "1e999", "null", nested(900), "{}", "[{}]", '"%00"', '{"\\ud800":1}'])
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("session", '{"name":VALUE,"password":VALUE}'),
        ("session", '{"name":"ada","password":"b","code":VALUE}'),
        ("session", '{"name":"ada","password":"b",LONE:VALUE}'),
        ("session/link", '{"secret":VALUE}'),
        ("session/passkey/finish", '{"handle":VALUE,"credential":{"id":VALUE}}'),
        ("session/passkey/finish", '{"handle":"HANDLE","credential":{"id":VALUE,"response":VALUE,"rawId":VALUE}}'),
        ("session/passkey/finish", '{"handle":"HANDLE","credential":{LONE:VALUE}}'),
        ("setup/owner", '{"setup_secret":VALUE,"name":"ada","password":"a password"}'),
    ],
)
async def test_of_strangers(ask: Ask, path: str, body: str, value: str) -> None:
    client = ask()
    begun = await client.post("/api/v1/session/passkey/begin", headers={"host": "localhost:8855"})
    text = body.replace("HANDLE", begun.json().get("handle", "")).replace("VALUE", value).replace("LONE", LONE)
    answer = await client.post(f"/api/v1/{path}", content=text, headers={"content-type": "application/json"})
    assert answer.status_code in (401, 409, 422, 429), answer.text


@pytest.mark.parametrize("value", [LONE, "NaN", "1e999", nested(900), '{"a":"\\ud800"}', '{"\\ud800":1}', "9" * 4000])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "settings", '{"changes":[{"path":"web.privacy","value":VALUE}]}'),
        ("POST", "sources", '{"values":{"name":VALUE,"kind":"node"}}'),
        ("POST", "sources", '{"values":{"name":"x","kind":"node","rpc":VALUE}}'),
        ("POST", "sources/test", '{"values":{"name":"x","kind":"node","rpc":VALUE}}'),
        ("PATCH", "sources/home", '{"values":{"user":VALUE}}'),
        ("POST", "setup/check-node", '{"values":{"rpc":VALUE}}'),
        ("POST", "setup/finish", '{"values":{"payout":{"tag":VALUE}}}'),
        ("POST", "me/passkeys/finish", '{"handle":"x","name":"x","credential":{"id":VALUE}}'),
        ("PUT", "workers/abc/pin", '{"source":VALUE}'),
    ],
)
async def test_of_an_owner(ask: Ask, method: str, path: str, body: str, value: str) -> None:
    answer = await ask("owner").request(
        method, f"/api/v1/{path}", content=body.replace("VALUE", value), headers={"content-type": "application/json"}
    )
    assert answer.status_code < 500 or answer.status_code == 503, answer.text


async def test_in_queries(ask: Ask) -> None:
    odd: dict[str, Any] = {"text": "\ud7ff\x00", "sort": "h1h", "offset": 2**53, "limit": 1000}
    assert (await ask("owner").get("/api/v1/workers", params=odd)).status_code == 200
