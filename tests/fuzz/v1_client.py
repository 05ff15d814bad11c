"""Fuzzes the client that speaks to pools with atheris, on demand: `python tests/fuzz/v1_client.py -max_total_time=60`.

Responsible for: feeding a client what a coverage-guided fuzzer makes of bytes, split in two ways.
Not responsible for: the ordinary tests; `tests/property/test_stratum_client.py` states the same with hypothesis.
Read next: `stratum.v1.client`.

Without atheris, or to look at one finding again, give it files: `python tests/fuzz/v1_client.py --replay FILE...`.
"""

import json
import sys
import tempfile
from pathlib import Path

from headframe.stratum.v1.client import V1Client
from headframe.stratum.v1.client_events import ClientEvent, ClientLimits, PoolMisbehaved, SubmitSettled
from headframe.testing.fake_pool_absurd import ABSURD
from headframe.testing.fake_pool_core import FakePoolCore
from headframe.testing.fake_pool_manners import Manners
from headframe.testing.fake_pool_rig import ClientRig

LIMITS = ClientLimits(line_bytes=4096, coinbase_bytes=1024, submits=4, requests=6, reply_bytes=8192, oddities=50)
SUBMITS = 6


def play(pieces: list[bytes]) -> tuple[list[ClientEvent], bytes, list[SubmitSettled]]:
    """Every event, all output, and what was lost."""
    client = V1Client(host="pool.example", user_agent="fuzz", limits=LIMITS)
    client.begin(extranonce_changes=True)
    client.authorize("w", "x")
    for nonce in range(SUBMITS):
        client.submit("w", "j", b"abcd", 1, nonce, 0)
    events = [event for piece in pieces for event in client.receive(piece)]
    return events, client.take_output(), client.end()


def test_one_input(data: bytes) -> None:
    # Invariant: any bytes, split anywhere, give the same events and whole lines of JSON; nothing comes after what is
    # fatal; every submit is settled exactly once; no exception ever leaves the client.
    cut = data[0] if data else 0
    events, output, lost = play([data])
    assert play([data[:cut], data[cut:]]) == (events, output, lost)
    for line in output.split(b"\n")[:-1]:
        json.loads(line, parse_int=len)
    assert not any(isinstance(event, PoolMisbehaved) and event.fatal for event in events[:-1])
    settled = [event.token for event in [*events, *lost] if isinstance(event, SubmitSettled)]
    assert len(settled) == len(set(settled)) == SUBMITS


class Recorded(ClientRig):
    """Keeps what the pool said."""

    said = b""

    def write(self, data: bytes, *, greeted: bool) -> None:
        self.said += data
        super().write(data, greeted=greeted)


def conversation(manners: Manners) -> bytes:
    rig = Recorded(FakePoolCore(manners))
    rig.begin()
    rig.pool.set_difficulty(5)
    rig.pool.set_extranonce(6)
    rig.pool.set_version_mask(0x2000)
    rig.pool.reconnect_all("eu.pool.example", 3333, 1)
    rig.pool.tell_all("client.get_version", [], 1)
    rig.pool.new_block()
    rig.pump()
    return rig.said


def seeds() -> list[bytes]:
    """What pools say, good and bad."""
    good = [conversation(Manners(ids=ids, errors="object")) for ids in ("echo", "null", "text")]  # type: ignore[arg-type]
    return [*good, *(data[:4096] for data in ABSURD.values())]


def main(arguments: list[str]) -> int:
    """Replays files, or fuzzes until told to stop (see `-help=1` of libFuzzer for the arguments)."""
    for seed in seeds():
        test_one_input(seed)
    if arguments[1:2] == ["--replay"]:
        for name in arguments[2:]:
            test_one_input(Path(name).read_bytes())
        print(f"{len(arguments) - 2} files and {len(seeds())} conversations replayed")
        return 0
    try:
        import atheris
    except ImportError:
        print("atheris is not installed: `make fuzz` installs it (it needs CPython on Linux or macOS)", file=sys.stderr)
        return 2
    atheris.instrument_all()
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(seeds()):
            (Path(corpus) / str(number)).write_bytes(seed)
        atheris.Setup([*arguments, corpus], test_one_input)
        atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
