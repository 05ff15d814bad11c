"""Charts, miners, bests and blocks as the cockpit is told them: a real store, and miners by hand."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from headframe.journal.segments import SegmentJournal
from headframe.ledger.facts import (
    Account,
    BlockFound,
    BlockSettled,
    Credit,
    Refusal,
    ShareBatch,
    Terms,
    UpstreamSettled,
)
from headframe.service.dashboard import DashboardDesk
from headframe.service.earning_views import Expected, ExpectedOfSource
from headframe.service.earnings import Prospect, needed_of
from headframe.service.history import MATURITY, History
from headframe.service.history_views import RANGES, Chance
from headframe.service.miner_views import miner_key
from headframe.service.miners import Miners
from headframe.service.queries import MinersAsk
from headframe.service.refusals import Invalid, NotFound, Unavailable
from headframe.store.fold import StoreWriter
from headframe.store.ledger_store import Store
from headframe.store.past import Past
from headframe.store.worker_table import WorkerTable
from headframe.testing.fake_clock import FakeClock

WORK = 2**70
BITS = 0x1D00FFFF
NEEDED = 2**256 // ((0xFFFF << 208) + 1)
PAYEE = "bcrt1qqypqxpq9qcrsszg2pvxq6rs0zqg3yyc5phstwt"


def here(**more: object) -> SimpleNamespace:
    """A live miner."""
    known = {
        "state": "mining",
        "sessions": 1,
        "sources": ("home",),
        "pinned_to": None,
        "fixed_difficulty": None,
        "difficulty": 512.0,
        "connected_since": 990.0,
        "firmware": "ESP-Miner 2.6",
        "device_class": "Bitaxe",
        "protocol": "V1",
        "accepted": 0,
        "rejected": 0,
        "refusals": {},
    }
    return SimpleNamespace(**known | more)


class House:
    """A store to put facts into, and what the cockpit makes of it."""

    def __init__(self, directory: Path) -> None:
        self.clock = FakeClock()
        self.journal = SegmentJournal(directory / "journal", reserve_bytes=0)
        self.store = Store.open(directory)
        self.writer = StoreWriter(self.store, self.journal, self.clock)
        self.writer.fold_once()
        self.live: dict[tuple[str, str], SimpleNamespace] = {}
        self.looks = 0
        self.looked = asyncio.Event()
        self.moved: list[int] = []
        self.prospects: dict[str, Prospect] = {}
        past = Past(self.store)
        self.miners = Miners(WorkerTable(self.store), self.look, lambda identity, worker: None, self.clock)
        self.history = History(
            past,
            self.miners,
            self.clock,
            chains=lambda: {"home": "btc", "pool": "bch"},
            explorers=lambda: {"btc": "https://explorer.example/block/{hash}"},
            moved_ms=lambda account: self.moved,
            needed=lambda: needed_of(self.prospects),
        )
        networks = SimpleNamespace(views=lambda: ())
        self.desk = DashboardDesk(past, self.miners, self.writer, networks, lambda: self.prospects, self.clock)  # type: ignore[arg-type]

    def look(self) -> dict[tuple[str, str], SimpleNamespace]:
        self.looks += 1
        self.looked.set()
        return self.live

    def share(
        self, worker: str = "rig1", *, count: int = 1, best: int = 9, source: str = "home", identity: str = PAYEE
    ) -> None:
        terms = Terms(source, 1, 7, BITS, 1, WORK)
        row = Credit(Account(identity, worker, "sv1"), terms, count, bytes(31) + bytes([best]))
        self.journal.append([ShareBatch(self.clock.unix_ms(), [row], [])])

    def refuse(self, worker: str = "rig1", reason: str = "stale", count: int = 1) -> None:
        row = Refusal(Account(PAYEE, worker, "sv1"), "home", reason, count)
        self.journal.append([ShareBatch(self.clock.unix_ms(), [], [row])])

    def found(self, number: int, source: str = "home") -> None:
        account = Account(PAYEE, "rig1", "sv1")
        when = self.clock.unix_ms()
        self.journal.append([BlockFound(when, bytes([number]) * 32, 7, source, 1, account, 1, 50, BITS)])

    def fold(self) -> None:
        self.writer.fold_once()

    async def aliases(self, **ask: object) -> list[str]:
        return [miner.alias for miner in (await self.miners.page(MinersAsk(**ask))).miners]  # type: ignore[arg-type]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.journal.close()
    made.store.close()


# -- miners ---------------------------------------------------------------------------------------------------------


async def test_a_miner_is_what_the_store_has_and_what_its_sessions_say(house: House) -> None:
    house.share(count=3)
    house.refuse(count=2)
    house.fold()
    house.live[PAYEE, "rig1"] = here(pinned_to="home")
    house.clock.advance(60)
    page = await house.miners.page(MinersAsk())
    (miner,) = page.miners
    assert (miner.state, miner.sources, miner.difficulty, miner.pinned_to) == ("mining", ("home",), 512.0, "home")
    assert (miner.accepted, miner.rejected, miner.refusals) == (3, 2, {"stale": 2})
    assert miner.hashrate.h1h == pytest.approx(3 * WORK / 60)
    assert miner.best_difficulty == miner.best_difficulty_today
    assert (miner.first_seen_ms, miner.connected_ms) == (house.clock.unix_ms() - 60_000, house.clock.unix_ms() - 70_000)
    assert (page.total, page.matching, page.states, page.firmwares) == (1, 1, {"mining": 1}, {"ESP-Miner 2.6": 1})


async def test_who_never_had_a_share_is_there_while_connected_and_who_left_is_offline(house: House) -> None:
    house.share("gone")
    house.fold()
    house.live[PAYEE, "new"] = here()
    miners = {miner.alias: miner for miner in (await house.miners.page(MinersAsk())).miners}
    assert miners["new"].state == "mining"
    assert (miners["new"].best_difficulty, miners["new"].first_seen_ms, miners["new"].last_share_ms) == (None,) * 3
    assert miners["gone"].state == "offline"
    assert (miners["gone"].difficulty, miners["gone"].connected_ms, miners["gone"].sources) == (None, None, ())
    series = await house.history.hashrate("1h", key=miners["new"].key)
    assert sum(series.shares) == 0


async def test_refusals_of_nobody_make_no_miner(house: House) -> None:
    house.journal.append([ShareBatch(1, [], [Refusal(Account("", "", "sv1"), "", "unauthorized", 1)])])
    house.fold()
    assert (await house.miners.page(MinersAsk())).total == 0


async def test_all_who_look_within_two_seconds_see_one_table(house: House) -> None:
    await asyncio.gather(*(house.miners.page(MinersAsk()) for _ in range(5)))
    assert house.looks == 1
    house.clock.advance(1.9)
    await house.miners.page(MinersAsk())
    assert house.looks == 1
    house.clock.advance(0.2)
    await house.miners.page(MinersAsk())
    assert house.looks == 2


async def test_a_table_is_made_again_after_somebody_who_asked_went_away(house: House) -> None:
    gone = asyncio.get_running_loop().create_task(house.miners.page(MinersAsk()))
    await asyncio.sleep(0)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    assert (await house.miners.page(MinersAsk())).total == 0


async def test_who_is_refused_most_for_what_it_sends_comes_first(house: House) -> None:
    for name, good, refused in (("large", 100, 10), ("small", 2, 1), ("fine", 5, 0)):
        house.share(name, count=good)
        if refused:
            house.refuse(name, count=refused)
    house.fold()
    house.clock.advance(60)
    assert await house.aliases(sort="reject_share") == ["small", "large", "fine"]
    assert await house.aliases(sort="rejected") == ["large", "small", "fine"]


async def test_miners_are_filtered_sorted_and_paged(house: House) -> None:
    for number, name in enumerate(("anton", "Berta", "caesar"), 1):
        house.share(name, count=number)
    house.fold()
    house.clock.advance(60)
    house.live[PAYEE, "anton"] = here(firmware="cgminer", sources=("pool",), difficulty=2.0)
    house.live[PAYEE, "Berta"] = here(state="rejecting", difficulty=1.0)
    assert await house.aliases(sort="h1h") == ["caesar", "Berta", "anton"]
    assert await house.aliases(sort="alias", descending=False) == ["anton", "Berta", "caesar"]
    assert await house.aliases(sort="difficulty", descending=False) == ["Berta", "anton", "caesar"]
    assert await house.aliases(sort="difficulty", descending=True) == ["anton", "Berta", "caesar"], "unknown is last"
    assert await house.aliases(states=("offline", "rejecting"), sort="alias") == ["caesar", "Berta"]
    assert await house.aliases(sources=("pool",)) == ["anton"]
    assert await house.aliases(firmwares=("cgminer",)) == ["anton"]
    assert await house.aliases(text="BERT") == ["Berta"]
    assert await house.aliases(text="esp-") == ["Berta"]
    assert await house.aliases(sort="accepted", offset=1, limit=1) == ["Berta"]
    assert await house.aliases(sort="accepted", offset=7, limit=-1) == []
    page = await house.miners.page(MinersAsk(states=("offline",)))
    assert (page.total, page.matching, page.states) == (3, 1, {"mining": 1, "rejecting": 1, "offline": 1})


@pytest.mark.parametrize("sort", ["hashrate", "refusals", "nonsense", "__class__", ""])
async def test_an_order_that_is_none_is_refused(house: House, sort: str) -> None:
    with pytest.raises(Invalid):
        await house.miners.page(MinersAsk(sort=sort))


async def test_whose_a_miner_is_cannot_be_found_out_by_searching_or_sorting(house: House) -> None:
    house.share("", identity=PAYEE)
    house.share("zz", identity="aaaa")
    house.fold()
    assert await house.aliases(text=PAYEE[:12]) == []
    assert len(await house.aliases(text=PAYEE[:12], private=True)) == 1
    by_alias = await house.aliases(sort="alias")
    assert await house.aliases(sort="identity") == await house.aliases(sort="worker") == by_alias


async def test_a_key_of_nobody_is_not_found_and_one_of_somebody_is_known_again(house: House) -> None:
    house.share()
    house.fold()
    key = miner_key(PAYEE, "rig1")
    assert house.miners.known_now(key) is None, "nobody has looked yet"
    assert (await house.miners.one(key)).worker == "rig1"
    assert house.miners.known_now(key) == (PAYEE, "rig1")
    with pytest.raises(NotFound):
        await house.miners.one("00")
    with pytest.raises(NotFound):
        await house.history.hashrate("1h", key="00")


# -- charts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("span", RANGES)
async def test_a_chart_holds_all_shares_of_its_range_and_is_as_long_everywhere(house: House, span: str) -> None:
    house.share(count=3)
    house.share("rig2", count=2, source="pool")
    house.refuse(count=4)
    house.fold()
    house.moved = [house.clock.unix_ms()]
    house.clock.advance(30)
    series = await house.history.hashrate(span, by_source=True)
    count = len(series.hashrate)
    assert len(series.shares) == len(series.rejected) == len(series.moves) == count
    assert (sum(series.shares), sum(series.rejected), sum(series.moves)) == (5, 4, 1)
    assert {reason: sum(each) for reason, each in series.refusals.items()} == {"stale": 4}
    assert all(len(each) == count for each in (*series.by_source.values(), *series.refusals.values()))
    rate = 5 * WORK / 30
    assert max(each or 0.0 for each in series.hashrate) == pytest.approx(rate)
    assert max(series.by_source["pool"]) == pytest.approx(rate * 2 / 5)
    assert series.hashrate.count(None) >= count - 2, "nothing is known of before the first start"


async def test_the_chart_of_a_miner_and_of_a_source_is_theirs_alone(house: House) -> None:
    house.share("rig1", count=3, best=4)
    house.share("rig2", count=2, best=5, source="pool")
    house.found(1)
    house.fold()
    house.clock.advance(60)
    own = await house.history.hashrate("24h", key=miner_key(PAYEE, "rig2"))
    assert (sum(own.shares), [best.alias for best in own.best], own.blocks) == (2, ["rig2"], ())
    pool = await house.history.hashrate("24h", source="pool")
    assert (sum(pool.shares), pool.blocks) == (2, ())
    whole = await house.history.hashrate("24h")
    assert [best.alias for best in whole.best] == ["rig1"]
    assert [block.hash_hex for block in whole.blocks] == ["01" * 32]


async def test_small_charts_are_24_hours_for_each_known_key(house: House) -> None:
    house.clock.advance(3_600 - house.clock.unix_ms() // 1000 % 3_600)
    house.share(count=36)
    house.clock.advance(3_600)
    house.share(count=10)
    house.fold()
    key = miner_key(PAYEE, "rig1")
    house.clock.advance(100)
    lines = await house.history.sparklines([key, "00"])
    assert list(lines) == [key]
    assert len(lines[key]) == 24
    assert lines[key][-2:] == (pytest.approx(36 * WORK / 3_600),) * 2, "too early to say for the running hour"
    house.clock.advance(900)
    lines = await house.history.sparklines([key])
    assert lines[key][-1] == pytest.approx(10 * WORK / 1_000)
    assert set(lines[key][:-2]) == {None}, "nothing is known of before its first share"
    with pytest.raises(Invalid):
        await house.history.sparklines(["00"] * 201)


async def test_the_lines_of_a_miner_begin_with_its_first_share_and_are_nothing_where_there_was_none(
    house: House,
) -> None:
    house.clock.advance(3_600 - house.clock.unix_ms() // 1000 % 3_600)
    house.share("rig1", count=36)
    house.clock.advance(3_600 + 1_800)
    house.share("rig2", count=9)
    house.fold()
    house.live[PAYEE, "new"] = here()
    house.clock.advance(900)
    keys = [miner_key(PAYEE, name) for name in ("rig1", "rig2", "new")]
    lines = await house.history.sparklines(keys)
    assert lines[keys[0]][-2:] == (pytest.approx(36 * WORK / 3_600), 0.0), "it was there, and gave nothing"
    assert lines[keys[1]] == (*[None] * 23, pytest.approx(9 * WORK / 900))
    assert set(lines[keys[2]]) == {None}
    series = await house.history.hashrate("24h", key=keys[1])
    assert next(rate for rate in series.hashrate if rate is not None) == pytest.approx(9 * WORK / 300)
    assert series.hashrate.count(None) == len(series.hashrate) - 3
    assert set((await house.history.hashrate("24h", key=keys[2])).hashrate) == {None}


async def test_what_a_source_was_given_is_told_by_step_and_is_unknown_where_nobody_mined(house: House) -> None:
    house.share(count=3)
    house.share(count=1, source="pool")
    house.journal.append([UpstreamSettled(house.clock.unix_ms(), "pool", "refused", "stale", 2, 2 * WORK)])
    house.fold()
    house.clock.advance(30)
    told = await house.history.source_history("pool", "1h", 0.3)
    assert [each for each in told.delivered if each is not None] == [0.25]
    assert (told.wanted_now, told.delivered_1h, told.delivered_24h) == (0.3, 0.25, 0.25)
    assert max(told.hashrate) == pytest.approx(WORK / 30)
    assert (told.upstream, told.refusals) == ({"accepted": 0, "refused": 2, "lost": 0}, {"stale": 2})
    house.clock.advance(2 * 3_600)
    assert (await house.history.source_history("pool", "1h", None)).delivered_1h is None


@pytest.mark.parametrize("span", ["", "2h", "1h "])
async def test_a_range_that_is_none_is_refused(house: House, span: str) -> None:
    with pytest.raises(Invalid):
        await house.history.hashrate(span)
    with pytest.raises(Invalid):
        await house.history.source_history("home", span, None)


# -- bests and blocks -----------------------------------------------------------------------------------------------


async def test_the_leaderboard_is_of_the_day_or_of_all_time(house: House) -> None:
    house.share("old", best=1)
    house.clock.advance(86_400)
    house.share("new", best=2)
    house.fold()
    assert [best.alias for best in await house.history.best_shares("all")] == ["old", "new"]
    assert [best.alias for best in await house.history.best_shares("day")] == ["new"]
    assert [best.alias for best in await house.history.best_shares("all", limit=1)] == ["old"]
    with pytest.raises(Invalid):
        await house.history.best_shares("week")


async def test_blocks_come_with_effort_luck_and_links_of_their_chain(house: House) -> None:
    shares = NEEDED // WORK + 1
    house.share(count=2 * shares)
    house.found(1)
    house.share(count=shares, source="pool")
    house.found(2, "pool")
    house.share(count=shares)
    house.journal.append([BlockSettled(house.clock.unix_ms(), bytes([1]) * 32, "accepted", "", 3)])
    house.fold()
    house.prospects = {"home": Prospect("node", "btc", NEEDED, None)}
    blocks = await house.history.found_blocks()
    assert (blocks.total, blocks.outcomes) == (2, {"accepted": 1, "pending": 1})
    by_hash = {each.block.hash_hex[:2]: each for each in blocks.blocks}
    exact = shares * WORK / NEEDED
    assert by_hash["01"].effort == pytest.approx(2 * exact)
    assert by_hash["02"].effort == pytest.approx(exact)
    assert blocks.luck == pytest.approx(2 / (3 * exact))
    assert blocks.running_effort == pytest.approx(exact)
    assert by_hash["01"].explorer == "https://explorer.example/block/" + "01" * 32
    assert by_hash["02"].explorer == "", "none is set for its chain"
    assert (by_hash["01"].maturity, by_hash["01"].alias) == (MATURITY, "rig1")
    assert len((await house.history.found_blocks(1, 5)).blocks) == 1


# -- the dashboard --------------------------------------------------------------------------------------------------


async def test_the_dashboard_knows_nothing_until_the_first_look_and_then_all(house: House) -> None:
    house.share(count=30, best=3)
    house.refuse(count=2)
    house.fold()
    house.clock.advance(10)
    house.live[PAYEE, "rig2"] = here()
    house.prospects = {"home": Prospect("node", "btc", WORK * 1000, 5_000_000_000)}
    first = house.desk.view()
    assert (first.best_today, first.best_ever, first.chance, first.miners) == (None, None, Chance(None, None), {})
    await house.desk.gather()
    house.fold()
    house.journal.append([ShareBatch(house.clock.unix_ms(), [], [])])
    house.fold()
    now = house.desk.view()
    assert (now.shares_5m, now.accepted_24h, now.rejected_24h) == (30, 30, {"stale": 2})
    assert now.best_today is not None
    assert now.best_today == now.best_ever
    assert (now.best_today.alias, now.best_today.source) == ("rig1", "home")
    assert now.miners == {"offline": 1, "mining": 1}
    assert now.chance.expected_s == pytest.approx(1000 * 10 / 30)
    # 30 of the 1000 shares that a block takes, in ten seconds.
    per_day = 5_000_000_000 * 86_400 * 30 // (1000 * 10)
    assert now.expected == (Expected("btc", per_day, True, (ExpectedOfSource("home", "node", WORK * 3.0, per_day),)),)
    assert (first.expected, first.earned, now.earned) == ((), (), ())
    assert (first.first_share_ms, now.first_share_ms) == (None, house.clock.unix_ms() - 10_000)


async def test_the_dashboard_looks_again_only_when_somebody_asked(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("headframe.service.dashboard.EVERY_S", 0.0)
    task = asyncio.get_running_loop().create_task(house.desk.run())
    async with asyncio.timeout(10):
        await house.looked.wait()
    house.looked.clear()
    for _ in range(20):
        await asyncio.sleep(0.005)
    assert not house.looked.is_set()
    house.clock.advance(10)
    house.desk.view()
    async with asyncio.timeout(10):
        await house.looked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


# -- trouble --------------------------------------------------------------------------------------------------------


async def test_trouble_with_the_database_is_said_with_its_remedy_and_the_dashboard_keeps_what_it_has(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("headframe.service.dashboard.EVERY_S", 0.0)
    house.share()
    house.fold()
    await house.desk.gather()
    house.clock.advance(10)
    house.store.database.path.unlink()
    house.store.database.path.mkdir()
    for question in (
        house.miners.page(MinersAsk()),
        house.history.hashrate("1h"),
        house.history.best_shares("all"),
        house.history.found_blocks(),
        house.history.source_history("home", "1h", None),
    ):
        with pytest.raises(Unavailable) as refused:
            await question
        assert "check that [data] dir exists" in refused.value.remedy
    house.looked.clear()
    task = asyncio.get_running_loop().create_task(house.desk.run())
    for _ in range(2):
        async with asyncio.timeout(10):
            await house.looked.wait()
        house.looked.clear()
        house.desk.view()
    assert not task.done()
    assert house.desk.view().accepted_24h == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
