"""A found block: exactly what was judged, doubted aloud, recorded step by step."""

import msgspec
import pytest

from headframe.bitcoin.block import Block
from headframe.bitcoin.hashing import sha256d
from headframe.mining.job import PayoutSet
from headframe.mining.template import Template
from headframe.sources.node.blocks import BlockRecord, advance, build_block, doubts_about, is_news, is_over
from headframe.sources.scripted import ScriptedSource
from headframe.testing.fake_clock import FakeClock
from headframe.testing.source_rig import LAYOUT, PAYOUT, solve
from headframe.testing.template_answers import some_transactions

RECORD = BlockRecord("ab" * 32, 100, "home", 1)


def solved() -> tuple[Template, object]:
    source = ScriptedSource(
        FakeClock(), transactions=tuple(tx.serialize(witness=True) for tx in some_transactions(1, seed=4))
    )
    source.up()
    work = source.new_block()
    share = solve(work.job(PAYOUT, LAYOUT, 1))
    assert share.solution is not None
    return work.template, share.solution


def test_the_judged_bytes_are_the_submitted_bytes() -> None:
    template, solution = solved()
    found = build_block(template, solution, "home", 5)  # type: ignore[arg-type]
    assert found.raw[:80] == solution.header  # type: ignore[attr-defined]
    block = Block.parse(found.raw)
    assert block.transactions[0].serialize(witness=False) == solution.coinbase  # type: ignore[attr-defined]
    assert block.transactions[0].witnesses == ((bytes(32),),)
    assert [tx.serialize(witness=True) for tx in block.transactions[1:]] == list(template.transactions)
    assert found.record == BlockRecord(solution.hash[::-1].hex(), 1, "home", 5)  # type: ignore[attr-defined]
    assert found.doubts == ""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"hash": bytes(32)}, "does not hash"),
        ({"coinbase": b"another"}, "merkle root"),
        ({"header": bytes(79)}, "80 bytes"),
        ({"header": bytes(80), "hash": sha256d(bytes(80))}, "previous hash"),
    ],
)
def test_doubts_are_spoken_and_the_block_is_built_all_the_same(changes: dict[str, bytes], words: str) -> None:
    template, solution = solved()
    doubtful = msgspec.structs.replace(solution, **changes)  # type: ignore[type-var]
    assert words in doubts_about(template, doubtful)  # type: ignore[arg-type]
    assert build_block(template, doubtful, "home", 0).raw.startswith(doubtful.header)  # type: ignore[arg-type, attr-defined]


def test_a_block_is_followed_to_maturity_with_news_at_milestones() -> None:
    record, told = RECORD, []
    for confirmations in range(1, 101):
        after = advance(record, confirmations)
        if is_news(record, after):
            told.append((after.outcome, after.confirmations))
        record = after
    assert [count for _, count in told] == [1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]
    assert told[-1] == ("matured", 100)
    assert is_over(record, 199)


def test_a_jump_over_a_milestone_is_news() -> None:
    assert is_news(advance(RECORD, 7), advance(RECORD, 12))
    assert not is_news(advance(RECORD, 7), advance(RECORD, 9))


def test_a_block_that_never_was_active_is_stale_and_one_that_was_is_orphaned() -> None:
    assert advance(RECORD, -1).outcome == "stale"
    orphaned = advance(advance(RECORD, 1), -1)
    assert (orphaned.outcome, orphaned.confirmations) == ("orphaned", -1)
    assert advance(orphaned, -1).outcome == "orphaned"
    assert advance(orphaned, 1).outcome == "accepted"
    assert not is_over(orphaned, 199)
    assert is_over(orphaned, 200)
    assert is_over(advance(RECORD, -1), 200)


def test_payout_sets_reach_the_block() -> None:
    template, solution = solved()
    block = Block.parse(build_block(template, solution, "home", 0).raw)  # type: ignore[arg-type]
    assert isinstance(PAYOUT, PayoutSet)
    assert block.transactions[0].outputs[0].script == PAYOUT.remainder_script
    assert block.transactions[0].outputs[0].value_sats == template.reward_sats
