"""The policies that there are to choose from, of a configuration that lacks more or less."""

from headframe.app.autobalance import AutoBalance
from headframe.app.policies import REUSE_S, Policies, option
from headframe.config import Config, parse
from headframe.gateway.sourcebook import SourceBook, Usage
from headframe.net.fetch import Answer, Fetched
from headframe.sources.scripted import ScriptedSource
from headframe.testing.fake_clock import FakeClock

NODE = '[payout]\nmode = "miner"\n[[source]]\nname = "home"\nrpc = ["http://127.0.0.1:1"]\nuser = "x"\npassword = "x"\n'
POOL = '[[source]]\nname = "{0}"\nkind = "pool"\nchain = "{0}"\nurl = "stratum+tcp://127.0.0.1:1"\nuser = "me"\n'
FEEDS = "\n".join(
    f'[[routing.feed]]\nchain = "{chain}"\nwhat = "{what}"\nurl = "http://127.0.0.1:1/{chain}/{what}"'
    for chain in ("btc", "bch")
    for what in ("price", "difficulty", "reward")
)


def config(*parts: str) -> Config:
    return parse("".join(parts), {})


def lacks(found: Config, policy: str) -> list[tuple[str, str]]:
    return [(need.chain, need.what) for need in option(found, policy).needs if not need.by]


def test_an_own_node_knows_its_chain_but_not_its_price() -> None:
    mixed = config(NODE, POOL.format("bch"))
    assert lacks(mixed, "expected_value") == [
        ("bch", "price"),
        ("bch", "difficulty"),
        ("bch", "reward"),
        ("btc", "price"),
    ]
    assert lacks(mixed, "network_hashrate") == [("bch", "blocks")]
    assert not option(mixed, "expected_value").able
    fed = config(NODE, POOL.format("bch"), FEEDS)
    assert option(fed, "expected_value").able
    assert {need.by for need in option(fed, "expected_value").needs if need.what != "price"} == {"node", "feed"}


def test_one_chain_is_nothing_to_compare_and_weights_always_can_be_chosen() -> None:
    alone = config(NODE)
    assert option(alone, "weights").able
    assert not option(alone, "network_hashrate").able
    assert lacks(alone, "network_hashrate") == []


async def test_a_trial_is_given_again_for_a_while_and_asks_anew_after_it_or_for_another_configuration() -> None:
    asked: list[str] = []

    async def fetch(url: str, pointer: str) -> Answer:
        asked.append(url)
        return Fetched(100)

    clock, book = FakeClock(), SourceBook()
    held = [config(POOL.format("btc"), POOL.format("bch"), FEEDS)]
    for name in ("btc", "bch"):
        book.add(ScriptedSource(clock, name), Usage(weight=100, chain=name))
    balance = AutoBalance(clock, book, lambda: None, fetch)
    balance.use(None, {"btc": 100, "bch": 100})
    policies = Policies(clock, balance, lambda: held[0])
    first = await policies.trial("expected_value")
    assert first.tiers[0].state == "kept"
    assert len(asked) == 6
    other = await policies.trial("network_hashrate")
    asked.clear()
    for _ in range(3):
        # Somebody clicks to and fro.
        assert await policies.trial("expected_value") is first
        assert await policies.trial("network_hashrate") is other
    assert asked == []
    clock.advance(REUSE_S + 1)
    await policies.trial("expected_value")
    assert len(asked) == 6
    held[0] = config(POOL.format("btc"), POOL.format("bch"), FEEDS, "\n[limits]\nban_s = 7\n")
    await policies.trial("expected_value")
    assert len(asked) == 12
    assert policies.view().policy == "weights"
    assert {one.name for one in policies.view().options} == {"weights", "expected_value", "network_hashrate"}
