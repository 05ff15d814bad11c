"""Conversations on paper, and a player that holds a session to them.

Responsible for: reading a transcript file, playing it against a session with a small scripted hub behind it, whole,
byte by byte and coalesced, and comparing every line and every event.
Not responsible for: what a real hub decides (`gateway`), what sessions of any protocol must do
(`testing.conformance_session`).
Read next: `tests/transcripts/README.md`, which is the reference of the format.

A transcript that expects nothing is an error, and so is one that names a quirk that does not exist.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from headframe.bitcoin.target import difficulty_of_target, target_of_difficulty
from headframe.mining.extranonce import ExtranonceLayout
from headframe.mining.job import Job
from headframe.mining.submission import Accepted, Rejected, RejectReason, Verdict
from headframe.mining.units import Target
from headframe.stratum.session import (
    Authorizing,
    DownstreamSession,
    Event,
    PeerMisbehaved,
    Submitted,
    Subscribing,
    TargetSuggested,
)

EXTRANONCE1 = bytes.fromhex("f0000001")
SESSION_ID = "5e55104e5e55104e"
LAYOUT = ExtranonceLayout(4, 8)


def sample_job(seq: int, *, layout: ExtranonceLayout = LAYOUT, clean: bool = True, siblings: int = 1) -> Job:
    """A job that nobody will ever mine, all of whose bytes can be told apart."""
    return Job(
        seq=seq,
        source="home",
        generation=1,
        height=800_000,
        version=0x20000000,
        version_mask=0x1FFFE000,
        prev_hash=bytes(range(32)),
        bits=0x1D00FFFF,
        ntime=0x65000000,
        coinbase1=b"\xc1" * 20 + seq.to_bytes(6, "little"),
        coinbase2=b"\xc2" * 12,
        layout=layout,
        visit_size=6,
        branch=tuple(bytes([0xB0 + at]) * 32 for at in range(siblings)),
        source_target=1 << 200,
        network_target=1 << 190,
        payout_set=1,
        clean=clean,
        origin=None,
    )


class TranscriptError(AssertionError):
    """A transcript that cannot be read, or a session that does not keep to it."""


class Mode(Enum):
    """How the miner's bytes arrive."""

    WHOLE = "whole"
    """each run of lines in one piece"""
    BYTEWISE = "byte by byte"
    COALESCED = "coalesced"
    """all runs up to the next act of the hub in one piece"""


class Kind(Enum):
    IN = ">>"
    OUT = "<<"
    EVENT = "::"
    SILENCE = ".."
    ACT = "!!"


@dataclass(frozen=True, slots=True)
class Step:
    kind: Kind
    data: bytes
    text: str
    line_number: int


@dataclass(frozen=True, slots=True)
class Transcript:
    """One conversation. `quirks` are the oddities that it shows."""

    name: str
    quirks: tuple[str, ...]
    steps: tuple[Step, ...]

    def play(self, new_session: Callable[[], DownstreamSession], mode: Mode) -> None:
        """Raises TranscriptError at the first line or event that differs."""
        hub = ScriptedHub(new_session)
        for turn in _turns(self.steps, coalesced=mode is Mode.COALESCED):
            hub.output = b""
            hub.seen.clear()
            for act in turn.acts:
                hub.act(act)
            if mode is Mode.BYTEWISE:
                for byte in turn.data:
                    hub.receive(bytes([byte]))
            else:
                hub.receive(turn.data)
            self._compare("bytes", turn, hub.output, turn.expected)
            self._compare("events", turn, "\n".join(hub.seen), "\n".join(turn.events))

    def _compare(self, what: str, turn: "_Turn", got: object, wanted: object) -> None:
        if got != wanted:
            raise TranscriptError(
                f"{self.name}, after line {turn.line_number}: {what} differ\n  got:    {got!r}\n  wanted: {wanted!r}"
            )


