"""The written answers: something in every place, encodable, and refusing what the real ones refuse."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from headframe.service.history_views import RANGES
from headframe.service.queries import MinersAsk
from headframe.service.refusals import Invalid, NotFound
from headframe.testing.cockpit_samples import HOSTILE, sample_miners
from headframe.testing.scripted_queries import ScriptedQueries

HOUSES = (ScriptedQueries, ScriptedQueries.hostile, lambda: ScriptedQueries(miners_now=()))


@pytest.mark.parametrize("make", HOUSES)
async def test_every_answer_can_be_encoded(make: Callable[[], ScriptedQueries]) -> None:
    queries = make()
    page = await queries.miners(MinersAsk())
    answers: list[Any] = [page, queries.overview(), queries.dashboard(), queries.shaft(), queries.current_job()]
    answers += [await queries.miner(miner.key) for miner in page.miners]
    answers += [await queries.hashrate(span, by_source=True) for span in RANGES]
    answers += [await queries.found_blocks(), await queries.best_shares("day"), *queries.networks(), *queries.bans()]
    answers += [await queries.source_history("home", "24h"), *queries.activity(), *queries.moves(), *queries.sessions()]
    answers += [await queries.sparklines([miner.key for miner in page.miners])]
    assert all(msgspec.json.encode(answer) for answer in answers)


async def test_hostile_names_are_in_the_answers_as_they_came() -> None:
    page = await ScriptedQueries.hostile().miners(MinersAsk())
    assert {miner.worker for miner in page.miners} == set(HOSTILE)


async def test_a_thousand_miners_differ_and_are_paged() -> None:
    queries = ScriptedQueries(miners_now=sample_miners(1_000))
    page = await queries.miners(MinersAsk(offset=990, limit=100))
    assert (page.total, len(page.miners)) == (1_000, 10)
    assert len({miner.key for miner in queries.miners_now}) == 1_000
    assert len(await queries.sparklines([miner.key for miner in page.miners])) == 10


@pytest.mark.parametrize(
    ("ask", "refusal"),
    [
        (lambda queries: queries.miner("00"), NotFound),
        (lambda queries: queries.source_history("nobody", "1h"), NotFound),
        (lambda queries: queries.hashrate("2h"), Invalid),
        (lambda queries: queries.best_shares("week"), Invalid),
        (lambda queries: queries.miners(MinersAsk(sort="refusals")), Invalid),
    ],
)
async def test_what_the_real_ones_refuse_is_refused(
    ask: Callable[[ScriptedQueries], Awaitable[object]], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        await ask(ScriptedQueries())
