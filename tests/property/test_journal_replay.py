"""What is read back is what was appended, whatever a crash or a bad disk does to the files."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from headframe.journal.base import JournalUnavailable
from headframe.journal.layout import list_segments
from headframe.journal.reader import SegmentReader
from headframe.journal.segments import SegmentJournal
from headframe.ledger.facts import START, Account, Credit, Fact, Position, Refusal, ShareBatch, Terms, UpstreamSettled
from headframe.ledger.totals import LedgerTotals

accounts = st.builds(Account, st.text(max_size=8), st.text(max_size=4), st.just("sv1"))
terms = st.builds(
    Terms,
    st.sampled_from(["home", "pool"]),
    st.integers(0, 2**63),
    st.integers(0, 2**32),
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**40),
    st.integers(0, 2**256),
)
batches = st.builds(
    ShareBatch,
    st.integers(0, 2**45),
    st.lists(st.builds(Credit, accounts, terms, st.integers(1, 2**40), st.binary(max_size=32)), max_size=3),
    st.lists(st.builds(Refusal, accounts, st.text(max_size=4), st.text(max_size=4), st.integers(1, 99)), max_size=2),
)
said = st.builds(
    UpstreamSettled,
    st.integers(0, 2**45),
    st.sampled_from(["pool", ""]),
    st.sampled_from(["accepted", "refused", "lost"]),
    st.text(max_size=4),
    st.integers(1, 2**40),
    st.integers(0, 2**256),
)
appends = st.lists(st.lists(st.one_of(batches, batches, said), min_size=1, max_size=2), min_size=1, max_size=8)


@contextmanager
def directory() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def read(where: Path, after: Position = START) -> list[tuple[Position, list[Fact]]]:
    reader = SegmentReader(where)
    try:
        return [(position, list(facts)) for position, facts in reader.read(after)]
    finally:
        reader.close()


def write(where: Path, batches: list[list[Fact]], segment_bytes: int) -> list[tuple[Position, list[Fact]]]:
    journal = SegmentJournal(where, segment_bytes=segment_bytes, reserve_bytes=0)
    try:
        return [(journal.append(facts), facts) for facts in batches]
    finally:
        journal.close()


@settings(deadline=None, max_examples=60)
@given(appends, st.integers(1, 600), st.data())
def test_replay_from_any_position_is_what_was_appended_after_it(
    facts: list[list[Fact]], segment_bytes: int, data: st.DataObject
) -> None:
    with directory() as where:
        written = write(where, facts, segment_bytes)
        written += write(where, facts, segment_bytes)
        at = data.draw(st.integers(0, len(written) - 1))
        assert read(where) == written
        assert read(where, written[at][0]) == written[at + 1 :]


@settings(deadline=None, max_examples=60)
@given(appends, st.integers(1, 600), st.data())
def test_a_crash_at_any_byte_of_the_last_segment_leaves_a_whole_prefix_to_go_on_from(
    facts: list[list[Fact]], segment_bytes: int, data: st.DataObject
) -> None:
    """The live totals after the appends that were whole are the totals of the replay."""
    with directory() as where:
        written = write(where, facts, segment_bytes)
        last = where / list_segments(where)[-1].file
        content = last.read_bytes()
        last.write_bytes(content[: data.draw(st.integers(0, len(content)))])
        kept = read(where)
        assert kept == written[: len(kept)]
        live = LedgerTotals()
        for _, some in written[: len(kept)]:
            live.apply_all(some)
        more = write(where, facts, segment_bytes)
        for _, some in more:
            live.apply_all(some)
        replayed = LedgerTotals()
        for _, some in read(where):
            replayed.apply_all(some)
        assert replayed == live
        assert read(where) == [*kept, *more]
        assert more[0][0].epoch > written[-1][0].epoch or not kept


@settings(deadline=None, max_examples=100)
@given(appends, st.integers(1, 600), st.data())
def test_whatever_bytes_are_harmed_reading_never_fails_nor_invents(
    facts: list[list[Fact]], segment_bytes: int, data: st.DataObject
) -> None:
    """Later segments are read, and what is missing is told, unless the harm is in the unfinished tail."""
    with directory() as where:
        written = write(where, facts, segment_bytes)
        names = list_segments(where)
        victim = data.draw(st.sampled_from(names))
        content = bytearray((where / victim.file).read_bytes())
        at = data.draw(st.integers(0, len(content) - 1))
        harm = data.draw(st.binary(min_size=1, max_size=20))
        harmed = content[:at] + harm + content[at + len(harm) :]
        (where / victim.file).write_bytes(harmed)
        reader = SegmentReader(where)
        found = [(position, list(some)) for position, some in reader.read(START)]
        reader.close()
        assert [each for each in written if each in found] == found, "nothing invented, order kept"
        later = [name.first for name in names if name > victim]
        if later:
            assert found[-(len(written) - later[0] + 1) :] == written[later[0] - 1 :]
        if found != written and later:
            assert sum(gap.missing or 0 for gap in reader.gaps) == len(written) - len(found)


@settings(deadline=None, max_examples=60)
@given(appends, st.integers(1, 600), st.lists(st.integers(0, 250), max_size=12))
def test_whatever_writes_fail_half_way_only_what_was_acknowledged_is_read(
    facts: list[list[Fact]], segment_bytes: int, rooms: list[int]
) -> None:
    left = list(rooms)

    def failing(fd: int, content: bytes) -> int:
        if not left:
            return os.write(fd, content)
        room = left.pop()
        if room % 3 == 0:
            raise OSError(28, "No space left on device")
        return os.write(fd, content[: max(1, room)])

    with directory() as where:
        journal = SegmentJournal(where, segment_bytes=segment_bytes, reserve_bytes=0, write=failing)
        taken = []
        for some in facts * 2:
            try:
                taken.append((journal.append(some), some))
            except JournalUnavailable:
                assert read(where) == taken
        journal.close()
        assert read(where) == taken
