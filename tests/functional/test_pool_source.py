"""The pool source against pools of every temper, over TCP."""

import asyncio
import hashlib
import ssl
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from headframe.gateway.jobbook import JobBook
from headframe.gateway.sourcebook import SourceBook, Usage
from headframe.mining.extranonce import ExtranonceLayout
from headframe.net.dial import Trust
from headframe.service.job_choice import newest_job
from headframe.sources.base import Down, JobReady, LaneLost, Noted, Settled, Up
from headframe.sources.pool.settings import Mode
from headframe.sources.scripted import EASY_BITS
from headframe.testing.conformance_source import breaches
from headframe.testing.fake_pool import FakePool, Manners, self_signed_context
from headframe.testing.loopback import eventually
from headframe.testing.pool_rig import LAYOUT, PAYOUT, Mine, mining


async def settlement(mine: Mine, token: int) -> Settled:
    return await mine.log.until(Settled, lambda event: event.token == token)


async def work_after(mine: Mine, mark: int) -> JobReady:
    return await mine.log.until(JobReady, after=mark)


# Shares ---------------------------------------------------------------------------------------------------------------


async def test_a_share_is_what_the_pool_rebuilds_rolled_or_not() -> None:
    async with FakePool() as pool, mining(pool.url) as mine:
        job = mine.job(await mine.log.until(JobReady))
        for bits in (0, 0x1FFFE000, 0x00006000):
            token = mine.source.submit(mine.share(job, version_bits=bits))
            assert (await settlement(mine, token)).outcome == "accepted"
        assert pool.version_bits_seen == {0, 0x1FFFE000, 0x00006000}
        assert not pool.rejected


async def test_every_visit_and_layout_is_what_the_pool_rebuilds() -> None:
    async with FakePool(Manners(extranonce2_size=8)) as pool, mining(pool.url) as mine:
        ready = await mine.log.until(JobReady)
        for visit in (0, 1, 77):
            assert (
                await settlement(mine, mine.source.submit(mine.share(mine.job(ready, visit))))
            ).outcome == "accepted"
        small = ready.work.job(PAYOUT, ExtranonceLayout(2, 4), 900, 3)
        mine.extranonce1 = b"\xa1\xa2"
        assert (await settlement(mine, mine.source.submit(mine.share(small)))).outcome == "accepted"
        assert not pool.rejected


async def test_a_refusal_comes_with_the_pools_reason() -> None:
    async with FakePool(Manners(verdict="refuse all")) as pool, mining(pool.url) as mine:
        token = mine.source.submit(mine.share(mine.job(await mine.log.until(JobReady))))
        settled = await settlement(mine, token)
        assert (settled.outcome, settled.reason, settled.predicted) == ("refused", "We do not like you", False)


async def test_a_pool_that_refuses_every_share_is_left_with_its_reason() -> None:
    async with FakePool(Manners(verdict="refuse all")) as pool, mining(pool.url, refusals_in_row=5) as mine:
        job = mine.job(await mine.log.until(JobReady))
        for _ in range(5):
            mine.source.submit(mine.share(job))
        assert "refuses every share: We do not like you" in (await mine.log.until(Down)).reason
        assert len([event for event in mine.log.of(Settled) if event.outcome == "refused"]) == 5


async def test_a_share_without_an_answer_is_lost_and_the_connection_stays_while_the_pool_talks() -> None:
    async with FakePool(Manners(hold_verdicts=1000)) as pool, mining(pool.url, reply_s=0.2) as mine:
        token = mine.source.submit(mine.share(mine.job(await mine.log.until(JobReady))))
        await eventually(lambda: pool.submits == 1, "the share to arrive")
        for _ in range(200):
            if mine.log.of(Settled):
                break
            pool.refresh()
            await asyncio.sleep(0.01)
        assert (await settlement(mine, token)).outcome == "lost"
        assert not mine.log.of(Down)


async def test_latency_and_connections_are_counted() -> None:
    async with FakePool() as pool, mining(pool.url) as mine:
        job = mine.job(await mine.log.until(JobReady))
        for _ in range(3):
            await settlement(mine, mine.source.submit(mine.share(job)))
        stats = mine.source.upstream_stats()
        assert stats is not None
        assert (stats.connections, stats.latency_count) == (1, 3)
        assert stats.latency_counts[-1] == 3
        assert stats.latency_sum_s > 0


