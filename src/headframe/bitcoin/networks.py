"""The networks we know.

Responsible for: names, address prefixes and getblocktemplate rules of each.
Not responsible for: addresses themselves (`bitcoin.address`).
Read next: `bitcoin.address`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Network:
    """`chain` is what a node's getblockchaininfo calls it."""

    name: str
    chain: str
    bech32_prefix: str
    p2pkh_version: int
    p2sh_version: int
    template_rules: tuple[str, ...] = ("segwit",)


_TEST_P2PKH, _TEST_P2SH = 111, 196

NETWORKS: dict[str, Network] = {
    network.name: network
    for network in (
        Network("mainnet", "main", "bc", 0, 5),
        Network("testnet3", "test", "tb", _TEST_P2PKH, _TEST_P2SH),
        Network("testnet4", "testnet4", "tb", _TEST_P2PKH, _TEST_P2SH),
        Network("signet", "signet", "tb", _TEST_P2PKH, _TEST_P2SH, ("segwit", "signet")),
        Network("regtest", "regtest", "bcrt", _TEST_P2PKH, _TEST_P2SH),
    )
}
