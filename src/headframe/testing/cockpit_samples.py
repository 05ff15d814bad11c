"""Answers of the cockpit, written down: something in every place.

Responsible for: one sample of each view that `service.queries.CockpitQueries` answers with, and the same house with names
that somebody chose to hurt whoever looks.
Not responsible for: being true; answering (`testing.scripted_queries`).
Read next: `service.queries`.
"""

import math

import msgspec

from headframe.service.earning_views import Earned, Expected, ExpectedOfSource
from headframe.service.history_views import (
    RANGES,
    ActivityView,
    BestShare,
    BlocksView,
    Chance,
    CoinbaseOutput,
    CurrentJob,
    Dashboard,
    Flow,
    FoundBlock,
    HashrateSeries,
    NetworkView,
    Shaft,
    SourceHistory,
)
from headframe.service.miner_views import BanView, MinerView, MoveView, ShareView, miner_alias, miner_key
from headframe.service.views import BlockView, Hashrates, SessionView

NOW_MS = 1_800_000_090_000
PAYEE = "bcrt1qqypqxpq9qcrsszg2pvxq6rs0zqg3yyc5phstwt"
HASH_HEX = "00000000000000000001" + "ab" * 22

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'; DROP TABLE workers; --",
    "{{7*7}}${7*7}",
    "javascript:alert(1)",
    "\u202egnp.exe\u202c",
    "a" * 64,
    "\u0000\u0007\u001b[31mred",
    "ключ 鍵 🔥",
)
"""Names as they may come off the wire."""

_PLAIN = ("bitaxe", "s19-rack-04", "avalon", "", "garage")
_STATES = ("mining", "mining", "rejecting", "silent", "offline")
_RATES = Hashrates(1.2e12, 1.1e12, 1.0e12, 0.9e12, 0.8e12)


def sample_miners(count: int = 5, *, hostile: bool = False) -> tuple[MinerView, ...]:
    """So many miners, of all states in turn; a few are pinned, offline ones know little."""
    names = HOSTILE if hostile else _PLAIN
    miners = []
    for number in range(count):
        worker, state = names[number % len(names)], _STATES[number % len(_STATES)]
        if number >= len(names):
            worker = f"{worker}-{number}"
        here = state != "offline"
        miners.append(
            MinerView(
                key=miner_key(PAYEE, worker),
                alias=miner_alias(PAYEE, worker),
                identity=PAYEE,
                worker=worker,
                state=state,
                sessions=int(here),
                sources=("home",) if here and number % 2 else ("home", "ocean") if here else (),
                pinned_to="ocean" if number % 5 == 1 else None,
                hashrate=msgspec.structs.replace(_RATES, h1h=1e12 * (number + 1)),
                difficulty=1024.0 * (number + 1) if here else None,
                accepted=1000 * number + 7,
                rejected=number,
                refusals={"stale": number} if number else {},
                best_difficulty_today=5000.0 * number or None,
                best_difficulty=70_000.0 * number or None,
                first_seen_ms=NOW_MS - 86_400_000 * (number + 1) if number else None,
                last_share_ms=NOW_MS - 60_000 * number if number else None,
                connected_ms=NOW_MS - 3_600_000 if here else None,
                firmware=(names[0] if hostile else "ESP-Miner 2.6") if here else "",
                device_class="Bitaxe" if here else "",
                protocol=("V1", "V1 TLS")[number % 2] if here else "",
            )
        )
    return tuple(miners)


def sample_sessions(miner: MinerView) -> tuple[SessionView, ...]:
    """One for each that the miner has."""
    return tuple(
        SessionView(
            f"{number:016x}",
            f"192.0.2.{number + 1}",
            "plain",
            "sv1",
            miner.firmware,
            miner.device_class,
            (miner.worker,),
            miner.sources[0],
            miner.difficulty,
            3600.0,
            4.0,
            miner.accepted,
            miner.rejected,
        )
        for number in range(miner.sessions)
    )


def sample_shares(miner: MinerView) -> tuple[ShareView, ...]:
    """An accepted one, and one of each kind of explanation."""
    told: tuple[tuple[str, dict[str, str | int | float]], ...] = (
        ("", {}),
        ("above_target", {"met": 900.0, "required": 1024.0}),
        ("stale", {"void_for_s": 7.5, "allowed_s": 5.0}),
        ("job_not_found", {"job_id": "ff"}),
        ("bad_nonce", {"sent": HOSTILE[0], "expected_digits": 8}),
    )
    return tuple(
        ShareView(
            NOW_MS - 1000 * number,
            miner.key,
            miner.alias,
            "0" * 16,
            "home",
            "1f",
            1024.0,
            900.0 * (number + 1),
            reason,
            why,
        )
        for number, (reason, why) in enumerate(told)
    )


