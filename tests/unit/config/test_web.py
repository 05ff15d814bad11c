"""Settings of the web port."""

import pytest

from headframe.app import parts
from headframe.config import ConfigError, parse, parse_with_doubts
from headframe.service.permissions import Privacy
from headframe.service.web_settings import WebSettings

POOL = """
[[source]]
name = "ocean"
kind = "pool"
network = "regtest"
url = "stratum+tcp://127.0.0.1:3334"
user = "me.{worker}"
"""


def web(lines: str) -> WebSettings:
    return parts.web_settings(parse(f"[web]\n{lines}\n{POOL}", {}))


def refused(lines: str) -> str:
    with pytest.raises(ConfigError) as caught:
        web(lines)
    return str(caught.value)


def doubts(lines: str) -> list[str]:
    return [str(one) for one in parse_with_doubts(f"[web]\n{lines}\n{POOL}", {}).doubts]


def test_nothing_is_shown_linked_or_believed_unless_it_is_set() -> None:
    assert web("") == WebSettings(Privacy.NOTHING, {}, "", (), None)


def test_a_link_to_an_explorer_has_a_place_for_the_hash() -> None:
    found = web('explorer = { btc = "https://explorer.example/block/{hash}" }')
    assert found.block_link("btc", "00ab") == "https://explorer.example/block/00ab"
    assert found.block_link("bch", "00ab") is None
    assert "does not have {hash}" in refused('explorer = { btc = "https://explorer.example/block/" }')
    assert "'main' is not a chain" in refused('explorer = { main = "https://explorer.example/{hash}" }')
    assert "is not a table" in refused('explorer = "https://explorer.example/{hash}"')
    assert "is not an HTTP address" in refused('explorer = { btc = "javascript:alert({hash})" }')


def test_a_link_for_a_chain_that_nobody_mines_is_doubted() -> None:
    assert "no source mines" in doubts('explorer = { bch = "https://explorer.example/{hash}" }')[0]


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("https://Mining.example/", "https://mining.example"),
        ("https://mining.example:443", "https://mining.example"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_the_address_for_people_has_one_spelling(given: str, read: str) -> None:
    assert web(f'origin = "{given}"').origin == read


@pytest.mark.parametrize("wrong", ["mining.example", "ftp://a", "https://a/b", "https://u:p@a", "https://a:99999"])
def test_what_is_no_origin_is_refused(wrong: str) -> None:
    assert "web.origin" in refused(f'origin = "{wrong}"')


def test_proxies_are_networks() -> None:
    (network,) = web('trusted_proxies = "10.0.0.7/8"').trusted_proxies
    assert str(network) == "10.0.0.0/8"
    assert "is not a network" in refused('trusted_proxies = ["proxy"]')


def test_a_certificate_needs_its_key() -> None:
    assert "has no key beside it" in refused('tls = { certificate = "a.pem" }')
    tls = web('tls = { certificate = "/a.pem", key = "/b.pem" }').tls
    assert tls is not None
    assert str(tls.key) == "/b.pem"


def test_passwords_in_the_clear_are_doubted_where_others_can_listen() -> None:
    assert "readable" in doubts('listen = "0.0.0.0:8855"')[0]
    assert doubts('listen = "127.0.0.1:8855"') == []
    assert doubts('listen = "[::1]:8855"') == []
    assert doubts('listen = "0.0.0.0:8855"\norigin = "https://mining.example"') == []
    assert doubts('listen = "0.0.0.0:8855"\ntls = { certificate = "a", key = "b" }') == []
    assert doubts('listen = "0.0.0.0:8855"\nenabled = false') == []


def test_names_and_lists_that_are_too_long_are_refused_in_words() -> None:
    pins = "".join(f'[[pin]]\nworker = "w{number}"\nsource = "ocean"\n' for number in range(10_001))
    with pytest.raises(ConfigError, match="has more than 10000 entries"):
        parse(POOL + pins, {})
    for name, said in (("a b", "cannot have"), ("", "is empty"), ("a" * 33, "longer than 32")):
        with pytest.raises(ConfigError, match=said):
            parse(POOL.replace("ocean", name), {})