async def test_a_block_leaves_before_submit_returns_and_carries_its_hash() -> None:
    async with FakePool(Manners(difficulty=1e-10), bits=EASY_BITS) as pool, mining(pool.url) as mine:
        job = mine.job(await mine.log.until(JobReady))
        share = mine.share(job, target=job.network_target)
        assert share.solution is not None
        token = mine.source.submit(share)
        settled = await settlement(mine, token)
        assert (settled.outcome, settled.block_hash) == ("accepted", share.solution.hash)
        assert [block.truth.hash for block in pool.blocks] == [share.solution.hash]


# Names ----------------------------------------------------------------------------------------------------------------


async def test_workers_go_up_under_their_own_names_once_the_pool_knows_them() -> None:
    async with FakePool() as pool, mining(pool.url) as mine:
        job = mine.job(await mine.log.until(JobReady))
        await settlement(mine, mine.source.submit(mine.share(job, worker="garage")))
        await eventually(lambda: "bc1qsomebody.garage" in pool.connections[0].workers, "the second name")
        await settlement(mine, mine.source.submit(mine.share(job, worker="garage")))
        assert pool.accepted == {"bc1qsomebody.headframe": 1, "bc1qsomebody.garage": 1}


async def test_a_pool_that_takes_one_name_gets_all_shares_under_it() -> None:
    async with FakePool(Manners(one_worker=True)) as pool, mining(pool.url) as mine:
        job = mine.job(await mine.log.until(JobReady))
        for worker in ("garage", "cellar", "garage", "attic"):
            await settlement(mine, mine.source.submit(mine.share(job, worker=worker)))
        assert pool.accepted == {"bc1qsomebody.headframe": 4}
        assert not pool.rejected
        note = await mine.log.until(Noted, lambda event: event.kind == "names")
        assert note.state == "one_name"
        assert sum(heard["method"] == "mining.authorize" for heard in pool.connections[0].heard) == 2


# Up and down ----------------------------------------------------------------------------------------------------------


async def test_a_reconnect_is_a_new_generation_and_old_shares_reach_nobody() -> None:
    async with FakePool(Manners(job_ids="counted")) as pool, mining(pool.url, retry_s=0.01) as mine:
        first = await mine.log.until(JobReady)
        late = mine.share(mine.job(first))
        mark = mine.log.mark()
        pool.drop_all()
        second = await work_after(mine, mark)
        assert (second.generation, second.work.clean) == (first.generation + 1, True)
        kinds = [type(event) for event in mine.log.events[mark:] if not isinstance(event, Noted)]
        assert kinds[:4] == [Down, LaneLost, Up, JobReady]
        settled = await settlement(mine, mine.source.submit(late))
        assert (settled.outcome, pool.submits) == ("lost", 0)
        assert (await settlement(mine, mine.source.submit(mine.share(mine.job(second))))).outcome == "accepted"
        assert not breaches(mine.log.events, "ocean", LAYOUT)


async def test_a_share_in_flight_when_the_connection_breaks_is_lost() -> None:
    async with FakePool(Manners(hold_verdicts=10)) as pool, mining(pool.url) as mine:
        token = mine.source.submit(mine.share(mine.job(await mine.log.until(JobReady))))
        await eventually(lambda: pool.submits == 1, "the share to arrive")
        pool.drop_all()
        assert (await settlement(mine, token)).outcome == "lost"


async def test_a_resumed_connection_does_not_repeat_the_search() -> None:
    async with FakePool() as pool, mining(pool.url) as mine:
        first = await mine.log.until(JobReady)
        one = mine.job(first)
        mark = mine.log.mark()
        pool.drop_all()
        again = mine.job(await work_after(mine, mark))
        assert pool.connections[0].resumed
        assert (again.branch, again.prev_hash, again.coinbase2) == (one.branch, one.prev_hash, one.coinbase2)
        assert again.coinbase1[:-4] == one.coinbase1[:-4]
        assert again.coinbase1 != one.coinbase1 or again.ntime != one.ntime


