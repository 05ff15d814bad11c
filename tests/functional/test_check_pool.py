"""`headframe check` against pools over real TCP and TLS."""

import asyncio
import hashlib
import json
import socket
import ssl
from pathlib import Path

import pytest

from headframe.app.check_pool import check_source
from headframe.app.check_report import CheckResult, State
from headframe.cli.commands import exit_code
from headframe.config import PoolSource, parse
from headframe.net.clock import SystemClock
from headframe.testing.fake_pool import FakePool, Manners, fake_pool, self_signed_context

ADDRESS = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
EASY_BITS = 0x207FFFFF
"""Regtest's."""
PATIENT_S = 10.0
IMPATIENT_S = 0.5


def source(*urls: str, extra: str = "") -> PoolSource:
    listed = ", ".join(f'"{url}"' for url in urls)
    (found,) = parse(
        f'[[source]]\nname = "ocean"\nkind = "pool"\nnetwork = "regtest"\nurl = [{listed}]\nwallet = "{ADDRESS}"\n{extra}',
        {},
    ).source
    assert isinstance(found, PoolSource)
    return found


async def report(*urls: str, extra: str = "", patience_s: float = PATIENT_S) -> dict[str, CheckResult]:
    """Results by what they are about: "" for the connection itself."""
    found = await check_source(source(*urls, extra=extra), SystemClock(), patience_s)
    prefix = f"ocean pool {urls[0]}"
    return {result.name.removeprefix(prefix).strip(): result for result in found}


def closed_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"stratum+tcp://127.0.0.1:{server.getsockname()[1]}"


def fingerprint(certificate: Path) -> str:
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate.read_text())).hexdigest()


async def test_a_good_pool_is_told_with_extranonce_mask_user_job_and_latency() -> None:
    async with FakePool(Manners(difficulty=0.25), bits=EASY_BITS) as pool:
        found = await report(pool.url)
    assert {result.state for result in found.values()} == {State.OK}
    assert "answers in" in found[""].text
    assert found["extranonce"].text == "8 bytes of extranonce2"
    assert found["version rolling"].text == "granted, bits 1fffe000"
    assert found["user"].text == "accepted"
    assert "share difficulty 0.25" in found["job"].text


def test_it_works_on_the_loop_that_the_server_runs_on() -> None:
    uvloop = pytest.importorskip("uvloop")

    async def good_pool_seen() -> dict[str, CheckResult]:
        async with FakePool(bits=EASY_BITS) as pool:
            return await report(pool.url)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        found = runner.run(good_pool_seen())
    assert {result.state for result in found.values()} == {State.OK}


async def test_a_pool_that_nobody_runs_fails_with_a_remedy() -> None:
    found = await report(closed_port())
    assert found[""].state is State.FAIL
    assert "connection refused" in found[""].text
    assert found[""].remedy


async def test_trouble_with_a_backup_is_a_warning_while_another_address_works() -> None:
    async with FakePool(bits=EASY_BITS) as pool:
        found = await report(closed_port(), pool.url)
    assert found[""].state is State.WARN
    assert State.FAIL not in {result.state for result in found.values()}


async def test_a_user_that_the_pool_refuses_fails_with_its_reason() -> None:
    async with FakePool(Manners(take_worker=lambda user, _: "no such account", work_at="mining.subscribe")) as pool:
        found = await report(pool.url)
    assert found["user"].state is State.FAIL
    assert "no such account" in found["user"].text
    assert "wallet" in found["user"].remedy


async def test_the_user_is_the_template_filled_in() -> None:
    asked: list[str] = []

    def take(user: str, _: str) -> str:
        asked.append(user)
        return ""

    async with FakePool(Manners(take_worker=take), bits=EASY_BITS) as pool:
        await report(pool.url, extra='user = "{wallet}.{worker}"\n')
    assert asked == [f"{ADDRESS}.headframe"]


async def test_a_pool_that_says_nothing_fails_within_the_time_given() -> None:
    async with FakePool(Manners(mute=True)) as pool:
        found = await report(pool.url, patience_s=IMPATIENT_S)
    assert found["job"].state is State.FAIL
    assert "no work within 0.5 s" in found["job"].text


async def test_a_pool_that_hangs_up_fails() -> None:
    async with FakePool(Manners(hang_up_after="mining.subscribe")) as pool:
        found = await report(pool.url)
    assert found["job"].state is State.FAIL
    assert "closed the connection" in found["job"].text


@pytest.mark.parametrize(("size", "state"), [(2, State.FAIL), (4, State.WARN), (8, State.OK)])
async def test_too_small_an_extranonce_is_told(size: int, state: State) -> None:
    async with FakePool(Manners(extranonce2_size=size), bits=EASY_BITS) as pool:
        found = await report(pool.url)
    assert found["extranonce"].state is state


async def test_a_pool_without_version_rolling_is_a_warning() -> None:
    async with FakePool(Manners(version_mask=0), bits=EASY_BITS) as pool:
        found = await report(pool.url)
    assert found["version rolling"].state is State.WARN


async def test_a_pool_of_another_network_is_told_by_its_jobs() -> None:
    async with FakePool(bits=0x1702F128) as pool:
        found = await report(pool.url)
    assert found["network"].state is State.WARN


async def test_tls_that_nobody_vouches_for_fails_and_the_pinned_certificate_is_taken(tmp_path: Path) -> None:
    async with FakePool(bits=EASY_BITS, tls=self_signed_context(tmp_path)) as pool:
        refused = await report(pool.url)
        right, wrong = fingerprint(tmp_path / "certificate.pem"), "ab" * 32
        pinned = await report(pool.url, extra=f'tls_fingerprint = "{right}"\n')
        mistaken = await report(pool.url, extra=f'tls_fingerprint = "{wrong}"\n')
    assert refused[""].state is State.FAIL
    assert "not trusted" in refused[""].text
    assert pinned[""].state is State.OK
    assert "TLS" in pinned[""].text
    assert mistaken[""].state is State.FAIL
    assert right in mistaken[""].text.replace(":", "")


def test_the_command_reports_the_pool_beside_doubts_and_what_a_reload_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("headframe.cli.logs.set_up", lambda **_: None)  # the log belongs to the whole test run
    with fake_pool(bits=EASY_BITS) as pool:
        text = (
            f'[web]\nenabled = false\n[stratum]\nlisten = "127.0.0.1:0"\n[data]\ndir = "{tmp_path}"\n'
            f'[[source]]\nname = "ocean"\nkind = "pool"\nnetwork = "regtest"\nurl = "{pool.pool.url}"\n'
            f'user = "account"\nwallet = "{ADDRESS}"\n'
        )
        (tmp_path / "now.toml").write_text(text + "weight = 30\n")
        (tmp_path / "next.toml").write_text(text + "weight = 70\n")
        code = exit_code(
            ["check", "--json", "--config", str(tmp_path / "next.toml"), "--running", str(tmp_path / "now.toml")]
        )
    results = json.loads(capsys.readouterr().out)["checks"]
    texts = {(result["name"], result["state"]): result["text"] for result in results}
    assert code == 0, results
    assert "1 pool" in texts["configuration", "ok"]
    assert "is not used" in texts["configuration", "warn"]
    assert "takes over source.ocean.weight" in texts["reload", "ok"]
    assert any(name.endswith(" job") and state == "ok" for name, state in texts)
