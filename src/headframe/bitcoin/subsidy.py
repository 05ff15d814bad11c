"""What a block creates.

Responsible for: the subsidy at a height.
Not responsible for: fees, or what a coinbase really claims (`mining.template`).
Read next: `bitcoin.networks`.
"""

from headframe.bitcoin.networks import Network

FIRST_SUBSIDY_SATS = 50 * 100_000_000
_HALVING_BLOCKS = 210_000
_HALVING_BLOCKS_REGTEST = 150


def subsidy_sats(height: int, network: Network) -> int:
    """Sats that the block of this height may create (Bitcoin Core's GetBlockSubsidy); Bitcoin Cash halves alike."""
    halvings = height // (_HALVING_BLOCKS_REGTEST if network.chain == "regtest" else _HALVING_BLOCKS)
    return FIRST_SUBSIDY_SATS >> halvings if halvings < 64 else 0