async def test_a_block_whose_connection_broke_goes_up_when_the_session_is_resumed() -> None:
    async with FakePool(Manners(difficulty=1e-10, moves_on=False), bits=EASY_BITS) as pool, mining(pool.url) as mine:
        job = mine.job(await mine.log.until(JobReady))
        block = mine.share(job, target=job.network_target)
        issued = pool.connections[0].issued
        pool.drop_all()
        await mine.log.until(Down)
        token = mine.source.submit(block)
        await eventually(lambda: pool.connections and pool.connections[0].worked, "the connection")
        pool.connections[0].issued.update(issued)
        assert (await settlement(mine, token)).outcome == "accepted"


async def test_the_next_url_serves_until_the_preferred_one_is_back() -> None:
    async with FakePool(seed=2) as backup, FakePool(seed=3) as preferred:
        await preferred.stop()
        async with mining(preferred.url, backup.url) as mine:
            await mine.log.until(JobReady)
            assert mine.source.status().endpoint == backup.url
            note = await mine.log.until(Noted, lambda event: event.kind == "backup")
            assert "connection refused" in note.text
            assert "Look after the preferred address" in note.remedy
            mark = mine.log.mark()
            await preferred.start()
            ready = await work_after(mine, mark)
            assert mine.source.status().endpoint == preferred.url
            assert ready.work.clean
            assert not [event for event in mine.log.events[mark:] if isinstance(event, Down | LaneLost)]
            assert (await settlement(mine, mine.source.submit(mine.share(mine.job(ready))))).outcome == "accepted"
            await eventually(lambda: not backup.connections, "the backup to be left")
            assert not breaches(mine.log.events, "ocean", LAYOUT)


async def test_when_the_preferred_one_dies_the_next_takes_over_at_once() -> None:
    async with FakePool(seed=2) as backup, FakePool(seed=3) as preferred, mining(preferred.url, backup.url) as mine:
        await mine.log.until(JobReady)
        mark = mine.log.mark()
        await preferred.stop()
        await work_after(mine, mark)
        assert mine.source.status().endpoint == backup.url


async def test_a_pool_that_falls_silent_is_down_in_words() -> None:
    async with FakePool() as pool, mining(pool.url, no_job_s=0.2, reply_s=0.2, handshake_s=0.2) as mine:
        await mine.log.until(JobReady)
        pool.freeze()
        down = await mine.log.until(Down)
        assert "has gone silent: no job for" in down.reason
        assert "add a backup" in down.remedy


async def test_a_pool_that_answers_when_asked_is_not_silent_until_its_work_is_old() -> None:
    async with FakePool() as pool, mining(pool.url, no_job_s=0.1, reply_s=0.5, max_job_age_s=1.0) as mine:
        await mine.log.until(JobReady)
        pings = lambda: sum(heard["method"] == "mining.ping" for one in pool.connections for heard in one.heard)  # noqa: E731
        await eventually(lambda: pings() >= 2, "two pings")
        assert not mine.log.of(Down)
        assert "no job for 1 s" in (await mine.log.until(Down)).reason


async def test_a_pool_that_does_not_answer_a_share_and_says_nothing_else_is_silent() -> None:
    async with FakePool() as pool, mining(pool.url, reply_s=0.2) as mine:
        job = mine.job(await mine.log.until(JobReady))
        pool.freeze()
        token = mine.source.submit(mine.share(job))
        assert (await settlement(mine, token)).outcome == "lost"
        assert "no answer for 0.2 s" in (await mine.log.until(Down)).reason


async def test_a_refused_user_is_told_and_tried_again() -> None:
    async with (
        FakePool(Manners(take_worker=lambda user, password: "unknown address")) as pool,
        mining(pool.url) as mine,
    ):
        down = await mine.log.until(Down)
        assert down.reason.endswith("refuses our user: bc1qsomebody.headframe: unknown address")
        assert "`wallet`" in down.remedy
        assert mine.source.status().reason == down.reason
        pool.manners.take_worker = lambda user, password: "" if password == "x" else "wrong password"
        await mine.log.until(JobReady)
        assert mine.source.status().up


async def test_a_handshake_that_takes_too_long_is_told() -> None:
    async with FakePool(Manners(handshake_delay_s=30.0)) as pool, mining(pool.url, handshake_s=0.1) as mine:
        assert "gave no work within 0.1 s" in (await mine.log.until(Down)).reason
        pool.manners.handshake_delay_s = 0.0
        await mine.log.until(JobReady)


