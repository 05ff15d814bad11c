"""Facts to the bytes of one frame, and back.

Responsible for: the payload of a frame: msgpack, with accounts and terms written once per segment and numbered.
Not responsible for: files, checksums and positions (`journal.layout`, `journal.segments`, `journal.reader`).
Read next: `journal.layout`.

A row of a share batch is (account number, terms number, count, best hash): about 40 bytes. The first frame of a segment
that needs an account or terms defines them, in order of number, before its facts; so a segment is readable by itself.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias

import msgspec

from headframe.ledger.facts import (
    Account,
    BlockFound,
    BlockSettled,
    Credit,
    Fact,
    PayoutSetIssued,
    Refusal,
    ShareBatch,
    Terms,
    UpstreamSettled,
)
from headframe.mining.units import Work

MAX_NAMES: Final = 65_536
"""Accounts, and likewise terms, that one segment numbers. When reached, the next append begins a new segment."""


class CodecError(ValueError):
    """A payload that passed its checksum but is none of ours."""


class _Terms(msgspec.Struct, array_like=True, frozen=True):
    """As `Terms`; work as big-endian bytes, since it does not fit msgpack's 64 bits."""

    source: str
    generation: int
    height: int
    bits: int
    payout_set: int
    work: bytes


class _Shares(msgspec.Struct, array_like=True, tag=0, gc=False):
    time_ms: int
    credits: list[tuple[int, int, int, bytes]]
    refusals: list[tuple[int, str, str, int]]


class _PayoutSet(msgspec.Struct, array_like=True, tag=1, gc=False):
    time_ms: int
    number: int
    remainder_script: bytes
    parts: list[tuple[bytes, int]]


class _Found(msgspec.Struct, array_like=True, tag=2, gc=False):
    time_ms: int
    hash: bytes
    height: int
    source: str
    generation: int
    account: int
    payout_set: int
    reward_sats: int
    bits: int


class _Settled(msgspec.Struct, array_like=True, tag=3, gc=False):
    time_ms: int
    hash: bytes
    outcome: str
    reason: str
    confirmations: int


class _Upstream(msgspec.Struct, array_like=True, tag=4, gc=False):
    """Since format 2. Work as big-endian bytes."""

    time_ms: int
    source: str
    outcome: str
    reason: str
    count: int
    work: bytes


_Record: TypeAlias = _Shares | _PayoutSet | _Found | _Settled | _Upstream


class _Payload(msgspec.Struct, array_like=True, gc=False):
    sequence: int
    accounts: list[Account]
    terms: list[_Terms]
    facts: list[_Record]


_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(_Payload).decode


