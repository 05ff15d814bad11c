"""Who is paid if a session's job makes a block.

Responsible for: solo payout policy (`operator`: one address for all; `miner`: the address in the user name) and the
numbered payout sets that come of it.
Not responsible for: addresses themselves (`bitcoin.address`), writing sets down (the hub journals each new one).
Read next: `mining.job.PayoutSet`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from headframe.bitcoin.address import AddressError, normalise_address, script_of_address
from headframe.bitcoin.networks import Network
from headframe.ledger.facts import PayoutSetIssued
from headframe.mining.job import PayoutSet

MAX_PAYOUT_SETS = 100_000
"""Distinct payout sets one installation keeps in memory; an address beyond it is refused, loudly."""


@dataclass(frozen=True, slots=True)
class PayoutPolicy:
    """`operator_script` is None in miner mode; `parts` are (script, basis points) of fees and donations."""

    network: Network
    operator_script: bytes | None
    parts: tuple[tuple[bytes, int], ...]


@dataclass(frozen=True, slots=True)
class PayoutRefused:
    """Why a name cannot be paid, in words that a device can show."""

    reason: str


class PayoutBook:
    """Payout sets by content: the same outputs always have the same number. Bound: MAX_PAYOUT_SETS."""

    def __init__(self, policy: PayoutPolicy, issued: Callable[[PayoutSet], None]) -> None:
        """`issued` is told of each new set, before any job uses it."""
        self._policy = policy
        self._issued = issued
        self._sets: dict[tuple[bytes, tuple[tuple[bytes, int], ...]], PayoutSet] = {}
        self._next_number = 1

    def restore(self, known: Iterable[PayoutSetIssued]) -> None:
        """Take up the numbering of earlier runs."""
        for fact in known:
            parts = tuple((script, points) for script, points in fact.parts)
            self._sets[(fact.remainder_script, parts)] = PayoutSet(fact.number, fact.remainder_script, parts)
            self._next_number = max(self._next_number, fact.number + 1)

    def use(self, policy: PayoutPolicy) -> None:
        """Who is paid from now on; sets that were issued stay as they are."""
        self._policy = policy

    @property
    def depends_on_user(self) -> bool:
        """Whether a session must name itself before it can be given work."""
        return self._policy.operator_script is None

    def default(self) -> PayoutSet | None:
        """The set that pays the operator; None in miner mode."""
        script = self._policy.operator_script
        if script is None:
            return None
        found = self._numbered(script)
        return found if isinstance(found, PayoutSet) else None

    def for_identity(self, identity: str) -> PayoutSet | PayoutRefused:
        """The set that a worker of this identity mines for."""
        script = self._policy.operator_script
        if script is None:
            try:
                script = script_of_address(normalise_address(identity), self._policy.network)
            except AddressError:
                return PayoutRefused("Invalid Bitcoin address")
        return self._numbered(script)

    def _numbered(self, script: bytes) -> PayoutSet | PayoutRefused:
        key = (script, self._policy.parts)
        found = self._sets.get(key)
        if found is None:
            if len(self._sets) >= MAX_PAYOUT_SETS:
                return PayoutRefused("Too many payout addresses")
            found = PayoutSet(self._next_number, script, self._policy.parts)
            self._next_number += 1
            self._sets[key] = found
            self._issued(found)
        return found