async def test_nobody_there_is_told_once_and_noted() -> None:
    async with FakePool() as pool:
        url = pool.url
    async with mining(url) as mine:
        down = await mine.log.until(Down)
        assert down.reason == f"cannot connect to the pool at {url}: connection refused"
        await asyncio.sleep(0.1)
        assert len(mine.log.of(Down)) == 1


@pytest.mark.parametrize(
    "rubbish", [b"hello\n", b"{" * 300_000, b"[[[[1]]]]\n", b'{"id":null,"method":"mining.notify","params":["1",2]}\n']
)
async def test_a_pool_that_misbehaves_is_left_and_tried_again(rubbish: bytes) -> None:
    async with FakePool() as pool, mining(pool.url) as mine:
        await mine.log.until(JobReady)
        mark = mine.log.mark()
        pool.say_raw(rubbish)
        down = await mine.log.until(Down)
        assert "does not speak as a pool should" in down.reason
        assert (await work_after(mine, mark)).work.clean


async def test_reconnects_of_a_pool_that_hangs_up_at_once_are_paced() -> None:
    async with (
        FakePool(Manners(hang_up_after="mining.authorize")) as pool,
        mining(pool.url, retry_s=0.1, max_retry_s=10.0) as mine,
    ):
        await mine.log.until(Down)
        await asyncio.sleep(0.5)
        assert 1 <= pool.served <= 6


# What a pool changes --------------------------------------------------------------------------------------------------


async def test_another_difficulty_reaches_the_next_work_at_once_and_never_an_issued_job() -> None:
    async with FakePool(Manners(strict_difficulty=True)) as pool, mining(pool.url) as mine:
        ready = await mine.log.until(JobReady)
        job = mine.job(ready)
        crossed = mine.share(job, target=job.source_target)
        mark = mine.log.mark()
        pool.set_difficulty(pool.difficulty * 64)
        again = await work_after(mine, mark)
        harder = mine.job(again)
        assert not again.work.clean
        assert harder.source_target < job.source_target
        assert (harder.coinbase1, harder.ntime) != (job.coinbase1, job.ntime)
        settled = await settlement(mine, mine.source.submit(crossed))
        assert (settled.outcome, settled.predicted) == ("refused", True)
        assert (await settlement(mine, mine.source.submit(mine.share(harder)))).outcome == "accepted"
        assert not breaches(mine.log.events, "ocean", LAYOUT)


async def test_a_difficulty_that_comes_with_its_job_is_one_piece_of_work() -> None:
    async with FakePool() as pool, mining(pool.url) as mine:
        await mine.log.until(JobReady)
        mark = mine.log.mark()
        pool.set_difficulty(pool.difficulty * 2)
        pool.refresh()
        await work_after(mine, mark)
        pool.new_block()
        await mine.log.until(JobReady, lambda event: event.work.clean, after=mark)
        assert len([event for event in mine.log.events[mark:] if isinstance(event, JobReady)]) == 2


async def test_another_extranonce_holds_from_the_next_job_on() -> None:
    async with FakePool() as pool, mining(pool.url) as mine:
        before = mine.job(await mine.log.until(JobReady))
        mark = mine.log.mark()
        pool.set_extranonce(10)
        assert (await settlement(mine, mine.source.submit(mine.share(before)))).outcome == "accepted"
        pool.refresh()
        after = mine.job(await work_after(mine, mark))
        assert (before.visit_size, after.visit_size, mine.source.extranonce_room) == (0, 2, 10)
        for job in (after, before):
            assert (await settlement(mine, mine.source.submit(mine.share(job)))).outcome == "accepted"


async def test_the_identical_job_again_is_another_search() -> None:
    async with FakePool() as pool, mining(pool.url) as mine:
        first = mine.job(await mine.log.until(JobReady))
        mark = mine.log.mark()
        pool.resend()
        second = mine.job(await work_after(mine, mark))
        assert (first.coinbase1, first.ntime) != (second.coinbase1, second.ntime)
        assert (await settlement(mine, mine.source.submit(mine.share(second)))).outcome == "accepted"


