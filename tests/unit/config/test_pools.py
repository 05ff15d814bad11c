"""Pools, weights, pins and policies: what is taken, and in which words the rest is refused."""

from pathlib import Path

import pytest

from headframe.config import ConfigError, NodeSource, PoolSource, load, parse, parse_with_doubts

ADDRESS = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
MAINNET = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
CASH = "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a"
LEGACY = "1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu"
NODE = """
[[source]]
name = "home"
network = "regtest"
rpc = "http://127.0.0.1:18443"
cookie_file = "/node/.cookie"
"""
POOL = f"""
[[source]]
name = "ocean"
kind = "pool"
network = "regtest"
weight = 30
url = "stratum+tcp://127.0.0.1:3334"
wallet = "{ADDRESS}"
"""
ISSUE_EXAMPLE = """
[[source]]
name = "ocean"
kind = "pool"
network = "mainnet"               # chain = "bch" for another SHA-256d chain
weight = 30
tier = 1
url = ["stratum+tcp://127.0.0.1:3334", "stratum+ssl://backup.example:4334"]
user = "{wallet}.{worker}"
wallet = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
password = "x"
mode = "shared"                   # or "per_miner"
"""
BOTH = '[payout]\nmode = "miner"\n' + NODE + POOL


def refusals(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse(text, {}, name="f.toml")
    return [str(problem) for problem in caught.value.problems]


def the_refusal(text: str) -> str:
    found = refusals(text)
    assert len(found) == 1, found
    return found[0]


def pool(text: str) -> PoolSource:
    found = [source for source in parse(text, {}).source if isinstance(source, PoolSource)]
    assert len(found) == 1
    return found[0]


def test_a_bare_host_and_port_is_plain_tcp() -> None:
    assert pool(BOTH.replace("stratum+tcp://127.0.0.1:3334", "Pool.example:3334")).url == (
        "stratum+tcp://pool.example:3334",
    )


def test_the_example_of_the_documentation_is_taken_as_it_stands() -> None:
    found = pool(ISSUE_EXAMPLE)
    assert found.url == ("stratum+tcp://127.0.0.1:3334", "stratum+ssl://backup.example:4334")
    assert (found.weight, found.tier, found.mode, found.chain) == (30, 1, "shared", "btc")
    assert found.password is not None


def test_a_pool_needs_name_url_and_wallet_and_nobody_who_is_paid_for_blocks_of_ours() -> None:
    assert pool(POOL).user == "{wallet}.{worker}"


def test_nodes_and_pools_stand_side_by_side() -> None:
    config = parse(BOTH, {})
    assert [type(source) for source in config.source] == [NodeSource, PoolSource]
    assert [source.weight for source in config.source] == [100, 30]


@pytest.mark.parametrize(
    ("replaced", "by", "line", "words"),
    [
        ('url = "stratum+tcp://127.0.0.1:3334"', "", 10, "add url ="),
        ("stratum+tcp://127.0.0.1:3334", "127.0.0.1", 15, "names no port"),
        ("stratum+tcp://127.0.0.1:3334", "http://127.0.0.1:3334", 15, "stratum+ssl://pool.example:4333"),
        ("stratum+tcp://127.0.0.1:3334", "stratum+tcp://127.0.0.1", 15, "names no port"),
        ("stratum+tcp://127.0.0.1:3334", "stratum+tcp://127.0.0.1:99999", 15, "not the URL of a pool"),
        ("stratum+tcp://127.0.0.1:3334", "stratum+tcp://:3334", 15, "names no host"),
        ("stratum+tcp://127.0.0.1:3334", "stratum+tcp://a b:3334", 15, "names no host"),
        ("stratum+tcp://127.0.0.1:3334", "stratum+tcp://u:p@pool.example:3334", 15, "put them in user and password"),
        ("stratum+tcp://127.0.0.1:3334", "stratum+tcp://pool.example:3334/x", 15, "behind the port"),
        (f'wallet = "{ADDRESS}"', "", 10, "your Bitcoin address"),
        (f'wallet = "{ADDRESS}"', f'wallet = "{MAINNET}"', 16, "this is a mainnet address and the network is regtest"),
        (f'wallet = "{ADDRESS}"', f'wallet = "{CASH}"', 16, 'set chain = "bch"'),
        (f'wallet = "{ADDRESS}"', 'wallet = "me"', 16, "no Bitcoin address"),
        ("weight = 30", "weight = -1", 14, "less than the least allowed, 0"),
        ("weight = 30", "weight = 0.3", 14, "whole number"),
        ("weight = 30", "tier = 0", 14, "less than the least allowed, 1"),
        ("weight = 30", "paused = 7", 14, "true or false"),
        ("weight = 30", 'cap = "fast"', 14, 'write "200 TH/s"'),
        ("weight = 30", "cap = 0", 14, "set paused = true"),
        ("weight = 30", "cap = true", 14, "not a hashrate"),
        ("weight = 30", "cap = inf", 14, "not a hashrate"),
        ("weight = 30", 'mode = "per-miner"', 14, "did you mean per_miner?"),
        ("weight = 30", 'chain = "bitcoincash"', 14, "did you mean bch?"),
        ("weight = 30", 'user = "{wallet}.{rig}"', 14, "known are {wallet} and {worker}"),
        ("weight = 30", 'user = "{wallet.{worker}"', 14, ""),
        ("weight = 30", 'user = "a}b"', 14, "brace without its partner"),
        ("weight = 30", 'user = ""', 14, "name of your account"),
        ("weight = 30", 'tls_fingerprint = "abc"', 14, "64 hex digits"),
        ("weight = 30", 'tls_ca_file = "/ca.pem"', 14, "no url begins with stratum+ssl"),
        ("weight = 30", 'rpc = "http://127.0.0.1:1"', 14, 'use url = "stratum+tcp://host:port" for a pool'),
        ("weight = 30", 'zmq_hashblock = "tcp://127.0.0.1:1"', 14, 'is a setting of kind "node"'),
        ("weight = 30", "ratio = 3", 14, "use weight"),
        ("weight = 30", "priority = 3", 14, "use tier"),
        ("weight = 30", "silent = 3", 14, "did you mean silent_s?"),
        ('network = "regtest"\nweight', 'network = "signet"\nweight', 13, ""),
        ('kind = "pool"', 'kind = "pol"', 12, "did you mean pool?"),
        ('kind = "pool"', "kind = 5", 12, "not one of node, pool"),
        ('name = "ocean"', 'name = "Home"', 11, "taken by another source"),
    ],
)
def test_a_pool_that_cannot_work_is_refused_with_its_line_and_what_to_write(
    replaced: str, by: str, line: int, words: str
) -> None:
    text = BOTH.replace(replaced, by)
    assert text != BOTH
    told = refusals(text)[0]
    assert told.startswith(f"f.toml:{line}: "), told
    assert words in told
    assert "\n    " in told, "a remedy"


def test_a_pools_setting_in_a_node_is_answered_with_the_nodes() -> None:
    assert "use rpc for a node" in the_refusal(BOTH.replace('rpc = "http', 'url = "http').replace(POOL, ""))
    assert 'is a setting of kind "pool"' in the_refusal(BOTH.replace("cookie_file", 'wallet = "x"\ncookie_file'))


def test_weights_that_give_nobody_work_are_refused() -> None:
    assert "give one a weight" in the_refusal(
        BOTH.replace("weight = 30", "weight = 0").replace("rpc =", "weight = 0\nrpc =")
    )


@pytest.mark.parametrize(
    ("written", "hashes_per_second"),
    [
        ('"200 TH/s"', 200 * 10**12),
        ('"1.5PH/s"', 1500 * 10**12),
        ('"999 GH"', 999 * 10**9),
        ('"500 h/s"', 500),
        ('"12"', 12),
        ("200_000_000_000_000", 200 * 10**12),
        ("2e14", 200 * 10**12),
    ],
)
def test_a_cap_is_a_hashrate_in_words_or_a_number(written: str, hashes_per_second: int) -> None:
    assert pool(POOL + f"cap = {written}\n").cap == hashes_per_second


def test_addresses_of_pools_have_one_spelling() -> None:
    assert pool(POOL.replace("127.0.0.1", "Pool.EXAMPLE")).url == ("stratum+tcp://pool.example:3334",)
    assert pool(POOL.replace("127.0.0.1", "[::1]")).url == ("stratum+tcp://[::1]:3334",)


def test_a_fingerprint_may_have_colons_and_capitals() -> None:
    text = POOL.replace("stratum+tcp", "stratum+ssl") + f'tls_fingerprint = "{":".join(["AB"] * 32)}"\n'
    assert pool(text).tls_fingerprint == "ab" * 32


def test_an_account_name_needs_no_wallet() -> None:
    text = POOL.replace(f'wallet = "{ADDRESS}"', 'user = "my-account.{worker}"')
    assert pool(text).wallet is None


@pytest.mark.parametrize("wallet", [CASH, CASH.partition(":")[2], LEGACY])
def test_a_wallet_of_bitcoin_cash_is_taken_in_both_forms(wallet: str) -> None:
    text = POOL.replace(ADDRESS, wallet).replace('network = "regtest"', 'chain = "bch"')
    assert pool(text).chain == "bch"


@pytest.mark.parametrize(
    ("network", "wallet", "words"),
    [
        ("mainnet", MAINNET, "no CashAddr"),
        ("mainnet", CASH[:-1] + "q", "checksum"),
        ("regtest", CASH, "this is a mainnet address"),
        ("signet", CASH, "Bitcoin Cash has no signet"),
    ],
)
def test_a_wallet_that_a_pool_of_bitcoin_cash_cannot_pay_is_refused(network: str, wallet: str, words: str) -> None:
    text = POOL.replace(ADDRESS, wallet).replace('network = "regtest"', f'chain = "bch"\nnetwork = "{network}"')
    told = the_refusal(text)
    assert words in told
    assert wallet not in told


def test_sources_of_one_chain_share_a_network_and_chains_do_not_ask_each_other() -> None:
    bch = POOL.replace("ocean", "cash").replace('network = "regtest"', 'chain = "bch"').replace(ADDRESS, CASH)
    assert {source.chain for source in parse(BOTH + bch, {}).source} == {"btc", "bch"}
    other = BOTH + POOL.replace('"ocean"', '"other"').replace("regtest", "mainnet").replace(ADDRESS, MAINNET)
    assert "run one Headframe for each network" in the_refusal(other)


def test_the_password_of_a_pool_can_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "pw").write_text("hunter2\n")
    (tmp_path / "headframe.toml").write_text(POOL + 'password_file = "pw"\n')
    (source,) = load(tmp_path / "headframe.toml", {}).source
    assert isinstance(source, PoolSource)
    assert source.password is not None
    assert source.password.get_secret_value() == "hunter2"
    assert "hunter2" not in repr(source)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[[pin]]\nworker = "garage"\nsource = "ocen"\n', "did you mean ocean?"),
        ('[[pin]]\nworker = "garage"\nsource = "zzz"\n', "there are: home, ocean"),
        ('[[pin]]\nworker = ""\nsource = "ocean"\n', "pin[0].worker"),
        ('[[pin]]\nsource = "ocean"\n', "is missing"),
        ('[pin]\nworker = "garage"\nsource = "ocean"\n', "list"),
        ('[[pin]]\nworker = "a"\nsource = "home"\n[[pin]]\nworker = "a"\nsource = "ocean"\n', "pinned already"),
        ('[[fixed_difficulty]]\nworker = " . "\ndifficulty = 1\n', "is no name"),
        ('[[fixed_difficulty]]\nworker = "a"\ndifficulty = 0\n', "not more than 0"),
        ('[[fixed_difficulty]]\nworker = "a"\ndifficulty = 2e12\n', "not between difficulty.min and max"),
        ('[difficulty]\nmin = 2\n[[fixed_difficulty]]\nworker = "a"\ndifficulty = 1\n', "change [difficulty] min"),
        ('[[fixed_difficulty]]\nworker = "a"\ndifficulty = nan\n', "not a finite number"),
        ('[[fixed_difficulty]]\nworker = "a"\ndifficulty = 1\nlevel = 1\n', "did you mean logging.level"),
        ('[[fixed_difficulty]]\nworker = ""\ndifficulty = 1\n', "fixed_difficulty[0].worker"),
        (
            '[[fixed_difficulty]]\nworker = "a"\ndifficulty = 1\n[[fixed_difficulty]]\nworker = "a"\ndifficulty = 2\n',
            "has a fixed difficulty already",
        ),
        ('[[ban]]\naddress = "rig"\nuntil = 2030-01-01T00:00:00Z\n', "is not an IP address"),
        ('[[ban]]\naddress = "10.0.0.0/8"\nuntil = 2030-01-01T00:00:00Z\n', "is not an IP address"),
        ('[[ban]]\naddress = "10.0.0.1/64"\nuntil = 2030-01-01T00:00:00Z\n', "is not an IP address"),
        ('[[ban]]\naddress = "203.0.113.1"\n', "until"),
        ('[[ban]]\naddress = "203.0.113.1"\nuntil = 2030-01-01T00:00:00\n', "with its time zone"),
        ('[[ban]]\naddress = "203.0.113.1"\nuntil = 2030-01-01\n', "with its time zone"),
        ('[[ban]]\naddress = "203.0.113.1"\nuntil = 7\n', "with its time zone"),
        ('[[ban]]\naddress = "203.0.113.1"\nuntil = "9999-12-31T23:59:59-05:00"\n', "with its time zone"),
        (
            '[[ban]]\naddress = "2001:db8::1"\nuntil = 2030-01-01T00:00:00Z\n'
            '[[ban]]\naddress = "2001:db8::2"\nuntil = 2030-01-01T00:00:00Z\n',
            "2001:db8::/64 is banned already",
        ),
        ("[routing]\nhorizon_s = 1\n", "less than the least allowed, 60"),
        ('[routing]\npolicy = "expected"\n', "did you mean expected_value?"),
        ('[routing]\nfeed = [{ chain = "btc", what = "price", url = "x" }]\n', "HTTP address"),
        (
            '[routing]\nfeed = [{ chain = "btc", what = "price", url = "http://a", pointer = "x" }]\n',
            "begin with a slash",
        ),
        ("[routing.network_hashrate]\nshort_s = 7200\nlong_s = 7200\n", "twice short_s"),
        ('[stratum]\nwhen_no_work = "hang"\n', "hold, close"),
    ],
)
def test_pins_and_policies_that_make_no_sense_are_refused(text: str, words: str) -> None:
    assert words in the_refusal(BOTH + text)


