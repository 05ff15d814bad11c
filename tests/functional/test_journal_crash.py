"""Real processes that are really killed: what was acknowledged is there, and counted once."""

import os
import random
import resource
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from headframe.journal.base import JournalUnavailable
from headframe.journal.layout import JournalRefused
from headframe.journal.reader import SegmentReader
from headframe.journal.segments import SegmentJournal
from headframe.ledger.facts import START, Account, Credit, ShareBatch, Terms
from headframe.ledger.totals import LedgerTotals
from headframe.store.answers import Sums, sums_of_totals
from headframe.store.exact import ledger_totals
from headframe.store.ledger_store import Store

TERMS = 'Terms("home", 1, 7, 0x17034219, 1, 2**70)'

WRITER = f"""
import os, sys
from pathlib import Path
from headframe.journal.segments import SegmentJournal
from headframe.ledger.facts import Account, Credit, ShareBatch, Terms

journal = SegmentJournal(Path(sys.argv[1]), segment_bytes=20_000, reserve_bytes=0)
terms = {TERMS}
number = 0
while True:
    number += 1
    rows = [Credit(Account(f"m{{(number + n) % 9}}", "r", "sv1"), terms, 1, number.to_bytes(32, "big"))
            for n in range(1 + number % int(sys.argv[2]))]
    os.write(1, b"s%d\\n" % len(rows))
    journal.append([ShareBatch(1_700_000_000_000 + number, rows, [])])
    os.write(1, b"a%d\\n" % len(rows))
"""

FOLDER = """
import sys, threading
from pathlib import Path
from headframe.journal.reader import SegmentReader
from headframe.net.clock import SystemClock
from headframe.store import fold
from headframe.store.fold import StoreWriter
from headframe.store.ledger_store import Store

fold.MAX_ROWS = 40
store = Store.open(Path(sys.argv[1]))
writer = StoreWriter(store, SegmentReader(Path(sys.argv[1]) / "journal"), SystemClock())
print("ready", flush=True)
while writer.fold_once():
    print(writer.position.sequence, flush=True)
print("done", flush=True)
"""


def start(code: str, *arguments: object, **options: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, **options)  # type: ignore[call-overload, no-any-return]


def kill_after(child: subprocess.Popen[bytes], lines: int) -> list[bytes]:
    """Read so many lines, then SIGKILL; returns all whole lines that it had printed."""
    assert child.stdout is not None
    head = [child.stdout.readline() for _ in range(lines)]
    child.send_signal(signal.SIGKILL)
    rest = child.stdout.read()
    child.wait(30)
    child.stdout.close()
    return [line.strip() for line in (b"".join(head) + rest).splitlines(keepends=True) if line.endswith(b"\n")]


def replay(directory: Path) -> LedgerTotals:
    reader = SegmentReader(directory)
    totals = LedgerTotals()
    for _, facts in reader.read(START):
        totals.apply_all(facts)
    assert reader.gaps == ()
    reader.close()
    return totals


def exact(directory: Path) -> Sums:
    return ledger_totals(directory, SegmentReader(directory / "journal"))


def test_kill_9_at_any_moment_loses_nothing_acknowledged_and_invents_nothing(tmp_path: Path) -> None:
    dice = random.Random(2140)
    held = 0
    for _ in range(8):
        lines = kill_after(start(WRITER, tmp_path, 200), dice.randrange(1, 900))
        acknowledged = sum(int(line[1:]) for line in lines if line.startswith(b"a"))
        sent = sum(int(line[1:]) for line in lines if line.startswith(b"s"))
        totals = replay(tmp_path)
        # Only the one append that was under way may be there without having been acknowledged.
        assert held + acknowledged <= totals.accepted <= held + sent
        held = totals.accepted
        assert totals.work == totals.accepted * 2**70 == sum(worker.work for worker in totals.workers.values())
        assert totals.sources["home"].accepted == totals.accepted
    assert held > 1_000