async def test_what_a_pool_voids_is_void_also_on_the_same_tip() -> None:
    async with FakePool() as pool, mining(pool.url) as mine:
        ready = await mine.log.until(JobReady)
        mark = mine.log.mark()
        pool.refresh(clean=True)
        assert (await work_after(mine, mark)).work.clean
        settled = await settlement(mine, mine.source.submit(mine.share(mine.job(ready))))
        assert (settled.outcome, settled.predicted) == ("refused", True)


async def test_a_narrower_version_mask_holds_at_once() -> None:
    async with FakePool() as pool, mining(pool.url) as mine:
        await mine.log.until(JobReady)
        mark = mine.log.mark()
        pool.set_version_mask(0x00C00000)
        job = mine.job(await work_after(mine, mark))
        assert (job.version_mask, mine.source.version_mask) == (0x00C00000, 0x00C00000)
        note = await mine.log.until(Noted, lambda event: event.kind == "version_rolling")
        assert (note.state, "00c00000" in note.text) == ("less_rolling", True)
        assert (
            await settlement(mine, mine.source.submit(mine.share(job, version_bits=0x00400000)))
        ).outcome == "accepted"


async def test_a_pool_without_version_rolling_is_noted_and_served() -> None:
    async with FakePool(Manners(version_mask=0)) as pool, mining(pool.url) as mine:
        job = mine.job(await mine.log.until(JobReady))
        assert (job.version_mask, mine.source.version_mask) == (0, 0)
        assert (await mine.log.until(Noted, lambda event: event.kind == "version_rolling")).state == "no_rolling"
        assert (await settlement(mine, mine.source.submit(mine.share(job)))).outcome == "accepted"


async def test_a_small_room_is_noted_and_one_that_nobody_fits_is_not_used() -> None:
    async with FakePool(Manners(extranonce2_size=3)) as pool, mining(pool.url) as mine:
        assert "leaves us 3 bytes of extranonce" in (await mine.log.until(Down)).reason
        pool.manners.extranonce2_size = 4
        ready = await mine.log.until(JobReady)
        assert mine.source.extranonce_room == 4
        assert (await mine.log.until(Noted, lambda event: event.kind == "room")).state == "small_room"
        mine.extranonce1 = b"\xa1\xa2"
        job = ready.work.job(PAYOUT, ExtranonceLayout(2, 2), 1)
        share = mine.share(job, extranonce2=b"\x00\x07")
        assert (await settlement(mine, mine.source.submit(share))).outcome == "accepted"


async def test_room_that_shrinks_below_what_sessions_use_places_them_anew() -> None:
    async with FakePool() as pool, mining(pool.url) as mine:
        mine.job(await mine.log.until(JobReady))
        mark = mine.log.mark()
        pool.set_extranonce(6)
        pool.refresh()
        ready = await work_after(mine, mark)
        kinds = [type(event) for event in mine.log.events[mark:] if not isinstance(event, Noted)]
        assert kinds == [Down, LaneLost, Up, JobReady]
        assert ready.work.clean
        assert mine.source.extranonce_room == 6
        assert pool.served == 1
        mark = mine.log.mark()
        pool.set_extranonce(5)
        pool.refresh()
        await work_after(mine, mark)
        assert not [event for event in mine.log.events[mark:] if isinstance(event, LaneLost)]


@pytest.mark.parametrize("extranonce2", [4, 8], ids=["fits", "too large"])
async def test_looking_at_a_pool_between_its_jobs_leaves_no_trace(extranonce2: int) -> None:
    """What the cockpit and the metrics ask for, however often, and also where sessions get more than the pool's room."""
    async with FakePool(seed=2) as pool, mining(pool.url) as mine, mining(pool.url) as unseen:
        book = SourceBook(extranonce2)
        book.add(mine.source, Usage())
        hub: Any = SimpleNamespace(sources=book, book=JobBook(9), payouts=SimpleNamespace(unnumbered=PAYOUT))
        ready, other = await mine.log.until(JobReady), await unseen.log.until(JobReady)
        book.went_up("ocean")
        seat = book.get("ocean")
        assert seat is not None
        for number in range(4):
            book.has("ocean", ready.work, float(number))
            seen = [newest_job(hub, seat) for _ in range(100)]
            assert (None not in seen) is (extranonce2 == 4)
            marks = mine.log.mark(), unseen.log.mark()
            pool.resend() if number % 2 else pool.refresh()
            ready, other = await work_after(mine, marks[0]), await work_after(unseen, marks[1])
            assert [type(event) for event in mine.log.events[marks[0] :]] == [JobReady]
        job, plain = mine.job(ready), unseen.job(other)
        assert (job.coinbase2, job.ntime, job.visit_size) == (plain.coinbase2, plain.ntime, plain.visit_size)
        assert (await settlement(mine, mine.source.submit(mine.share(job)))).outcome == "accepted"


