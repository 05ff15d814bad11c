"""Fuzzes the SV1 session with atheris, on demand: `make fuzz`.

Responsible for: feeding a session what a coverage-guided fuzzer makes of bytes, split in two ways.
Not responsible for: the ordinary tests; `tests/property/test_stratum_v1_session.py` states the same with hypothesis.
Read next: `stratum.v1.session`.

Without atheris, or to look at one finding again, give it files: `python tests/fuzz/v1_session.py --replay FILE...`.
"""

import json
import sys
import tempfile
from pathlib import Path

from headframe.mining.jobmaker import VERSION_MASK
from headframe.stratum.v1.limits import V1Limits
from headframe.stratum.v1.session import V1Session
from headframe.testing.transcripts import ScriptedHub

LIMITS = V1Limits(line_bytes=4096, output_bytes=16384, offers=8, workers=4)


def play(pieces: list[bytes]) -> tuple[list[str], bytes]:
    """Every event and all output."""
    hub = ScriptedHub(lambda: V1Session(version_mask=VERSION_MASK, limits=LIMITS, server_name="fuzz"))
    for piece in pieces:
        hub.hear(piece)
    return hub.seen, hub.session.take_output()


def test_one_input(data: bytes) -> None:
    # Invariant: any bytes, split anywhere, give the same events and the same whole lines of JSON;
    # no exception ever leaves the session.
    cut = data[0] if data else 0
    events, output = play([data])
    assert play([data[:cut], data[cut:]]) == (events, output)
    for line in output.split(b"\n")[:-1]:
        json.loads(line, parse_int=len)
    assert output == b"" or output.endswith(b"\n")


def seeds() -> list[bytes]:
    """What miners say in the transcripts."""
    folder = Path(__file__).parents[1] / "transcripts" / "v1"
    return [
        b"".join(line[3:].encode() + b"\n" for line in path.read_text("utf-8").splitlines() if line.startswith(">> "))
        for path in sorted(folder.glob("*.txt"))
    ]


def main(arguments: list[str]) -> int:
    """Replays files, or fuzzes until told to stop (see `-help=1` of libFuzzer for the arguments)."""
    for seed in seeds():
        test_one_input(seed)
    if arguments[1:2] == ["--replay"]:
        for name in arguments[2:]:
            test_one_input(Path(name).read_bytes())
        print(f"{len(arguments) - 2} files and {len(seeds())} transcripts replayed")
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
