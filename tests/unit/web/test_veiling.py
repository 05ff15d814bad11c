"""What is taken out of large answers is taken out beside the loop that serves miners."""

import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from headframe.service import veil
from headframe.testing.scripted_web import ScriptedHouse
from headframe.web import visitor

Ask = Callable[..., httpx.AsyncClient]


@pytest.mark.parametrize("path", ["workers", "sessions"])
async def test_a_viewers_answer_is_veiled_in_a_thread_and_one_after_the_other(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """A thousand miners take some forty milliseconds."""
    where: set[threading.Thread] = set()

    def noted(*given: Any) -> Any:
        where.add(threading.current_thread())
        return veil.veiled(*given)

    monkeypatch.setattr(visitor, "veiled", noted)
    for _ in range(3):
        assert (await ask("viewer").get(f"/api/v1/{path}")).status_code == 200
    assert len(where) == 1
    assert threading.current_thread() not in where


async def test_connections_are_cut_into_pages(house: ScriptedHouse, ask: Ask) -> None:
    every = (await ask("operator").get("/api/v1/sessions")).json()
    assert len(every) > 2
    page = await ask("operator").get("/api/v1/sessions", params={"offset": 1, "limit": 1})
    assert page.json() == every[1:2]
    assert (await ask("operator").get("/api/v1/sessions", params={"limit": 1001})).status_code == 422
