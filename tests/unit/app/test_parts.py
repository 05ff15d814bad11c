"""Settings as the floors below want them."""

import pytest

from headframe.app import parts
from headframe.config import Config, PoolSource, parse
from headframe.mining.splice import VersionRule
from headframe.routing.policies import Bounds, Windows
from headframe.routing.router import RouterPolicy
from headframe.sources.pool.settings import Mode

ADDRESS = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
POOL = f"""
[[source]]
name = "Ocean"
kind = "pool"
network = "regtest"
url = ["stratum+tcp://127.0.0.1:3334", "stratum+ssl://[::1]:4334"]
wallet = "{ADDRESS}"
"""


def the_pool(text: str) -> PoolSource:
    (source,) = parse(text, {}).source
    assert isinstance(source, PoolSource)
    return source


def pinned(*pins: str) -> Config:
    return parse(POOL + "".join(f'[[pin]]\nworker = "{worker}"\nsource = "ocean"\n' for worker in pins), {})


def test_a_pool_is_told_all_that_its_settings_say() -> None:
    text = (
        POOL
        + 'mode = "per_miner"\nmax_connections = 7\nsilent_s = 60\nreply_s = 5\nversion_rule = "xor"\npassword = "d=1"\n'
    )
    found = parts.pool_settings(the_pool(text + f'tls_fingerprint = "{"ab" * 32}"\n'))
    assert [str(url) for url in found.urls] == ["stratum+tcp://127.0.0.1:3334", "stratum+ssl://[::1]:4334"]
    assert (found.name, found.network.name, found.wallet) == ("Ocean", "regtest", ADDRESS)
    assert (found.mode, found.max_connections, found.reply_s) == (Mode.PER_MINER, 7, 5)
    assert (found.no_job_s, found.max_job_age_s) == (60, 300)
    assert found.trust.fingerprint == bytes([0xAB] * 32)
    assert found.password == "d=1"
    assert found.version_rule is VersionRule.XOR


def test_a_pool_without_a_password_is_told_an_x() -> None:
    assert parts.pool_settings(the_pool(POOL)).password == "x"


@pytest.mark.parametrize("user", ["{wallet}.{worker}", "{wallet}", "account.{worker}", "account"])
def test_a_template_that_the_configuration_takes_is_taken_by_the_pool_source(user: str) -> None:
    assert parts.pool_settings(the_pool(POOL + f'user = "{user}"\n')).user == user


@pytest.mark.parametrize(
    ("identity", "worker", "source"),
    [
        ("anyone", "garage", "Ocean"),
        ("garage", "", "Ocean"),
        ("bob", "attic", "Ocean"),
        ("alice", "attic", None),
        ("garage", "attic", None),
        ("bob", "", None),
    ],
)
def test_decisions_are_for_a_worker_of_anybody_or_of_one(identity: str, worker: str, source: str | None) -> None:
    assert parts.pins(pinned("garage", "bob.attic"))(identity, worker) == source
    fixed = "".join(f'[[fixed_difficulty]]\nworker = "{name}"\ndifficulty = 8\n' for name in ("garage", "bob.attic"))
    assert parts.fixed_difficulties(parse(POOL + fixed, {}))(identity, worker) == (8.0 if source else None)


def test_the_decision_on_a_worker_of_one_identity_is_stronger_than_that_on_its_name() -> None:
    text = '[[fixed_difficulty]]\nworker = "{}"\ndifficulty = {}\n'
    fixed = parts.fixed_difficulties(parse(POOL + text.format("bob.attic", 8) + text.format("attic", 4), {}))
    assert (fixed("bob", "attic"), fixed("alice", "attic")) == (8.0, 4.0)


def test_bitcoins_network_is_the_programs() -> None:
    cash = POOL.replace('network = "regtest"', 'chain = "bch"').replace(ADDRESS, "16w1D5WRVKJuZUsSRzdLp9w3YGcgoxDXb")
    both = cash + POOL.replace("Ocean", "second")
    assert parts.network_of(parse(both, {})).name == "regtest"
    assert parts.network_of(parse(cash, {})).name == "mainnet"


def test_nothing_is_asked_over_http_unless_a_policy_wants_it() -> None:
    feed = '[routing]\nfeed = [{ chain = "btc", what = "price", url = "http://127.0.0.1:1" }]\n'
    assert parts.feed_settings(parse(POOL + feed, {})) == ()
    asked = parts.feed_settings(parse(POOL + feed + 'policy = "expected_value"\n', {}))
    assert [(one.chain, one.what, one.refresh_s) for one in asked] == [("btc", "price", 60.0)]


def test_a_policy_is_told_its_own_bounds() -> None:
    text = (
        '[routing]\npolicy = "network_hashrate"\nstale_s = 60\n[routing.network_hashrate]\nmax_deviation_percent = 5\n'
    )
    bounds = parts.policy_bounds(parse(POOL + text, {}))
    assert bounds is not None
    assert (bounds.max_deviation, bounds.fresh_s) == (0.05, 60)
    assert parts.policy_bounds(parse(POOL, {})) is None


def test_defaults_of_policies_are_those_of_the_rules() -> None:
    config = parse(POOL + '[routing]\npolicy = "expected_value"\n', {})
    assert parts.policy_bounds(config) == Bounds()
    assert parts.policy_windows(config) == Windows()
    assert parts.router_policy(config) == RouterPolicy()


def test_with_pools_alone_miners_may_call_themselves_what_they_like() -> None:
    assert parts.payout_policy(parse(POOL, {})).operator_script is not None


def test_in_miner_mode_each_is_paid_by_its_name() -> None:
    assert parts.payout_policy(parse('[payout]\nmode = "miner"\n' + POOL, {})).operator_script is None


def test_the_routers_spans_follow_a_short_horizon() -> None:
    usual, short = (
        parts.router_policy(parse(POOL + f"[routing]\nhorizon_s = {horizon_s}\ndwell_s = 2\n", {}))
        for horizon_s in (7200, 60)
    )
    assert usual == RouterPolicy(min_dwell_s=2.0)
    assert short.min_dwell_s == 2.0
    assert short.slicing.band_s * 60 == pytest.approx(usual.slicing.band_s)
    assert short.debt_bound_s * 60 == pytest.approx(usual.debt_bound_s)
    assert short.slicing.moves_per_hour / 60 == pytest.approx(usual.slicing.moves_per_hour)