@dataclass(slots=True)
class _Turn:
    """What goes in at once, and all that is to come of it."""

    line_number: int
    acts: list[str] = field(default_factory=list)
    data: bytes = b""
    expected: bytes = b""
    events: list[str] = field(default_factory=list)


def _turns(steps: tuple[Step, ...], *, coalesced: bool) -> Iterator[_Turn]:
    turn = _Turn(0)
    answered = False
    for step in steps:
        begins = step.kind is Kind.ACT or (step.kind is Kind.IN and not coalesced)
        if begins and answered:
            yield turn
            turn = _Turn(step.line_number)
            answered = False
        if step.kind is Kind.ACT:
            if turn.data:
                raise TranscriptError(f"line {step.line_number}: say what comes of the bytes before the next act")
            turn.acts.append(step.text)
        elif step.kind is Kind.IN:
            turn.data += step.data
        else:
            answered = True
            turn.expected += step.data if step.kind is Kind.OUT else b""
            turn.events += [step.text] if step.kind is Kind.EVENT else []
    yield turn


def read_transcript(text: str, name: str) -> Transcript:
    """Parse a transcript; see `tests/transcripts/README.md`. Raises TranscriptError with the line number."""
    quirks: list[str] = []
    steps: list[Step] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("quirk: "):
            quirks.append(line.removeprefix("quirk: ").strip())
            continue
        mark, _, rest = line.partition(" ")
        try:
            steps.append(_step(mark, rest, number))
        except (ValueError, SyntaxError) as error:
            raise TranscriptError(f"{name}, line {number}: {error}") from error
    if not any(step.kind in (Kind.OUT, Kind.EVENT) for step in steps):
        raise TranscriptError(f"{name} expects nothing, so it proves nothing")
    return Transcript(name, tuple(quirks), tuple(steps))


def _step(mark: str, rest: str, number: int) -> Step:
    if mark in (">>=", "<<="):
        data = ast.literal_eval(rest)
        if not isinstance(data, bytes):
            raise ValueError(f"{mark} takes a bytes literal")
        return Step(Kind(mark[:2]), data, rest, number)
    kind = Kind(mark)
    if kind is Kind.OUT and rest.startswith("@"):
        return Step(kind, _shorthand(rest), rest, number)
    return Step(kind, rest.encode() + b"\n", rest, number)


def _shorthand(text: str) -> bytes:
    """@job SEQ [clean]: the notify of that sample job, written out independently of the session's encoder."""
    word, seq, *clean = text.split()
    if word != "@job" or clean not in ([], ["clean"]):
        raise ValueError(f"unknown shorthand {text!r}")
    job_id = int(seq).to_bytes(1, "big").hex()
    prev = "03020100070605040b0a09080f0e0d0c13121110171615141b1a19181f1e1d1c"
    coinbase1 = "c1" * 20 + job_id + "00" * 5
    flag = "true" if clean else "false"
    return (
        f'{{"id":null,"method":"mining.notify","params":["{job_id}","{prev}","{coinbase1}","{"c2" * 12}",'
        f'["{"b0" * 32}"],"20000000","1d00ffff","65000000",{flag}]}}\n'
    ).encode()


def read_folder(folder: Path) -> list[Transcript]:
    """Every transcript (*.txt) of a folder, by name. Raises TranscriptError if there is none."""
    found = [read_transcript(path.read_text("utf-8"), path.stem) for path in sorted(folder.glob("*.txt"))]
    if not found:
        raise TranscriptError(f"no transcripts in {folder}")
    return found