def test_a_list_of_bans_is_bounded() -> None:
    bans = "".join(
        f'[[ban]]\naddress = "2001:db8:0:{number:x}::"\nuntil = 2030-01-01T00:00:00Z\n' for number in range(1001)
    )
    assert "more than 1000 entries" in the_refusal(BOTH + bans)


def test_a_ban_that_has_no_effect_is_a_doubt() -> None:
    ban = '[[ban]]\naddress = "{}"\nuntil = 2030-01-01T00:00:00Z\n'
    text = BOTH + ban.format("192.168.1.5") + ban.format("203.0.113.1")
    (doubt,) = [one for one in parse_with_doubts(text, {}).doubts if one.path[0] == "ban"]
    assert (doubt.path[1], "limits.exempt" in doubt.remedy) == (0, True)


@pytest.mark.parametrize(
    ("workers", "index", "why"),
    [
        (("rig1", "rig1."), 1, "the later one holds"),
        (("a. b", "c", "a.b"), 2, "pinned already"),
        ((" ",), 0, "is no name"),
    ],
)
def test_pins_that_only_miners_read_alike_are_a_doubt(workers: tuple[str, ...], index: int, why: str) -> None:
    pins = "".join(f'[[pin]]\nworker = "{worker}"\nsource = "ocean"\n' for worker in workers)
    (doubt,) = [one for one in parse_with_doubts(BOTH + pins, {}).doubts if one.path[0] == "pin"]
    assert doubt.path == ("pin", index, "worker")
    assert why in doubt.text


