"""The overview is made once for everybody, and anew for whoever has just changed something."""

from types import SimpleNamespace
from typing import Any, cast

from headframe.service.veil import Audience
from headframe.testing.scripted_queries import ScriptedQueries
from headframe.web.moment import FRESH_S, Moment


def test_it_is_made_once_while_it_is_fresh_and_again_after_a_change() -> None:
    queries, now = ScriptedQueries(), [100.0]
    parts = SimpleNamespace(clock=SimpleNamespace(monotonic=lambda: now[0]), queries=queries)
    moment = Moment(cast("Any", parts))
    looks = []
    for step in (0.0, FRESH_S / 2, 0.0, FRESH_S):
        now[0] += step
        moment.overview(Audience.PRIVATE)
        looks.append(queries.looks)
    assert looks == [1, 1, 1, 2]
    moment.forget()
    moment.overview(Audience.PRIVATE)
    assert queries.looks == 3