async def test_a_pool_that_asks_us_to_reconnect_is_obeyed_without_a_gap() -> None:
    async with FakePool(seed=2) as there, FakePool(seed=3) as here, mining(here.url, steady_s=0.0) as mine:
        await mine.log.until(JobReady)
        mark = mine.log.mark()
        here.reconnect_all("127.0.0.1", there.port)
        ready = await work_after(mine, mark)
        assert there.connections
        await eventually(lambda: not here.connections, "the old place to be left")
        assert not [event for event in mine.log.events[mark:] if isinstance(event, Down | LaneLost)]
        assert (await settlement(mine, mine.source.submit(mine.share(mine.job(ready))))).outcome == "accepted"
        assert not here.submits


async def test_a_pool_that_sends_everybody_away_at_once_is_met_with_pauses() -> None:
    async with FakePool() as pool, mining(pool.url) as mine:
        await mine.log.until(JobReady)
        pool.reconnect_all()
        assert "asked us to come back later" in (await mine.log.until(Down)).reason
        await mine.log.until(JobReady, lambda event: event.generation == 2)


async def test_control_messages_change_nothing() -> None:
    async with FakePool() as pool, mining(pool.url) as mine:
        await mine.log.until(JobReady)
        pool.tell_all("client.show_message", ["maintenance at noon"])
        pool.tell_all("client.get_version", [], 77)
        pool.tell_all("mining.ping", [], 78)
        pool.tell_all("mining.dance", ["x"], 79)
        await eventually(lambda: len(pool.connections[0].said) >= 3, "our answers")
        assert pool.connections[0].said[0]["result"].startswith("headframe")
        assert not mine.log.of(Down)


async def test_a_flood_of_jobs_reaches_the_miners_at_a_bearable_pace() -> None:
    async with FakePool() as pool, mining(pool.url) as mine:
        await mine.log.until(JobReady)
        for _ in range(500):
            pool.refresh()
            await asyncio.sleep(0)
        last = pool.current.job_id
        await mine.log.until(JobReady, lambda event: event.work.offer.job_id == last)  # type: ignore[attr-defined]
        assert len(mine.log.of(JobReady)) < 50


# A connection for each miner ------------------------------------------------------------------------------------------


async def test_each_miner_has_its_own_connection_and_one_is_ready_for_the_next() -> None:
    async with FakePool() as pool, mining(pool.url, mode=Mode.PER_MINER) as mine:
        first = await mine.log.until(JobReady)
        assert mine.source.lease("a") == first.work.lane
        lanes = {mine.source.lease(name) for name in "abc"}
        assert len(lanes) == 3
        for lane in lanes:
            ready = await mine.log.until(JobReady, lambda event, lane=lane: event.work.lane == lane)  # type: ignore[misc]
            token = mine.source.submit(mine.share(mine.job(ready)))
            assert (await settlement(mine, token)).outcome == "accepted"
        await eventually(lambda: len(pool.connections) == 4, "three connections and a spare one")
        stats = mine.source.upstream_stats()
        assert stats is not None
        assert stats.connections == 4


async def test_a_released_connection_waits_for_late_shares_and_is_closed_then() -> None:
    async with FakePool() as pool, mining(pool.url, mode=Mode.PER_MINER, linger_s=0.2) as mine:
        await mine.log.until(JobReady)
        lane = mine.source.lease("a")
        await eventually(lambda: len(pool.connections) == 2, "a spare connection")
        ready = await mine.log.until(JobReady, lambda event: event.work.lane == lane)
        mine.source.release("a")
        assert (await settlement(mine, mine.source.submit(mine.share(mine.job(ready))))).outcome == "accepted"
        await mine.log.until(LaneLost)
        await eventually(lambda: len(pool.connections) == 1, "the idle connection to close")
        assert not mine.log.of(Down)