class ScriptedHub:
    """The least hub that a session can live with. It answers at once and always alike:

    subscribe   session id 5e55104e5e55104e, extranonce1 f0000001 and 8 bytes of extranonce2, then job 1, clean, at
                difficulty 1024; who resumes that session gets back what it was offered before
    authorize   yes, unless the name begins with "bad"
    submit      the session's own fault; else refused if the worker or the job is unknown; else accepted
    """

    def __init__(self, new_session: Callable[[], DownstreamSession]) -> None:
        self._new_session = new_session
        self.session = new_session()
        self.seen: list[str] = []
        self.output = b""
        self.target: Target = target_of_difficulty(1024)
        self.next_seq = 1
        self.remembered: object = None
        self.offers_at_subscribe = True

    def receive(self, data: bytes) -> None:
        """Bytes from the miner, and what the session says to them."""
        self.hear(data)
        self.output += self.session.take_output()

    def hear(self, data: bytes) -> None:
        """Bytes from the miner; the session keeps what it has to say."""
        for event in self.session.receive(data):
            self.seen.append(describe(event))
            self._handle(event)

    def _handle(self, event: Event) -> None:
        session = self.session
        if isinstance(event, Subscribing):
            remembered = self.remembered if event.resume == SESSION_ID else None
            session.subscribed(SESSION_ID, EXTRANONCE1, LAYOUT.extranonce2_size, remembered)
            if self.offers_at_subscribe:
                self._offer(clean=True)
        elif isinstance(event, Authorizing):
            if event.user.startswith("bad"):
                session.refuse_worker(event.token, "Invalid Bitcoin address")
            else:
                session.authorized(event.token)
        elif isinstance(event, Submitted):
            session.answer(event.token, self._verdict(event))

    @staticmethod
    def _verdict(event: Submitted) -> Verdict:
        if event.fault is not None:
            return event.fault
        if event.job is None:
            return Rejected(RejectReason.JOB_NOT_FOUND)
        if not event.authorized:
            return Rejected(RejectReason.UNAUTHORIZED)
        return Accepted(1, bytes(32), False)

    def _offer(self, *, clean: bool) -> None:
        self.session.offer(sample_job(self.next_seq), self.target, clean=clean)
        self.next_seq += 1

    def act(self, text: str) -> None:
        """What the hub does of its own accord: one word and its argument."""
        word, _, argument = text.partition(" ")
        if word == "difficulty":
            self.target = target_of_difficulty(float(argument))
        elif word == "offer":
            self._offer(clean=argument == "clean")
        elif word == "no-work":
            self.offers_at_subscribe = False
        elif word == "forget":
            self.session.forget(int(argument))
        elif word == "message":
            self.session.message(argument)
        elif word == "ping":
            self.session.ping()
        elif word == "reconnect":
            self.session.ask_reconnect()
        elif word == "hang-up":
            self.remembered = self.session.memory()
            self.session = self._new_session()
        else:
            raise TranscriptError(f"the hub knows no {text!r}")
        self.output += self.session.take_output()


def describe(event: Event) -> str:
    """An event as transcripts write it: its name and what matters of it."""
    if isinstance(event, Subscribing):
        return f"Subscribing {event.user_agent!r} {event.resume!r}"
    if isinstance(event, Authorizing):
        return f"Authorizing {event.user!r} {event.password!r}"
    if isinstance(event, TargetSuggested):
        strength = " binding" if event.binding else ""
        return f"TargetSuggested {difficulty_of_target(event.target):.9g}{strength}"
    if isinstance(event, PeerMisbehaved):
        return f"PeerMisbehaved {event.what!r}"
    return _describe_share(event)


def _describe_share(event: Submitted) -> str:
    who = f"{event.user!r}{'' if event.authorized else ' unknown'}"
    what = "no job" if event.job is None else f"job {event.job.seq} at {difficulty_of_target(event.issued_target):.9g}"
    share = event.submission
    if share is None:
        reason = event.fault.reason.name if isinstance(event.fault, Rejected) else "?"
        return f"Submitted {who} {what} unreadable {reason}"
    return (
        f"Submitted {who} {what} {share.extranonce2.hex()} {share.ntime:08x} {share.nonce:08x} {share.version_bits:08x}"
    )
