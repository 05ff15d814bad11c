"""Addresses of every kind on every network, against btclib; and mistakes that are always caught."""

import string

import pytest
from btclib.script.script_pub_key import ScriptPubKey, address
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from headframe.bitcoin.address import AddressError, address_of_script, normalise_address, script_of_address
from headframe.bitcoin.networks import NETWORKS, Network

fixed = settings(derandomize=True, deadline=None, database=None)

networks = st.sampled_from(list(NETWORKS.values()))
hashes20, hashes32 = st.binary(min_size=20, max_size=20), st.binary(min_size=32, max_size=32)
p2pkh = hashes20.map(lambda digest: b"\x76\xa9\x14" + digest + b"\x88\xac")
p2sh = hashes20.map(lambda digest: b"\xa9\x14" + digest + b"\x87")
p2wpkh = hashes20.map(lambda digest: b"\x00\x14" + digest)
p2wsh = hashes32.map(lambda digest: b"\x00\x20" + digest)
p2tr = hashes32.map(lambda key: b"\x51\x20" + key)
later = st.builds(
    lambda version, program: bytes([0x50 + version, len(program)]) + program,
    st.integers(2, 16),
    st.binary(min_size=2, max_size=40),
)
segwit = p2wpkh | p2wsh | p2tr | later
scripts = p2pkh | p2sh | segwit


def btclib_name(network: Network) -> str:
    return "testnet" if network.name == "testnet3" else network.name


@fixed
@given(scripts, networks)
def test_a_script_goes_to_an_address_and_back_as_btclib_does(script: bytes, network: Network) -> None:
    written = address_of_script(script, network)
    assert written == address(script, btclib_name(network))
    assert written is not None
    assert script_of_address(written, network) == script == ScriptPubKey.from_address(written).script


@fixed
@given(segwit, networks)
def test_upper_case_as_in_qr_codes_is_the_same_address(script: bytes, network: Network) -> None:
    written = address_of_script(script, network)
    assert written is not None
    assert script_of_address(written.upper(), network) == script
    assert normalise_address(written.upper()) == written


@fixed
@given(scripts, networks, networks)
def test_an_address_works_exactly_on_the_networks_that_share_its_prefix(
    script: bytes, network: Network, other: Network
) -> None:
    written = address_of_script(script, network)
    assert written is not None
    is_segwit = script[0] in (0, *range(0x51, 0x61))
    shared = network.bech32_prefix == other.bech32_prefix if is_segwit else network.p2pkh_version == other.p2pkh_version
    if shared:
        assert script_of_address(written, other) == script
    else:
        with pytest.raises(AddressError, match=f"the network is {other.name}"):
            script_of_address(written, other)


@fixed
@given(scripts, networks, st.data())
def test_one_mistyped_character_is_always_refused(script: bytes, network: Network, data: st.DataObject) -> None:
    written = address_of_script(script, network)
    assert written is not None
    position = data.draw(st.integers(0, len(written) - 1))
    typed = data.draw(st.sampled_from(string.ascii_letters + string.digits))
    wrong = written[:position] + typed + written[position + 1 :]
    assume(wrong != written)
    with pytest.raises(AddressError):
        script_of_address(wrong, network)


@fixed
@given(st.text(max_size=100), networks)
def test_any_text_is_an_address_or_a_clear_refusal_that_does_not_repeat_it(text: str, network: Network) -> None:
    with pytest.raises(AddressError) as caught:
        script_of_address(text, network)
    assert len(text) < 9 or text not in str(caught.value)


@fixed
@given(st.binary(max_size=45), networks)
def test_any_script_has_an_address_that_leads_back_or_none(script: bytes, network: Network) -> None:
    written = address_of_script(script, network)
    assert written is None or script_of_address(written, network) == script
