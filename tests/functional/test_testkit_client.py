"""The independent client against a small scripted server over real sockets."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from headframe.testing.client import ClientTrouble, Sv1Client, wait_for
from headframe.testing.fake_pool import FakePool, Manners, self_signed_context


async def test_a_solved_share_is_accepted_rolled_and_not_rolled() -> None:
    def play() -> None:
        with Sv1Client("127.0.0.1", pool.port) as client:
            job = client.begin("alice.one")
            assert client.version_mask == 0x1FFFE000
            assert client.submit(client.solve(job)).accepted
            assert client.submit(client.solve(job, version_bits=0x00A0_E000)).accepted

    async with FakePool(Manners(difficulty=1e-7)) as pool:
        await asyncio.to_thread(play)
        assert pool.accepted == {"alice.one": 2}
        assert pool.version_bits_seen == {0, 0x00A0_E000}


async def test_the_same_over_tls(tmp_path: Path) -> None:
    def play() -> None:
        with Sv1Client("127.0.0.1", pool.port, tls=True) as client:
            assert client.submit(client.solve(client.begin("alice.one"))).accepted

    async with FakePool(Manners(difficulty=1e-7), tls=self_signed_context(tmp_path)) as pool:
        await asyncio.to_thread(play)


async def test_refusals_come_back_with_their_reasons() -> None:
    def play() -> None:
        with Sv1Client("127.0.0.1", pool.port) as client:
            job = client.begin("alice.one")
            share = client.solve(job)
            assert client.submit(share).accepted
            assert client.submit(share).error[1] == "Duplicate share"
            assert client.submit(client.solve(job, miss=True)).error[1] == "Difficulty too low"
            assert client.submit(replace(share, job_id="nope")).error[1] == "Job not found"
            assert client.submit(share, user="mallory").error[1] == "Unauthorized worker"

    async with FakePool(Manners(difficulty=1e-7)) as pool:
        await asyncio.to_thread(play)


async def test_it_follows_new_jobs_and_difficulties() -> None:
    def play() -> None:
        with Sv1Client("127.0.0.1", pool.port) as client:
            first = client.begin("alice.one")
            pool.manners.difficulty = 3e-7
            loop.call_soon_threadsafe(lambda: pool.refresh(clean=True))
            second = client.wait_job(fresh=True)
            assert second.clean
            assert (first.difficulty, second.difficulty) == (1e-7, 3e-7)
            assert list(client.jobs) == [second.job_id]
            assert client.submit(client.solve(second)).accepted

    loop = asyncio.get_running_loop()
    async with FakePool(Manners(difficulty=1e-7)) as pool:
        await asyncio.to_thread(play)


async def test_answers_are_matched_by_id_when_requests_are_pipelined() -> None:
    def play() -> None:
        with Sv1Client("127.0.0.1", pool.port) as client:
            job = client.begin("alice.one")
            sent = [client.submit_only(client.solve(job)) for _ in range(8)]
            assert all(client.answer(request).accepted for request in reversed(sent))

    async with FakePool(Manners(difficulty=1e-8)) as pool:
        await asyncio.to_thread(play)


async def test_notifications_and_a_closing_server_are_seen() -> None:
    def play() -> None:
        with Sv1Client("127.0.0.1", pool.port) as client:
            client.begin("alice.one")
            loop.call_soon_threadsafe(lambda: pool.tell_all("client.show_message", ["bye"]))
            assert client.wait_notification("client.show_message") == ["bye"]
            loop.call_soon_threadsafe(pool.drop_all)
            assert client.closed_by_server()

    loop = asyncio.get_running_loop()
    async with FakePool() as pool:
        await asyncio.to_thread(play)


async def test_a_server_that_is_silent_is_trouble_in_bounded_time() -> None:
    def play() -> None:
        with (
            Sv1Client("127.0.0.1", pool.port, timeout=0.2) as client,
            pytest.raises(ClientTrouble, match="did not come"),
        ):
            client.configure()

    async with FakePool() as pool:
        pool.manners.mute = True
        await asyncio.to_thread(play)


def test_waiting_for_what_never_comes_ends() -> None:
    with pytest.raises(ClientTrouble, match="rain did not come true"):
        wait_for(lambda: False, 0.05, what="rain")
    assert wait_for(lambda: "sun", 0.05) == "sun"
