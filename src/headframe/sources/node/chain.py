"""What differs between networks for whoever builds blocks.

Responsible for: subsidy by height, and whether the next block's bits can be known from its parent alone.
Not responsible for: names and prefixes (`bitcoin.networks`).
Read next: `sources.node.templates`.
"""

from dataclasses import dataclass

from headframe.bitcoin.networks import Network
from headframe.mining.units import Sats

_FIRST_SUBSIDY_SATS = 50 * 100_000_000


@dataclass(frozen=True, slots=True)
class ChainRules:
    """`retarget_interval` 0: never retargets. `steady_bits` false: bits may change from any block to the next (the
    testnets' minimum-difficulty rule), so they are known only from a template. `own_halvings` false: the chain is
    somebody's toy, and may halve later than we think."""

    halving_interval: int = 210_000
    retarget_interval: int = 2016
    steady_bits: bool = True
    own_halvings: bool = True

    def subsidy_sats(self, height: int) -> Sats:
        """What a block of this height may create."""
        halvings = height // self.halving_interval
        return _FIRST_SUBSIDY_SATS >> halvings if halvings < 64 else 0

    def most_subsidy_sats(self, height: int) -> Sats:
        """More than this a template cannot honestly claim."""
        return self.subsidy_sats(height) if self.own_halvings else _FIRST_SUBSIDY_SATS

    def keeps_bits(self, height: int) -> bool:
        """Whether the block of this height surely has its parent's bits."""
        return self.steady_bits and (self.retarget_interval == 0 or height % self.retarget_interval != 0)


_RULES = {
    "testnet3": ChainRules(steady_bits=False),
    "testnet4": ChainRules(steady_bits=False),
    "regtest": ChainRules(halving_interval=150, retarget_interval=0, own_halvings=False),
}


def chain_rules(network: Network) -> ChainRules:
    """The rules of a network; mainnet's unless it has its own."""
    return _RULES.get(network.name, ChainRules())