def test_pins_find_their_source_in_any_case() -> None:
    assert parse(BOTH + '[[pin]]\nworker = "garage"\nsource = "OCEAN"\n', {}).pin[0].worker == "garage"


CASH_POOL = POOL.replace("ocean", "cash").replace('network = "regtest"', 'chain = "bch"').replace(ADDRESS, CASH)


def test_a_policy_says_which_number_of_which_chain_nothing_here_knows() -> None:
    found = "\n".join(refusals(BOTH + CASH_POOL + '[routing]\npolicy = "expected_value"\n'))
    assert "the price of btc" in found
    assert "the difficulty of bch" in found
    assert "the difficulty of btc" not in found, "the node knows it"


def test_a_policy_with_all_that_it_needs_is_taken() -> None:
    needs = [("btc", "price"), ("bch", "price"), ("bch", "difficulty"), ("bch", "reward")]
    feed = ", ".join(f'{{ chain = "{chain}", what = "{what}", url = "http://127.0.0.1:1" }}' for chain, what in needs)
    config = parse(BOTH + CASH_POOL + f'[routing]\npolicy = "expected_value"\nfeed = [{feed}]\n', {})
    assert len(config.routing.feed) == 4


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        (BOTH + POOL.replace("ocean", "again"), "f.toml:23", "ocean has the same address and user"),
        (POOL + 'user = "account"\n', "f.toml:8", "is not used"),
        (POOL + "paused = true\n", "f.toml:9", "nobody will mine"),
        (POOL + '[routing]\npolicy = "network_hashrate"\n', "f.toml:10", "all sources are of one"),
    ],
)
def test_what_is_allowed_yet_hardly_meant_is_a_doubt_with_line_and_remedy(text: str, place: str, words: str) -> None:
    (doubt,) = parse_with_doubts(text, {}, name="f.toml").doubts
    assert doubt.place == place
    assert words in doubt.text
    assert doubt.remedy


def test_a_good_configuration_leaves_no_doubt() -> None:
    assert parse_with_doubts(BOTH, {}).doubts == ()
