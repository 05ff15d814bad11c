"""Every job that jobmaker makes and the judge calls solved is a valid block: Bitcoin Core's own engine says so.

One regtest chain, held by libbitcoinkernel in this process, grows by one block per example. What the kernel thinks is
read from the tip: `process_block` is True even for a block that is found invalid when it is connected.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headframe.bitcoin.block import Block, assemble_block
from headframe.bitcoin.coinbase import Output, witness_commitment
from headframe.bitcoin.merkle import coinbase_branch
from headframe.bitcoin.target import MAX_TARGET
from headframe.bitcoin.transaction import Transaction
from headframe.mining.extranonce import ExtranonceLayout
from headframe.mining.job import Job, PayoutSet
from headframe.mining.jobmaker import MAX_TAG_SIZE, VERSION_MASK, JobStyle, block_coinbase, make_job
from headframe.mining.judge import judge
from headframe.mining.submission import Solution, Submission
from headframe.mining.template import Template

try:
    import pbk
except (ImportError, OSError) as missing:
    pytest.skip(f"NO BLOCK WAS CHECKED: libbitcoinkernel does not load here ({missing})", allow_module_level=True)

MATURITY = 100
HALVING_INTERVAL = 150
ANYBODY = bytes.fromhex("00204ae81572f06e1b88fd5ced7a1a000945432e83e1551e6f721ee9c00b8cc33260")
"""P2WSH of OP_TRUE: what pays it can be spent with a witness of one byte."""

REGTEST_GENESIS = bytes.fromhex("0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206")[::-1]
STEP_S = 600


@dataclass
class KernelChain:
    """A regtest chain that only valid blocks extend, and what its next template is."""

    manager: pbk.ChainstateManager
    time: int = 1_296_688_602
    spendable: deque[tuple[int, bytes, int]] = field(default_factory=deque)
    """(height, txid, sats) of outputs to ANYBODY in coinbases, oldest first"""

    @property
    def height(self) -> int:
        return int(self.manager.get_active_chain().height)

    @property
    def tip(self) -> bytes:
        chain = self.manager.get_active_chain()
        return bytes(chain.block_tree_entries[chain.height].block_hash)

    def template(self, *, spends: int, fee_sats: int, version: int, commits: bool) -> Template:
        """The next template, spending up to `spends` mature outputs with a witness each."""
        height = self.height + 1
        transactions: list[bytes] = []
        fees = 0
        while commits and len(transactions) < spends and self.spendable and self.spendable[0][0] + MATURITY <= height:
            _, txid, sats = self.spendable.popleft()
            fee = min(fee_sats, sats)
            transactions.append(spending(txid, sats - fee))
            fees += fee
        parsed = [Transaction.parse(raw) for raw in transactions]
        return Template(
            height=height,
            version=version,
            prev_hash=self.tip,
            bits=0x207FFFFF,
            time=self.time + STEP_S,
            min_time=self.time + 1,
            reward_sats=(50 * 10**8 >> height // HALVING_INTERVAL) + fees,
            transactions=tuple(transactions),
            branch=coinbase_branch([transaction.txid for transaction in parsed]),
            commitment=witness_commitment([transaction.wtxid for transaction in parsed]) if commits else None,
        )

    def offer(self, template: Template, solution: Solution) -> bool:
        """Whether the kernel makes this block its tip."""
        block = block_of(template, solution)
        try:
            self.manager.process_block(pbk.Block(block))
        except pbk.ProcessBlockException:
            return False
        if self.tip != solution.hash:
            return False
        header, coinbase = Block.parse(block).header, Transaction.parse(solution.coinbase)
        self.time = header.ntime
        paid = [output for output in coinbase.outputs if output.script == ANYBODY]
        if paid and coinbase.outputs[0] == paid[0] and paid[0].value_sats:
            self.spendable.append((template.height, coinbase.txid, paid[0].value_sats))
        return True


def spending(txid: bytes, sats: int) -> bytes:
    """A transaction that spends output 0 of `txid`, which pays ANYBODY, to ANYBODY."""
    spent = txid + bytes(4) + b"\x00" + b"\xfd\xff\xff\xff"
    witness = b"\x01\x01\x51"
    return b"\x02\x00\x00\x00\x00\x01\x01" + spent + b"\x01" + Output(sats, ANYBODY).serialize() + witness + bytes(4)


def block_of(template: Template, solution: Solution) -> bytes:
    return assemble_block(solution.header, block_coinbase(template, solution.coinbase), template.transactions)


def solve(job: Job, extranonce1: bytes, extranonce2: bytes, *, version_bits: int = 0, roll_s: int = 0) -> Solution:
    """Search nonces as a miner does, until the judge calls one a solution."""
    for nonce in range(1000):
        submission = Submission(extranonce2, job.ntime + roll_s, nonce, version_bits)
        verdict = judge(job, MAX_TARGET, extranonce1, submission, seen=frozenset(), stale_for_s=None)
        if verdict.solution is not None:
            return verdict.solution
    raise AssertionError("half of all nonces solve a regtest block")


def plain_job(template: Template, seq: int = 1, payout: PayoutSet | None = None) -> Job:
    payout = payout or PayoutSet(1, ANYBODY)
    style = JobStyle("home", b"/headframe/")
    return make_job(template, style, payout, ExtranonceLayout(4, 8), generation=1, seq=seq, clean=True)


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KernelChain]:
    """A chain of 101 blocks of ours, so that there is something to spend."""
    folder: Path = tmp_path_factory.mktemp("kernel")
    grown = KernelChain(pbk.load_chainman(folder, pbk.ChainType.REGTEST))
    assert grown.tip == REGTEST_GENESIS
    for seq in range(MATURITY + 1):
        template = grown.template(spends=0, fee_sats=0, version=0x20000000, commits=bool(seq % 2))
        assert grown.offer(template, solve(plain_job(template, seq), b"same", b"for all!"))
    yield grown
    del grown.manager


@dataclass(frozen=True)
class Style:
    """All that may differ between two blocks."""

    commits: bool
    spends: int
    fee_sats: int
    tag: bytes
    seq: int
    parts: tuple[tuple[bytes, int], ...]
    extranonce1: bytes
    extranonce2: bytes
    template_bits: int
    version_mask: int
    rolled_bits: int
    roll_s: int


masks = st.sampled_from([0, VERSION_MASK])
bits = st.integers(0, 2**16 - 1).map(lambda number: number << 13)
styles = st.builds(
    Style,
    commits=st.sampled_from([True, True, False]),
    spends=st.integers(0, 3),
    fee_sats=st.integers(0, 10**6),
    tag=st.binary(max_size=MAX_TAG_SIZE),
    seq=st.integers(0, 2**64),
    parts=st.lists(st.tuples(st.binary(max_size=34), st.integers(0, 2_500)), max_size=4).map(tuple),
    extranonce1=st.binary(min_size=2, max_size=4),
    extranonce2=st.binary(min_size=2, max_size=8),
    template_bits=bits,
    version_mask=masks,
    rolled_bits=bits,
    roll_s=st.integers(0, 300),
)


@settings(derandomize=True, deadline=None, database=None, max_examples=60)
@given(style=styles)
def test_every_solved_job_is_the_next_block_of_the_chain(chain: KernelChain, style: Style) -> None:
    template = chain.template(
        spends=style.spends,
        fee_sats=style.fee_sats,
        version=0x20000000 | style.template_bits,
        commits=style.commits,
    )
    job = make_job(
        template,
        JobStyle("home", style.tag, version_mask=style.version_mask),
        PayoutSet(1, ANYBODY, style.parts),
        ExtranonceLayout(len(style.extranonce1), len(style.extranonce2)),
        generation=1,
        seq=style.seq,
        clean=True,
    )
    rolled = style.rolled_bits & style.version_mask
    solution = solve(job, style.extranonce1, style.extranonce2, version_bits=rolled, roll_s=style.roll_s)
    height = chain.height
    assert chain.offer(template, solution)
    assert chain.height == height + 1


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7])
def test_blocks_with_any_number_of_transactions_are_valid(chain: KernelChain, count: int) -> None:
    # Each block pays what the next ones spend; the first transactions of all are those of the fixture's chain.
    while not chain.spendable or chain.spendable[min(count, len(chain.spendable)) - 1][0] + MATURITY > chain.height + 1:
        template = chain.template(spends=0, fee_sats=0, version=0x20000000, commits=True)
        assert chain.offer(template, solve(plain_job(template), b"grow", bytes(8)))
    template = chain.template(spends=count, fee_sats=1_000, version=0x20000000, commits=True)
    assert len(template.transactions) == count
    assert chain.offer(template, solve(plain_job(template), b"many", bytes(8)))


def _one_sat_too_many(template: Template) -> Template:
    return replace(template, reward_sats=template.reward_sats + 1)


def _wrong_height(template: Template) -> Template:
    return replace(template, height=template.height + 1)


def _wrong_commitment(template: Template) -> Template:
    return replace(template, commitment=witness_commitment([bytes(32)]))


def _wrong_branch(template: Template) -> Template:
    return replace(template, branch=(bytes(32),))


def _too_old(template: Template) -> Template:
    return replace(template, time=1_296_688_602, min_time=0)


@pytest.mark.parametrize(
    "spoil",
    [_one_sat_too_many, _wrong_height, _wrong_commitment, _wrong_branch, _too_old],
    ids=lambda spoil: spoil.__name__,
)
def test_the_oracle_refuses_a_block_with_one_thing_wrong(chain: KernelChain, spoil: object) -> None:
    assert callable(spoil)
    template = spoil(chain.template(spends=0, fee_sats=0, version=0x20000000, commits=True))
    before = chain.tip
    assert not chain.offer(template, solve(plain_job(template), b"evil", bytes(8)))
    assert chain.tip == before


def test_the_oracle_refuses_a_header_that_misses_the_target(chain: KernelChain) -> None:
    template = chain.template(spends=0, fee_sats=0, version=0x20000000, commits=True)
    job = plain_job(template)
    everything_solves = replace(job, network_target=MAX_TARGET)
    solutions = (solve(everything_solves, b"weak", bytes([number]) * 8) for number in range(64))
    weak = next(found for found in solutions if int.from_bytes(found.hash, "little") > job.network_target)
    assert not chain.offer(template, weak)
