"""What no pool should say.

Responsible for: a catalogue of malformed, oversized and absurd messages, each of which a client must answer with a
disconnect and a reason.
Not responsible for: sending them (`FakePool.say_raw`).
Read next: `testing.fake_pool`.
"""

import json
from typing import Any

GOOD_JOB: list[Any] = ["j", "00" * 32, "01" * 60, "02" * 60, ["03" * 32], "20000000", "1d00ffff", "65000000", True]
"""Parameters of a notify with nothing wrong: the absurd ones differ from it in one place."""


def _say(method: str, *params: Any) -> bytes:
    return json.dumps({"id": None, "method": method, "params": params}).encode() + b"\n"


def _notify(at: int, value: Any) -> bytes:
    params = [*GOOD_JOB]
    params[at] = value
    return _say("mining.notify", *params)


ABSURD: dict[str, bytes] = {
    "not JSON": b"HTTP/1.1 400 Bad Request\n",
    "not UTF-8": b'{"id":null,"method":"mining.notify","params":["\xff\xfe"]}\n',
    "no object": b"[1,2,3]\n",
    "nested too deep": b"[" * 50_000 + b"\n",
    "a number without end": b'{"id":1,"result":'
    + b"9" * 100_000
    + b',"error":null,"method":"mining.set_difficulty"}\n',
    "1 MB in one line": b'{"id":null,"method":"client.show_message","params":["' + b"x" * 1_000_000 + b'"]}\n',
    "1 MB without a line": b"x" * 1_000_000,
    "difficulty zero": _say("mining.set_difficulty", 0),
    "difficulty negative": _say("mining.set_difficulty", -5),
    "difficulty 1e300": _say("mining.set_difficulty", 1e300),
    "difficulty not a number": _say("mining.set_difficulty", "NaN"),
    "difficulty infinite": _say("mining.set_difficulty", "inf"),
    "difficulty true": _say("mining.set_difficulty", True),
    "difficulty missing": _say("mining.set_difficulty"),
    "target zero": _say("mining.set_target", "0" * 64),
    "target of one": _say("mining.set_target", "1".zfill(64)),
    "target too long": _say("mining.set_target", "f" * 66),
    "extranonce2 of 0 bytes": _say("mining.set_extranonce", "aabbccdd", 0),
    "extranonce2 of -4 bytes": _say("mining.set_extranonce", "aabbccdd", -4),
    "extranonce2 of 33 bytes": _say("mining.set_extranonce", "aabbccdd", 33),
    "extranonce2 of 4.5 bytes": _say("mining.set_extranonce", "aabbccdd", 4.5),
    "extranonce1 of 33 bytes": _say("mining.set_extranonce", "ab" * 33, 4),
    "extranonce1 not hex": _say("mining.set_extranonce", "xyz", 4),
    "extranonce without parameters": _say("mining.set_extranonce"),
    "version mask not hex": _say("mining.set_version_mask", "1fffe00g"),
    "version mask too long": _say("mining.set_version_mask", "1fffe0000"),
    "version mask a number": _say("mining.set_version_mask", 0x1FFFE000),
    "job without parameters": _say("mining.notify"),
    "job of eight parameters": _say("mining.notify", *GOOD_JOB[:8]),
    "job id a number": _notify(0, 7),
    "job id empty": _notify(0, ""),
    "job id of 10,000 letters": _notify(0, "j" * 10_000),
    "job id with a line feed": _notify(0, "a\nb"),
    "previous hash of 31 bytes": _notify(1, "00" * 31),
    "previous hash with blanks": _notify(1, "00 " * 21 + "0"),
    "coinbase a number": _notify(2, 5),
    "coinbase empty": _notify(2, ""),
    "coinbase of an odd digit": _notify(3, "012"),
    "coinbase with 0x": _notify(3, "0x01"),
    "coinbase of 110 KB": _notify(2, "01" * 110_000),
    "10,000 branches": _notify(4, ["03" * 32] * 10_000),
    "33 branches": _notify(4, ["03" * 32] * 33),
    "branch of 31 bytes": _notify(4, ["03" * 31]),
    "branch an object": _notify(4, {}),
    "version of 9 digits": _notify(5, "020000000"),
    "version negative": _notify(5, "-2000000"),
    "version a number": _notify(5, 0x20000000),
    "network target zero": _notify(6, "00000000"),
    "network target negative": _notify(6, "1d80ffff"),
    "network target overflowing": _notify(6, "ff00ffff"),
    "time of 7 digits": _notify(7, "6500000"),
    "clean a text": _notify(8, "true"),
    "clean null": _notify(8, None),
}
"""What each is, and its bytes: whole lines, but for the one that never ends."""
