"""Who is paid if a session's job makes a block.

Responsible for: solo payout policy (`operator`: one address for all; `miner`: the address in the user name) and the
numbered payout sets that come of it.
Not responsible for: addresses themselves (`bitcoin.address`), writing sets down (the hub journals each new one).
Read next: `mining.job.PayoutSet`.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from headframe.bitcoin.address import AddressError, normalise_address, script_of_address
from headframe.bitcoin.networks import Network
from headframe.ledger.facts import PayoutSetIssued
from headframe.mining.job import PayoutSet

MAX_PAYOUT_SETS = 100_000
"""Distinct payout sets kept in memory; beyond it the one asked for longest ago is forgotten (sessions that have it keep it;
asked for again it gets another number)."""


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
        self._sets: OrderedDict[tuple[bytes, tuple[tuple[bytes, int], ...]], PayoutSet] = OrderedDict()
        self._next_number = 1

    def restore(self, known: Iterable[PayoutSetIssued]) -> None:
        """Take up the numbering of earlier runs."""
        for fact in known:
            parts = tuple((script, points) for script, points in fact.parts)
            self._sets[(fact.remainder_script, parts)] = PayoutSet(fact.number, fact.remainder_script, parts)
            self._next_number = max(self._next_number, fact.number + 1)
            self._bound()

    def use(self, policy: PayoutPolicy) -> None:
        """Who is paid from now on; sets that were issued stay as they are."""
        self._policy = policy

    @property
    def depends_on_user(self) -> bool:
        """Whether a session must name itself before it can be given work."""
        return self._policy.operator_script is None

    @property
    def unnumbered(self) -> PayoutSet:
        """What the operator would be paid by, for a job that is only looked at: nothing is numbered or recorded. In miner
        mode it is not known who is paid."""
        return PayoutSet(0, self._policy.operator_script or b"", self._policy.parts)

    def default(self) -> PayoutSet | None:
        """The set that pays the operator; None in miner mode."""
        script = self._policy.operator_script
        return None if script is None else self._numbered(script)

    def for_identity(self, identity: str, bound: PayoutSet | None = None) -> PayoutSet | PayoutRefused:
        """The set that a worker of this identity mines for.

        bound  what its connection mines for already: a connection has one job, so another address is refused (before
               anything is numbered or recorded for it)
        """
        script = self._policy.operator_script
        if script is None:
            try:
                script = script_of_address(normalise_address(identity), self._policy.network)
            except AddressError:
                return PayoutRefused("Invalid Bitcoin address")
        if bound is not None and bound.remainder_script != script:
            return PayoutRefused("One payout address per connection")
        return bound or self._numbered(script)

    def _numbered(self, script: bytes) -> PayoutSet:
        key = (script, self._policy.parts)
        found = self._sets.get(key)
        if found is None:
            found = PayoutSet(self._next_number, script, self._policy.parts)
            self._next_number += 1
            self._sets[key] = found
            self._bound()
            self._issued(found)
        self._sets.move_to_end(key)
        return found

    def _bound(self) -> None:
        if len(self._sets) > MAX_PAYOUT_SETS:
            self._sets.popitem(last=False)
