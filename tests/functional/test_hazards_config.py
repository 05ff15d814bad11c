"""Settings of pools that cannot be meant: refused at the start and at a reload, with the line and the remedy."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from headframe.testing.fake_pool import FakePool
from headframe.testing.pool_house import PAYEE, PoolHouse, pool_house
from headframe.testing.server import ServerProcess

MAINNET_WALLET = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
CASH_WALLET = "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a"


def source(name: str = "ocean", **changes: object) -> str:
    """One [[source]] of a pool, one setting on each line."""
    fields: dict[str, object] = {
        "name": name,
        "kind": "pool",
        "network": "regtest",
        "url": "stratum+tcp://127.0.0.1:3333",
        "wallet": PAYEE,
    }
    lines = [f"{key} = {value if isinstance(value, int) else repr(value)}" for key, value in (fields | changes).items()]
    return "\n".join(["[[source]]", *lines]) + "\n"


# What is wrong, the setting whose line is named, a word of what is said, and one of its remedy.
MISTAKES = {
    "negative weight": (source(weight=-5), "weight = -5", "less than the least allowed", "raise it"),
    "weights all nought": (source(weight=0) + source("other", weight=0), "weight = 0", "weight 0", "give one a weight"),
    "weight of no number": (source(weight="much"), "weight = 'much'", "a whole number", "it is 'much'"),
    "duplicate names": (source() + source("Ocean"), "name = 'Ocean'", "taken", "choose another name"),
    "URL of another kind": (
        source(url="http://pool.example:80"),
        "url = 'http://pool.example:80'",
        "http://",
        "stratum+tcp://",
    ),
    "URL without a port": (
        source(url="stratum+tcp://pool.example"),
        "url = 'stratum+tcp://pool.example'",
        "no port",
        "stratum+tcp://",
    ),
    "wallet of another network": (
        source(wallet=MAINNET_WALLET),
        f"wallet = '{MAINNET_WALLET}'",
        "a mainnet address",
        "bcrt1",
    ),
    "wallet of another chain": (
        source(wallet=CASH_WALLET),
        f"wallet = '{CASH_WALLET}'",
        "a Bitcoin Cash address",
        "give a Bitcoin address",
    ),
}


def line_of(path: Path, text: str) -> int:
    """Where this stands in the file; the first place."""
    return next(at for at, line in enumerate(path.read_text().splitlines(), 1) if line == text)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_start_is_refused_with_the_line_and_the_remedy(tmp_path: Path, mistake: str) -> None:
    settings, line, what, remedy = MISTAKES[mistake]
    server = ServerProcess(tmp_path, f'[payout]\nmode = "operator"\naddress = "{PAYEE}"\n{settings}')
    done = server.command("run", "--no-live")
    assert done.returncode == 1, done.stderr
    said = done.stderr
    assert f"{server.file.name}:{line_of(server.file, line)}: " in said
    assert what in said
    assert remedy in said


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PoolHouse]:
    with pool_house(tmp_path_factory.mktemp("config"), {"alpha": FakePool(seed=1)}) as house:
        yield house


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_reload_is_refused_as_a_whole_and_what_ran_goes_on(house: PoolHouse, mistake: str) -> None:
    settings, line, what, remedy = MISTAKES[mistake]
    with house.miner() as client:
        client.mine(house.wait_on(client, "alpha"))
        seen = len(house.server.events("reload_refused"))
        house.server.configure(house.before + settings)
        house.hup()
        said = house.server.wait_event("reload_refused", count=seen + 1)["problem"]
        assert f"{house.server.file.name}:{line_of(house.server.file, line)}: " in said
        assert what in said
        assert remedy in said
        assert house.wait_share("alpha", client.mine()).said == ""
        assert len(client.notifies) == 1
