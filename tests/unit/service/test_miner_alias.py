"""A name that everybody may see is never an address."""

import pytest

from headframe.service.miner_views import miner_alias, miner_key, use_names_secret

ADDRESSES = (
    "bcrt1qqypqxpq9qcrsszg2pvxq6rs0zqg3yyc5phstwt",
    "BCRT1QQYPQXPQ9QCRSSZG2PVXQ6RS0ZQG3YYC5PHSTWT",
    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
    "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
)


@pytest.mark.parametrize("worker", ["bitaxe", "s19-rack-04-behind-the-boiler", "<script>alert(1)</script>", "鍵"])
def test_a_workers_name_is_its_alias(worker: str) -> None:
    assert miner_alias(ADDRESSES[0], worker) == worker


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("form", ["{}", "rig.{}", "{}_rig", "rig_{}.x"])
def test_a_name_that_holds_an_address_is_not_shown(address: str, form: str) -> None:
    worker = form.format(address)
    assert miner_alias("anna", worker) == miner_key("anna", worker)[:8]


def test_without_a_name_the_key_begins_the_alias_and_keys_tell_miners_apart() -> None:
    assert miner_alias(ADDRESSES[0], "") == miner_key(ADDRESSES[0], "")[:8]
    assert len({miner_key("a", "b"), miner_key("ab", ""), miner_key("", "ab"), miner_key("a", "")}) == 4


def test_without_this_installations_secret_nobody_can_try_addresses_against_a_key() -> None:
    """Visitors see key and worker's name; the addresses of a whole chain are few enough to be tried."""
    usual = miner_key(ADDRESSES[0], "rig")
    try:
        use_names_secret(b"one")
        own = miner_key(ADDRESSES[0], "rig"), miner_alias(ADDRESSES[0], "")
        use_names_secret(b"another")
        other = miner_key(ADDRESSES[0], "rig"), miner_alias(ADDRESSES[0], "")
    finally:
        use_names_secret(b"")
    assert len({usual, own[0], other[0]}) == 3
    assert own[1] != other[1]
    assert miner_key(ADDRESSES[0], "rig") == usual
