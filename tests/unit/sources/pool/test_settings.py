"""What a pool source is told."""

import pytest

from headframe.bitcoin.networks import NETWORKS
from headframe.sources.pool.settings import Mode, PoolSettings, PoolUrl, read_url

URL = PoolUrl("pool.example", 3333, tls=False)


def settings(**changes: object) -> PoolSettings:
    return PoolSettings("ocean", NETWORKS["mainnet"], (URL,), **{"wallet": "bc1q", **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("stratum+tcp://pool.example:3333", URL),
        ("tcp://pool.example:3333", URL),
        ("STRATUM+TCP://Pool.Example:3333/", URL),
        ("stratum+ssl://pool.example:4334", PoolUrl("pool.example", 4334, tls=True)),
        ("stratum+tls://pool.example:4334", PoolUrl("pool.example", 4334, tls=True)),
        ("stratum+tcp://[2001:db8::1]:3333", PoolUrl("2001:db8::1", 3333, tls=False)),
    ],
)
def test_an_address_is_read(text: str, expected: PoolUrl) -> None:
    assert read_url(text) == expected
    assert read_url(str(expected)) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("pool.example:3333", "does not begin"),
        ("http://pool.example:3333", "does not begin"),
        ("stratum+tcp://pool.example", "no port"),
        ("stratum+tcp://pool.example:0", "no port"),
        ("stratum+tcp://:3333", "no host"),
        ("stratum+tcp://pool.example:99999", "out of range"),
        ("stratum+tcp://me:secret@pool.example:3333", "more than a host"),
        ("stratum+tcp://pool.example:3333/path", "more than a host"),
    ],
)
def test_what_is_no_address_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_url(text)


@pytest.mark.parametrize(
    ("worker", "expected"),
    [
        ("garage", "bc1q.garage"),
        ("", "bc1q.headframe"),
        ("two words/and.more", "bc1q.two-words-and-more"),
        ("...", "bc1q.headframe"),
        ("x" * 100, "bc1q." + "x" * 32),
        ("{wallet}", "bc1q.wallet"),
        ("größe", "bc1q.gr-e"),
    ],
)
def test_a_workers_name_is_made_fit_for_any_pool(worker: str, expected: str) -> None:
    assert settings().user_for(worker) == expected


def test_a_template_without_worker_gives_everybody_one_name() -> None:
    fixed = settings(user="{wallet}")
    assert fixed.user_for("garage") == fixed.main_user == "bc1q"


@pytest.mark.parametrize("template", ["{identity}", "{0}", "{", "{wallet.nothing}"])
def test_a_template_that_asks_for_something_else_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match="user template"):
        settings(user=template)


def test_a_source_without_address_or_connection_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one url"):
        PoolSettings("ocean", NETWORKS["mainnet"], ())
    with pytest.raises(ValueError, match="at least one connection"):
        settings(max_connections=0)


def test_the_mode_decides_how_many_sessions_share_a_connection() -> None:
    assert settings().sessions_each == 5000
    assert settings(mode=Mode.PER_MINER).sessions_each == 1


def test_the_password_is_not_shown() -> None:
    assert "hunter2" not in repr(settings(password="hunter2"))