def sample_moves(miner: MinerView) -> tuple[MoveView, ...]:
    """There and back again."""
    return (
        MoveView(NOW_MS - 30_000, miner.key, miner.alias, "0" * 16, "ocean", "home", "balance"),
        MoveView(NOW_MS - 60_000, miner.key, miner.alias, "0" * 16, "home", "ocean", "slice"),
    )


def sample_best(miner: MinerView, difficulty: float = 123_456.0) -> BestShare:
    return BestShare(NOW_MS - 5_000, miner.key, miner.alias, "home", difficulty)


def sample_blocks(miner: MinerView) -> BlocksView:
    """One of each outcome; the oldest was found before effort was kept."""
    outcomes = (("accepted", "", 1), ("stale", "", 0), ("rejected", "high-hash", 0), ("matured", "", 144))
    blocks = []
    for number, (outcome, reason, confirmations) in enumerate(outcomes):
        view = BlockView(
            NOW_MS - 3_600_000 * (number + 1),
            HASH_HEX,
            812_000 - number,
            "home",
            miner.identity,
            miner.worker,
            312_500_000 + number,
            outcome,
            reason,
            confirmations,
            "btc",
        )
        effort = None if number == len(outcomes) - 1 else 0.4 + number
        link = f"https://explorer.example/block/{HASH_HEX}" if number else ""
        blocks.append(FoundBlock(view, miner.key, miner.alias, effort, 100, link))
    outcomes_by_name = {name: 1 for name, _, _ in sorted(outcomes)}
    return BlocksView(4, tuple(blocks), outcomes_by_name, 0.9, 0.35, sample_earned())


def sample_earned() -> tuple[Earned, ...]:
    """Of a chain that is mined, and of one whose source is gone."""
    gone = Earned("", spendable_sats=625_000_000, maturing_sats=0, pending_sats=0, spendable=1, unknown=1)
    return gone, Earned("btc", 312_500_003, 312_500_000, 0, spendable=1, maturing=1)


def sample_expected() -> tuple[Expected, ...]:
    """An own node's and a pool's, and a pool that has not answered yet."""
    new = ExpectedOfSource("spare", "pool", 1e12, None)
    known = (ExpectedOfSource("home", "node", 7e12, 520), ExpectedOfSource("ocean", "pool", 3e12, 223))
    return Expected("bch", None, False, (new,)), Expected("btc", 743, True, known)


