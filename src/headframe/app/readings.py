"""What is known of the chains, and how old it is.

Responsible for: keeping the last good number of each kind for each chain, from our own nodes and from feeds; refusing what
cannot be one; handing the rules of `routing.policies` what they read.
Not responsible for: asking (`app.autobalance`), deciding (`routing.policies`).
Read next: `app.autobalance`.

Pure. What our own node says is preferred while it is fresh. Bounds: one number for each chain, kind and origin, and
MAX_BLOCKS blocks of a chain.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Generic, TypeVar

from headframe.routing.policies import Block, Economics, RecentBlocks

T = TypeVar("T")

MAX_BLOCKS = 20_000
MOST = 1e30
"""No price, difficulty or reward is beyond it, and none is below one part of it."""

MAX_REWARD_SATS = 21_000_000 * 100_000_000
_MAX_TIME = 2**32


@dataclass(frozen=True, slots=True)
class _Known(Generic[T]):
    value: T
    at: float


@dataclass(frozen=True, slots=True)
class _Blocks:
    blocks: tuple[Block, ...]
    asked_unix_s: float


class Readings:
    """See the module. Times are monotonic seconds unless they say unix."""

    def __init__(self) -> None:
        self._own: dict[tuple[str, str], _Known[float]] = {}
        self._fed: dict[tuple[str, str], _Known[float]] = {}
        self._own_blocks: dict[str, _Known[_Blocks]] = {}
        self._fed_blocks: dict[str, _Known[_Blocks]] = {}

    def forget_fed(self) -> None:
        """The feeds are others now: their numbers may be of another kind, such as prices in another currency."""
        self._fed.clear()
        self._fed_blocks.clear()

    # In

    def of_node(self, chain: str, difficulty: float, reward_sats: int, at: float) -> None:
        """What the newest template of our own node says."""
        self._own[chain, "difficulty"] = _Known(difficulty, at)
        self._own[chain, "reward"] = _Known(float(reward_sats), at)

    def blocks_of_node(self, chain: str, blocks: Sequence[Block], at: float, unix_s: float) -> None:
        """The chain's latest blocks as our own node had them."""
        self._own_blocks[chain] = _Known(_Blocks(tuple(blocks[-MAX_BLOCKS:]), unix_s), at)

    def of_feed(self, chain: str, what: str, value: object, at: float, unix_s: float) -> str:
        """Take what a feed answered. Returns "" or what is wrong with it; then the number before stays, and ages."""
        if what == "blocks":
            blocks = blocks_of(value)
            if isinstance(blocks, str):
                return blocks
            self._fed_blocks[chain] = _Known(_Blocks(blocks, unix_s), at)
            return ""
        number = number_of(value)
        if number is None:
            return "no number that is positive and finite"
        if what == "reward" and not (number == int(number) and number <= MAX_REWARD_SATS):
            return "the reward must be in sats, a whole number"
        self._fed[chain, what] = _Known(number, at)
        return ""

    # Out

    def economics(self, now: float, fresh_s: float) -> dict[str, Economics]:
        """Chains of which price, difficulty and reward are known; as old as the oldest of the three."""
        found = {}
        for chain in sorted({chain for chain, _ in (*self._own, *self._fed)}):
            price, difficulty, reward = (
                self._number(chain, w, now, fresh_s) for w in ("price", "difficulty", "reward")
            )
            if price is not None and difficulty is not None and reward is not None:
                at = min(price.at, difficulty.at, reward.at)
                found[chain] = Economics(at, int(reward.value), price.value, difficulty.value)
        return found

    def known(self, now: float, fresh_s: float) -> frozenset[tuple[str, str]]:
        """Of which chains there is what, as (chain, kind), none of it too old."""
        numbers = {key: self._number(*key, now, fresh_s) for key in (*self._own, *self._fed)}
        blocks = {(chain, "blocks"): one for chain, one in self.recent_blocks(now, fresh_s).items()}
        found = {**numbers, **blocks}
        return frozenset(key for key, one in found.items() if one is not None and now - one.at <= fresh_s)

    def difficulties(self, now: float, fresh_s: float) -> dict[str, float]:
        """Chains of which the network's difficulty is known."""
        chains = {chain for chain, what in (*self._own, *self._fed) if what == "difficulty"}
        known = {chain: self._number(chain, "difficulty", now, fresh_s) for chain in sorted(chains)}
        return {chain: one.value for chain, one in known.items() if one is not None}

    def recent_blocks(self, now: float, fresh_s: float) -> dict[str, RecentBlocks]:
        """Chains of which blocks are known."""
        found = {}
        for chain in sorted({*self._own_blocks, *self._fed_blocks}):
            known = _fresher(self._own_blocks.get(chain), self._fed_blocks.get(chain), now, fresh_s)
            if known is not None:
                found[chain] = RecentBlocks(known.at, known.value.asked_unix_s, known.value.blocks)
        return found

    def _number(self, chain: str, what: str, now: float, fresh_s: float) -> _Known[float] | None:
        return _fresher(self._own.get((chain, what)), self._fed.get((chain, what)), now, fresh_s)


def _fresher(own: _Known[T] | None, fed: _Known[T] | None, now: float, fresh_s: float) -> _Known[T] | None:
    """Our own while it is fresh, or when there is no other."""
    if own is not None and (fed is None or now - own.at <= fresh_s):
        return own
    return fed


def number_of(value: object) -> float | None:
    """A positive, finite number from JSON; also from text, as which some exchanges write prices. Else None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str) or (isinstance(value, str) and "_" in value):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if isfinite(number) and 1 / MOST <= number <= MOST else None


def blocks_of(value: object) -> tuple[Block, ...] | str:
    """Blocks from a list of objects with `time` (or `timestamp`; unix seconds) and `difficulty`; else what is wrong."""
    if not isinstance(value, list) or not value:
        return "no list of blocks"
    if len(value) > MAX_BLOCKS:
        return f"more than {MAX_BLOCKS} blocks"
    read: Callable[[dict[object, object]], Block | None] = _block
    blocks = [read(entry) if isinstance(entry, dict) else None for entry in value]
    known = tuple(block for block in blocks if block is not None)
    return known if len(known) == len(blocks) else "a block without time or difficulty"


def _block(entry: dict[object, object]) -> Block | None:
    time = number_of(entry.get("time", entry.get("timestamp")))
    difficulty = number_of(entry.get("difficulty"))
    if time is None or difficulty is None or time >= _MAX_TIME:
        return None
    return Block(int(time), difficulty)