def test_a_fold_killed_at_any_moment_goes_on_exactly_once(tmp_path: Path) -> None:
    journal = SegmentJournal(tmp_path / "journal", segment_bytes=10_000, reserve_bytes=0)
    terms = Terms("home", 1, 7, 0x17034219, 1, 2**70)
    for n in range(1_500):
        row = Credit(Account(f"m{n % 9}", "r", "sv1"), terms, 1, n.to_bytes(32, "little"))
        journal.append([ShareBatch(1_700_000_000_000 + n * 100, [row], [])])
    dice = random.Random(7)
    whole = sums_of_totals(replay(tmp_path / "journal"))
    for _ in range(6):
        kill_after(start(FOLDER, tmp_path), dice.randrange(1, 6))
        assert exact(tmp_path) == whole
    child = start(FOLDER, tmp_path)
    out, _ = child.communicate(timeout=60)
    assert out.splitlines()[-1] == b"done"
    store = Store.open(tmp_path)
    assert store.totals() == whole
    assert store.position().sequence == 1_500
    store.close()
    journal.close()


def test_a_file_that_may_not_grow_is_trouble_with_a_remedy_and_what_was_taken_is_whole(tmp_path: Path) -> None:
    """RLIMIT_FSIZE is a full disk that needs no root."""
    code = f"""
    import sys
    from pathlib import Path
    from headframe.journal.base import JournalUnavailable
    from headframe.journal.segments import SegmentJournal
    from headframe.ledger.facts import Account, Credit, ShareBatch, Terms
    journal = SegmentJournal(Path(sys.argv[1]), reserve_bytes=0)
    taken = 0
    for number in range(400):
        row = Credit(Account(f"m{{number}}", "r", "sv1"), {TERMS}, 1, bytes(32))
        try:
            journal.append([ShareBatch(1, [row], [])])
            taken += 1
        except JournalUnavailable as trouble:
            assert "free space" in trouble.remedy, trouble
    journal.close()
    print(taken)
    """

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))

    child = start(code, tmp_path, preexec_fn=limit)
    out, _ = child.communicate(timeout=60)
    assert child.returncode == 0
    taken = int(out)
    assert 50 < taken < 400
    assert replay(tmp_path).accepted == taken
    journal = SegmentJournal(tmp_path, reserve_bytes=0)
    terms = Terms("home", 1, 7, 0x17034219, 1, 2**70)
    journal.append([ShareBatch(1, [Credit(Account("late", "r", "sv1"), terms, 1, bytes(32))], [])])
    journal.close()
    assert replay(tmp_path).accepted == taken + 1


def test_a_really_full_disk_stops_shares_and_they_go_on_when_there_is_room() -> None:
    """A small tmpfs, where this user may mount one."""
    mount = Path("/tmp") / f"headframe-full-{os.getpid()}"
    mount.mkdir()
    try:
        command = ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(mount)]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("this user may not mount a tmpfs")
        try:
            _fill_and_free(mount)
        finally:
            subprocess.run(["umount", str(mount)], check=True)
    finally:
        mount.rmdir()


def _fill_and_free(mount: Path) -> None:
    ballast = mount / "ballast"
    ballast.write_bytes(bytes(60_000))
    journal = SegmentJournal(mount / "journal", reserve_bytes=0)
    terms = Terms("home", 1, 7, 0x17034219, 1, 2**70)

    def append(number: int) -> None:
        rows = [Credit(Account(f"m{number}", str(n), "sv1"), terms, 1, bytes([n]) * 32) for n in range(50)]
        journal.append([ShareBatch(1, rows, [])])

    taken = 0
    remedy = ""
    while not remedy:
        try:
            append(taken)
            taken += 50
        except JournalUnavailable as trouble:
            remedy = trouble.remedy
    assert "free space" in remedy
    assert replay(mount / "journal").accepted == taken > 0
    ballast.unlink()
    append(0)
    journal.close()
    assert replay(mount / "journal").accepted == taken + 50


def test_two_processes_never_write_one_journal_and_a_killed_one_leaves_no_lock(tmp_path: Path) -> None:
    child = start(WRITER, tmp_path, 200)
    assert child.stdout is not None
    assert child.stdout.readline()
    with pytest.raises(JournalRefused) as refused:
        SegmentJournal(tmp_path)
    assert "another Headframe" in refused.value.reason
    kill_after(child, 1)
    SegmentJournal(tmp_path).close()


def test_totals_beside_a_running_writer_hold_everything_acknowledged(tmp_path: Path) -> None:
    child = start(WRITER, tmp_path / "journal", 1)
    assert child.stdout is not None
    acknowledged = 0
    for _ in range(20):
        for _ in range(60):
            line = child.stdout.readline()
            acknowledged += int(line[1:]) if line.startswith(b"a") else 0
        assert exact(tmp_path).accepted >= acknowledged > 0
    kill_after(child, 1)