async def test_a_miner_that_comes_back_gets_its_connection_back() -> None:
    async with FakePool() as pool, mining(pool.url, mode=Mode.PER_MINER) as mine:
        await mine.log.until(JobReady)
        lanes = [mine.source.lease("a"), mine.source.lease("b")]
        mine.source.release("a")
        mine.source.release("b")
        assert [mine.source.lease("a"), mine.source.lease("b")] == lanes
        assert pool.served <= 3


async def test_one_miners_broken_connection_costs_the_others_nothing() -> None:
    async with FakePool() as pool, mining(pool.url, mode=Mode.PER_MINER) as mine:
        await mine.log.until(JobReady)
        lane = mine.source.lease("a")
        await eventually(lambda: len(pool.connections) == 2, "two connections")
        await mine.log.until(JobReady, lambda event: event.work.lane != lane)
        mark = mine.log.mark()
        pool.connections[0].cut()
        lost = await mine.log.until(LaneLost, after=mark)
        assert lost.lane == lane
        again = await mine.log.until(JobReady, lambda event: event.work.lane == lane, after=mark)
        assert again.work.clean
        assert not mine.log.of(Down)
        assert not breaches(mine.log.events, "ocean", LAYOUT)


async def test_beyond_the_bound_miners_share_and_are_never_refused() -> None:
    async with FakePool() as pool, mining(pool.url, mode=Mode.PER_MINER, max_connections=2) as mine:
        await mine.log.until(JobReady)
        lanes = [mine.source.lease(name) for name in "abcd"]
        assert len(set(lanes)) == 2
        assert (await mine.log.until(Noted, lambda event: event.kind == "connections")).state == "connections_full"
        await eventually(lambda: len(pool.connections) == 2, "two connections")
        for name in "abc":
            mine.source.release(name)
        await mine.log.until(Noted, lambda event: event.kind == "connections" and event.state == "")


async def test_shared_sessions_that_do_not_fit_one_connection_get_another() -> None:
    async with FakePool() as pool, mining(pool.url, sessions_per_connection=2) as mine:
        await mine.log.until(JobReady)
        lanes = [mine.source.lease(name) for name in "abcde"]
        assert [lanes.count(lane) for lane in dict.fromkeys(lanes)] == [2, 2, 1]
        await eventually(lambda: len(pool.connections) == 3, "three connections")


# TLS ------------------------------------------------------------------------------------------------------------------


def fingerprint_of(folder: Path) -> bytes:
    der = ssl.PEM_cert_to_DER_cert((folder / "certificate.pem").read_text())
    return hashlib.sha256(der).digest()


async def test_a_pinned_certificate_is_enough(tmp_path: Path) -> None:
    async with FakePool(tls=self_signed_context(tmp_path)) as pool:
        trust = Trust(fingerprint=fingerprint_of(tmp_path))
        async with mining(pool.url, trust=trust) as mine:
            job = mine.job(await mine.log.until(JobReady))
            assert (await settlement(mine, mine.source.submit(mine.share(job)))).outcome == "accepted"


async def test_a_file_of_cas_is_enough(tmp_path: Path) -> None:
    async with FakePool(tls=self_signed_context(tmp_path)) as pool:
        trust = Trust(ca_file=tmp_path / "certificate.pem")
        async with mining(pool.url, trust=trust) as mine:
            await mine.log.until(JobReady)


@pytest.mark.parametrize(
    ("trust", "words"),
    [(Trust(), "its certificate is not trusted"), (Trust(fingerprint=bytes(32)), "not the pinned one")],
)
async def test_a_certificate_that_is_not_trusted_is_told_and_our_name_is_not(
    tmp_path: Path, trust: Trust, words: str
) -> None:
    async with FakePool(tls=self_signed_context(tmp_path)) as pool, mining(pool.url, trust=trust) as mine:
        down = await mine.log.until(Down)
        assert words in down.reason
        assert "`tls_fingerprint`" in down.remedy
        assert not [heard for one in pool.connections for heard in one.heard]


async def test_a_port_without_tls_is_told() -> None:
    async with FakePool() as pool, mining(pool.url.replace("+tcp", "+ssl"), connect_s=0.3) as mine:
        assert f"127.0.0.1:{pool.port}" in (await mine.log.until(Down)).reason