def sample_series(span: str, miner: MinerView, *, by_source: bool = False) -> HashrateSeries:
    """A wave, of which the first tenth is before the first start and one step is without any work."""
    seconds, step_s = RANGES[span]
    count = seconds // step_s + 1
    now_s = NOW_MS // 1000
    from_s = now_s - now_s % step_s - (count - 1) * step_s
    wave = [1e12 * (1.5 + math.sin(place / 5)) for place in range(count)]
    rates = [None if place < count // 10 else rate for place, rate in enumerate(wave)]
    rates[count // 2] = 0.0
    blocks = tuple(each.block for each in sample_blocks(miner).blocks if each.block.time_ms >= from_s * 1000)
    return HashrateSeries(
        range=span,
        step_s=step_s,
        from_s=from_s,
        hashrate=tuple(rates),
        shares=tuple(0 if not rate else 40 for rate in rates),
        rejected=tuple(place % 3 for place in range(count)),
        by_source={"home": tuple(rate * 0.7 for rate in wave), "ocean": tuple(rate * 0.3 for rate in wave)}
        if by_source
        else {},
        best=tuple(
            BestShare((from_s + place * step_s) * 1000, miner.key, miner.alias, "home", 1000.0 * 1.5 ** (place % 20))
            for place in range(count // 10, count, 4)
        ),
        blocks=blocks,
        moves=tuple(int(place % 7 == 0) for place in range(count)),
        refusals={"stale": tuple(place % 3 for place in range(count))},
    )


def sample_job() -> CurrentJob:
    """A node's, with an output of each kind."""
    script = "0014" + "00" * 20
    return CurrentJob(
        source="home",
        source_kind="node",
        job_id="1f",
        height=812_000,
        prev_hash_hex=HASH_HEX,
        version_hex="20000000",
        ntime=1_800_000_000,
        network_difficulty=8e13,
        age_s=3.0,
        reward_sats=312_512_345,
        fees_sats=12_345,
        transactions=2_345,
        weight=3_993_210,
        coinbase_hex="02000000" + "00" * 100,
        tag="/Headframe/",
        extranonce_at=60,
        outputs=(
            CoinbaseOutput("payout", 306_262_098, PAYEE, script),
            CoinbaseOutput("fee", 6_250_247, PAYEE, script),
            CoinbaseOutput("data", 0, "", "6a0401020304"),
            CoinbaseOutput("commitment", 0, "", "6a24aa21a9ed" + "11" * 32),
        ),
        commitment_hex="11" * 32,
        miners=4,
    )


def sample_dashboard(miners: tuple[MinerView, ...]) -> Dashboard:
    states: dict[str, int] = {}
    for miner in miners:
        states[miner.state] = states.get(miner.state, 0) + 1
    best = sample_best(miners[0]) if miners else None
    return Dashboard(
        now_ms=NOW_MS,
        hashrate=_RATES,
        shares_5m=400,
        accepted_24h=115_200,
        rejected_24h={"stale": 30, "duplicate": 2},
        best_today=best,
        best_ever=sample_best(miners[0], 9_876_543.0) if miners else None,
        chance=Chance(3.2e9, 2.7e-5),
        networks=sample_networks(),
        miners=states,
        earned=sample_earned(),
        expected=sample_expected(),
    )


def sample_networks() -> tuple[NetworkView, ...]:
    """One that is known, and one of which only the difficulty is."""
    return (
        NetworkView("bch", 5e11, None, None, 21_600.0, 1_209_600.0),
        NetworkView("btc", 8e13, 6.1e20, 5.9e20, 21_600.0, 1_209_600.0),
    )


def sample_shaft(miners: tuple[MinerView, ...]) -> Shaft:
    flows = [Flow(m.key, m.alias, source, m.hashrate.h5m / len(m.sources)) for m in miners for source in m.sources]
    return Shaft(NOW_MS, (*flows, Flow("", "", "home", 3e12, 60)))


def sample_source_history(name: str, span: str) -> SourceHistory:
    seconds, step_s = RANGES[span]
    count = seconds // step_s + 1
    now_s = NOW_MS // 1000
    return SourceHistory(
        source=name,
        step_s=step_s,
        from_s=now_s - now_s % step_s - (count - 1) * step_s,
        delivered=tuple(None if place < count // 10 else 0.68 + 0.04 * (place % 2) for place in range(count)),
        hashrate=tuple(0.7e12 for _ in range(count)),
        wanted_now=0.7,
        delivered_1h=0.702,
        delivered_24h=0.699,
        upstream={"accepted": 900, "refused": 12, "lost": 1},
        refusals={"stale": 10, "other": 2},
    )


def sample_activity(miner: MinerView) -> tuple[ActivityView, ...]:
    """One of each kind, newest first."""
    told: tuple[tuple[str, str, dict[str, str | int | float | bool | None]], ...] = (
        ("block", "block_found", {"height": 812_000, "worker": miner.worker, "source": "home"}),
        ("alert", "source_down", {"source": "spare", "reason": "cannot connect"}),
        ("session", "session_opened", {"worker": miner.worker, "peer": "192.0.2.1", "agent": miner.firmware}),
        ("move", "session_moved", {"worker": miner.worker, "source": "home", "to": "ocean", "reason": "balance"}),
        ("source", "source_up", {"source": "ocean", "generation": 2}),
        ("job", "job_ready", {"source": "home", "height": 812_001, "clean": True}),
        ("command", "weights_set", {"actor": "anna"}),
    )
    return tuple(
        ActivityView(f"{100 - place}", NOW_MS - 1000 * place, kind, name, fields)
        for place, (kind, name, fields) in enumerate(told)
    )


def sample_bans() -> tuple[BanView, ...]:
    return (
        BanView("198.51.100.7", NOW_MS + 600_000, "misbehaviour"),
        BanView("2001:db8::/64", NOW_MS + 60_000, "operator"),
    )
