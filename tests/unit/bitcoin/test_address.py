"""Addresses against the vectors of BIP173, BIP350 and Bitcoin Core; errors that name problem and remedy."""

import json
from pathlib import Path
from typing import Any

import pytest

from headframe.bitcoin.address import (
    AddressError,
    address_of_script,
    kind_of_script,
    normalise_address,
    script_of_address,
)
from headframe.bitcoin.networks import NETWORKS

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[2] / "vectors" / "addresses.json").read_text())
MAINNET, TESTNET4, REGTEST = NETWORKS["mainnet"], NETWORKS["testnet4"], NETWORKS["regtest"]
P2WPKH = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"


@pytest.mark.parametrize("case", VECTORS["bip_valid"] + VECTORS["core_valid"], ids=lambda case: case["address"])
def test_a_valid_address_gives_its_script_and_comes_back(case: dict[str, str]) -> None:
    network = NETWORKS[case["network"]]
    script = script_of_address(case["address"], network)
    assert script.hex() == case["script"]
    assert address_of_script(script, network) == normalise_address(case["address"])


@pytest.mark.parametrize("case", VECTORS["bip_invalid"], ids=lambda case: case["address"])
def test_an_invalid_address_is_refused_for_what_is_wrong_with_it(case: dict[str, str]) -> None:
    network = TESTNET4 if case["address"].lower().startswith("tb") else MAINNET
    with pytest.raises(AddressError, match=case["problem"]):
        script_of_address(case["address"], network)


@pytest.mark.parametrize("address", VECTORS["core_invalid"])
def test_what_bitcoin_core_refuses_is_refused_on_every_network(address: str) -> None:
    for network in NETWORKS.values():
        with pytest.raises(AddressError):
            script_of_address(address, network)


@pytest.mark.parametrize("case", VECTORS["core_valid"], ids=lambda case: case["address"])
def test_an_address_of_another_network_is_refused_with_the_networks_it_belongs_to(case: dict[str, str]) -> None:
    own = NETWORKS[case["network"]]
    is_base58 = not case["address"].lower().startswith(f"{own.bech32_prefix}1")
    for network in NETWORKS.values():
        if is_base58 and network.p2pkh_version == own.p2pkh_version:
            continue
        if not is_base58 and network.bech32_prefix == own.bech32_prefix:
            continue
        with pytest.raises(
            AddressError, match=f"the network is {network.name}: give a {network.name} address"
        ) as caught:
            script_of_address(case["address"], network)
        assert own.name in str(caught.value).split(" address and the network is ")[0]


def test_a_mainnet_address_on_regtest_says_so() -> None:
    with pytest.raises(AddressError) as caught:
        script_of_address(P2WPKH, REGTEST)
    assert str(caught.value) == (
        "this is a mainnet address and the network is regtest: give a regtest address (it starts with bcrt1, m, n or 2)"
    )


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("", "is empty: give a mainnet address"),
        (" " + P2WPKH, "contains a space"),
        (P2WPKH + "\n", "contains a space or a character"),
        ("bc1qé", "a character that no address has"),
        (P2WPKH[:-1], "checksum is wrong, it was mistyped or cut: copy it again"),
        (P2WPKH[:-1] + "1", "letter that no bech32 address has"),
        ("Bc1" + P2WPKH[3:], "case are mixed: write the address all in lower case"),
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", "checksum is wrong"),
        ("1A1zP1eP5QGefi2DMPTfTL5", "no Bitcoin address"),
        ("LM2WMpR1Rp6j3Sa59cMXMs1SPzj9eXpGc1", "another currency"),
        ("alice", "no Bitcoin address: give a mainnet address"),
        ("x" * 91, "at most 90 characters"),
        ("xpub" + "6" * 107, "extended key of a wallet"),
    ],
)
def test_each_mistake_has_its_own_words(address: str, problem: str) -> None:
    with pytest.raises(AddressError, match=problem):
        script_of_address(address, MAINNET)


def test_a_private_key_is_recognised_and_never_repeated() -> None:
    key = "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ"
    with pytest.raises(AddressError, match="private key, show it to nobody") as caught:
        script_of_address(key, MAINNET)
    assert key not in str(caught.value)


@pytest.mark.parametrize(
    "script",
    [
        "",
        "51",
        "6a0568656c6c6f",
        "6a24aa21a9ed" + "00" * 32,
        "21" + "02" * 33 + "ac",
        "76a914" + "00" * 20 + "88",
        "a914" + "00" * 20 + "88",
        "0013" + "00" * 19,
        "0014" + "00" * 32,
        "5121" + "00" * 32,
        "5129" + "00" * 41,
        "5101" + "00",
        "5014" + "00" * 20,
        "6114" + "00" * 20,
    ],
)
def test_a_script_without_an_address_has_none(script: str) -> None:
    assert address_of_script(bytes.fromhex(script), MAINNET) is None


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (P2WPKH.upper(), P2WPKH),
        (P2WPKH, P2WPKH),
        ("BCRT1QABC", "bcrt1qabc"),
        ("Bc1Qabc", "Bc1Qabc"),
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
        ("ALICE", "ALICE"),
        ("", ""),
    ],
)
def test_only_upper_case_bech32_is_spelt_anew(given: str, kept: str) -> None:
    assert normalise_address(given) == kept


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        (P2WPKH, "P2WPKH"),
        ("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", "P2TR"),
        ("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "P2PKH"),
        ("3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", "P2SH"),
        ("bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3", "P2WSH"),
    ],
)
def test_the_kind_of_an_address_is_called_by_its_name(address: str, kind: str) -> None:
    assert kind_of_script(script_of_address(address, MAINNET)) == kind


@pytest.mark.parametrize("script", [b"", b"\x6a\x04data", b"\x00", b"\x51\x20" + bytes(31)])
def test_what_is_no_address_has_no_kind(script: bytes) -> None:
    assert kind_of_script(script) == ""