class PayloadEncoder:
    """The writer's side of one segment: remembers which accounts and terms are numbered.

    What `encode` numbers is provisional until `keep`; `forget` takes it back when the frame did not reach the file.
    """

    def __init__(self) -> None:
        self._accounts: dict[Account, int] = {}
        self._terms: dict[Terms, int] = {}
        self._new_accounts: list[Account] = []
        self._new_terms: list[Terms] = []

    @property
    def full(self) -> bool:
        """Whether this segment has numbered all that it may."""
        return len(self._accounts) >= MAX_NAMES or len(self._terms) >= MAX_NAMES

    def encode(self, sequence: int, facts: Sequence[Fact]) -> bytes:
        records = [self._record(fact) for fact in facts]
        terms = [_wire_terms(each) for each in self._new_terms]
        return _pack((sequence, self._new_accounts, terms, records))

    def keep(self) -> None:
        """The frame is in the file: what it defined stays defined."""
        if self._new_accounts:
            self._new_accounts = []
        if self._new_terms:
            self._new_terms = []

    def forget(self) -> None:
        """The frame is not in the file: what it would have defined is unknown again."""
        for account in self._new_accounts:
            del self._accounts[account]
        for terms in self._new_terms:
            del self._terms[terms]
        self.keep()

    def _record(self, fact: Fact) -> _Record:
        if type(fact) is ShareBatch:
            refusals = [(self._account(r.account), r.source, r.reason, r.count) for r in fact.refusals]
            return _Shares(fact.time_ms, self._credit_rows(fact.credits), refusals)
        if type(fact) is PayoutSetIssued:
            return _PayoutSet(fact.time_ms, fact.number, fact.remainder_script, fact.parts)
        if type(fact) is BlockFound:
            account = self._account(fact.account)
            return _Found(
                fact.time_ms,
                fact.hash,
                fact.height,
                fact.source,
                fact.generation,
                account,
                fact.payout_set,
                fact.reward_sats,
                fact.bits,
            )
        if type(fact) is BlockSettled:
            return _Settled(fact.time_ms, fact.hash, fact.outcome, fact.reason, fact.confirmations)
        if type(fact) is UpstreamSettled:
            return _Upstream(fact.time_ms, fact.source, fact.outcome, fact.reason, fact.count, _work_bytes(fact.work))
        raise TypeError(f"not a fact: {type(fact).__name__}")

    def _credit_rows(self, rows_of: list[Credit]) -> list[tuple[int, int, int, bytes]]:
        """The hot loop: one lookup of the account, one of the terms, one tuple."""
        accounts = self._accounts
        known_terms = self._terms
        rows = []
        for credit in rows_of:
            account = accounts.get(credit.account)
            if account is None:
                account = self._account(credit.account)
            terms = known_terms.get(credit.terms)
            if terms is None:
                terms = known_terms[credit.terms] = len(known_terms)
                self._new_terms.append(credit.terms)
            rows.append((account, terms, credit.count, credit.best_hash))
        return rows

    def _account(self, account: Account) -> int:
        number = self._accounts.get(account)
        if number is None:
            number = self._accounts[account] = len(self._accounts)
            self._new_accounts.append(account)
        return number


class PayloadDecoder:
    """The reader's side of one segment."""

    def __init__(self) -> None:
        self._accounts: list[Account] = []
        self._terms: list[Terms] = []

    def decode(self, payload: bytes | memoryview, *, wanted: bool = True) -> tuple[int, list[Fact]]:
        """(sequence, facts). With `wanted` false only the definitions are taken, and the facts are empty.

        Raises CodecError for a payload that is none of ours.
        """
        try:
            parsed = _unpack(payload)
            self._accounts += parsed.accounts
            self._terms += [_terms_of_wire(each) for each in parsed.terms]
            return parsed.sequence, [self._fact(record) for record in parsed.facts] if wanted else []
        except (msgspec.DecodeError, IndexError) as error:
            raise CodecError(str(error)) from None

    def _fact(self, record: _Record) -> Fact:
        if type(record) is _Shares:
            accounts, terms = self._accounts, self._terms
            return ShareBatch(
                record.time_ms,
                [Credit(accounts[a], terms[t], count, best) for a, t, count, best in record.credits],
                [Refusal(accounts[a], source, reason, count) for a, source, reason, count in record.refusals],
            )
        if type(record) is _PayoutSet:
            return PayoutSetIssued(record.time_ms, record.number, record.remainder_script, record.parts)
        if type(record) is _Found:
            return BlockFound(
                record.time_ms,
                record.hash,
                record.height,
                record.source,
                record.generation,
                self._accounts[record.account],
                record.payout_set,
                record.reward_sats,
                record.bits,
            )
        if type(record) is _Settled:
            return BlockSettled(record.time_ms, record.hash, record.outcome, record.reason, record.confirmations)
        assert type(record) is _Upstream
        work = int.from_bytes(record.work, "big")
        return UpstreamSettled(record.time_ms, record.source, record.outcome, record.reason, record.count, work)


def _wire_terms(terms: Terms) -> _Terms:
    return _Terms(terms.source, terms.generation, terms.height, terms.bits, terms.payout_set, _work_bytes(terms.work))


def _terms_of_wire(terms: _Terms) -> Terms:
    work = int.from_bytes(terms.work, "big")
    return Terms(terms.source, terms.generation, terms.height, terms.bits, terms.payout_set, work)


def _work_bytes(work: Work) -> bytes:
    """Big-endian, as short as it goes."""
    return work.to_bytes((work.bit_length() + 7) // 8, "big")
