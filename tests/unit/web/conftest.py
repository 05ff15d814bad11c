"""A made-up house to ask, without a socket."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from headframe.service.permissions import MATRIX, Actor, Permission, Role
from headframe.testing.fake_clock import FakeClock
from headframe.testing.scripted_web import ScriptedHouse

HERE = "127.0.0.1"
Ask = Callable[..., httpx.AsyncClient]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def house(tmp_path: Path, clock: FakeClock) -> Iterator[ScriptedHouse]:
    """Five miners, accounts of every role."""
    made = ScriptedHouse(tmp_path, miners=5, clock=clock)
    yield made
    made.close()


@pytest.fixture
def ask(house: ScriptedHouse) -> Ask:
    """`ask()` is a visitor's client, `ask("viewer")` one that is signed in with that role, `ask(scopes=[...])` one with an
    API token of the owner's. Clients share one application."""
    app = house.application()

    def make(role: str = "", *, scopes: list[Permission] | None = None, peer: str = HERE, **headers: str) -> Any:
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app, client=(peer, 50_000)), base_url="http://127.0.0.1:8855"
        )
        client.headers.update(headers)
        if role:
            secret = house.cookie(role)
            found = house.accounts.actor_by_cookie(secret, peer)
            assert found is not None
            client.cookies.set("headframe", secret)
            client.headers["x-csrf"] = found[1]
        if scopes is not None:
            now_ms = house.clock.unix_ms()
            owner = Actor(1, "owner", Role.OWNER, MATRIX[Role.OWNER], HERE, "session", proven_ms=now_ms)
            client.headers["authorization"] = (
                f"Bearer {house.accounts.create_token(owner, 'test', scopes, None).secret}"
            )
        return client

    return make
