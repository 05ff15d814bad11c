"""What a pool says, read strictly.

Responsible for: turning the parameters and results of a pool's messages into checked values, and errors of any shape
into a code and a text.
Not responsible for: when they may come and what follows (`stratum.v1.client`).
Read next: `stratum.v1.client`.

Readers raise `BadMessage` with a reason for people; nothing else leaves them. Hex is strict: an even number of digits,
no prefix, no blanks.
"""

import math
from typing import NamedTuple

import msgspec

from headframe.bitcoin.target import MAX_TARGET, target_of_bits
from headframe.mining.units import Target
from headframe.stratum.v1.client_domain import same_domain
from headframe.stratum.v1.client_events import ClientLimits, PoolMisbehaved, ReconnectAsked
from headframe.stratum.v1.difficulty import target_of_hex, target_of_suggestion
from headframe.stratum.v1.messages import AnyMessage, swap_words

MIN_TARGET: Target = 1 << 128
"""Difficulty 2**96: 10**15 times Bitcoin's in 2025. What is harder is no pool's wish."""

MAX_EXTRANONCE1_BYTES = 32
MAX_EXTRANONCE2_BYTES = 32
MAX_WAIT_S = 3600.0
"""A longer wait before a reconnect is cut to this."""

MAX_NESTING = 4
"""Superfluous lists around a subscribe result that are looked through."""

NO_REASON = "refused without a reason"


class BadMessage(Exception):
    """What the pool said makes no sense; the text says why."""


class PoolMessage(AnyMessage, gc=False, rename={"reject_reason": "reject-reason"}):
    """Any JSON object. Some pools say beside the error why a share was refused."""

    reject_reason: object = None


decode_pool_message = msgspec.json.Decoder(PoolMessage).decode


class Notify(NamedTuple):
    """The parameters of mining.notify, checked; see `PoolJob` for their meaning."""

    job_id: str
    prev_hash: bytes
    coinbase1: bytes
    coinbase2: bytes
    branch: tuple[bytes, ...]
    version: int
    bits: int
    ntime: int
    clean: bool


class Subscription(NamedTuple):
    session_id: str
    extranonce1: bytes
    extranonce2_size: int


def read_notify(params: object, limits: ClientLimits) -> Notify:
    """The nine parameters of mining.notify; more are ignored."""
    if not isinstance(params, list) or len(params) < 9:
        raise BadMessage("a job without all of its nine parameters")
    job_id, prev_hash, coinbase1, coinbase2, branch, version, bits, ntime, clean = params[:9]
    if not isinstance(job_id, str) or not job_id.isprintable() or not 0 < len(job_id) <= limits.job_id_chars:
        raise BadMessage("a job id that is no short text")
    if not isinstance(branch, list) or len(branch) > limits.siblings:
        raise BadMessage("a merkle branch that is no list, or longer than any block's")
    halves = [_hex(half, "a coinbase that is not hex") for half in (coinbase1, coinbase2)]
    if not halves[0] or sum(map(len, halves)) > limits.coinbase_bytes:
        raise BadMessage("an empty coinbase, or one larger than any pool's")
    if not isinstance(clean, bool):
        raise BadMessage("a clean flag that is neither true nor false")
    number = _word(bits, "bits")
    try:
        target_of_bits(number)
    except ValueError:
        raise BadMessage("a job whose network target is impossible") from None
    return Notify(
        job_id,
        swap_words(_hash(prev_hash, "a previous hash that is not 32 bytes of hex")),
        halves[0],
        halves[1],
        tuple(_hash(sibling, "a merkle branch that is not of 32 bytes each") for sibling in branch),
        _word(version, "version"),
        number,
        _word(ntime, "time"),
        clean,
    )


def read_difficulty(params: object) -> Target:
    """mining.set_difficulty: a number, or a numeric string."""
    return _checked(target_of_suggestion(_first(params)), "difficulty")


def read_target(params: object) -> Target:
    """mining.set_target: 64 hex digits, most significant first."""
    return _checked(target_of_hex(_first(params)), "target")


def _checked(target: Target | None, what: str) -> Target:
    if target is None or not MIN_TARGET <= target <= MAX_TARGET:
        raise BadMessage(f"an absurd {what}")
    return target


def read_subscription(result: object) -> Subscription:
    """The result of mining.subscribe: [[[method, id], ...], extranonce1, size], with the liberties that pools take."""
    for _ in range(MAX_NESTING):
        if isinstance(result, list) and len(result) == 1:
            result = result[0]
    if not isinstance(result, list) or len(result) < 3:
        raise BadMessage("an answer to subscribe that is not of its shape")
    extranonce1, size = read_extranonce(result[1:])
    return Subscription(_session_id(result[0]), extranonce1, size)


def read_extranonce(params: object) -> tuple[bytes, int]:
    """[extranonce1 in hex, size of extranonce2]."""
    if not isinstance(params, list) or len(params) < 2:
        raise BadMessage("an extranonce without its two parameters")
    extranonce1 = _hex(params[0], "an extranonce1 that is not hex")
    if len(extranonce1) > MAX_EXTRANONCE1_BYTES:
        raise BadMessage("an extranonce1 of more than 32 bytes")
    size = _whole(params[1])
    if size is None or not 1 <= size <= MAX_EXTRANONCE2_BYTES:
        raise BadMessage("an extranonce2 size that is not 1 to 32")
    return extranonce1, size


def _session_id(subscriptions: object) -> str:
    """What to resume with: the id given with mining.notify, else the first of any; "" when there is none.

    Pools send [[method, id], ...], one pair alone, deeper nests, or just the id.
    """
    if isinstance(subscriptions, str):
        return _resumable(subscriptions)
    found: list[tuple[str, str]] = []
    level: list[object] = [subscriptions]
    for _ in range(MAX_NESTING):
        lists = [each for each in level if isinstance(each, list)][:16]
        found += [
            (each[0], each[1]) for each in lists if len(each) == 2 and all(isinstance(part, str) for part in each)
        ]
        level = [inner for each in lists for inner in each[:16]]
    named = [session for method, session in found if method == "mining.notify"]
    return next(filter(None, map(_resumable, [*named, *(session for _, session in found)])), "")


def _resumable(session_id: str) -> str:
    return session_id if len(session_id) <= 128 and session_id.isascii() and session_id.isprintable() else ""


def read_configured(result: object, wanted: int) -> int:
    """The granted bits of those wanted, from the result of mining.configure; 0 where it grants none that can be read."""
    if not isinstance(result, dict) or result.get("version-rolling") is not True:
        return 0
    try:
        return read_mask([result.get("version-rolling.mask")], wanted)
    except BadMessage:
        return 0


def read_mask(params: object, wanted: int) -> int:
    """mining.set_version_mask: up to 8 hex digits. Only bits that are wanted."""
    mask = _first(params)
    if not isinstance(mask, str) or len(mask) > 8:
        raise BadMessage("a version mask that is not 8 digits of hex")
    return _word(mask.zfill(8), "version mask") & wanted


def read_reconnect(params: object, host: str) -> ReconnectAsked | PoolMisbehaved:
    """client.reconnect: [host, port, wait], each of which may be missing, null or text."""
    given = [*(params if isinstance(params, list) else []), None, None, None]
    new_host = given[0] if isinstance(given[0], str) and given[0] else None
    port = _whole(given[1])
    if given[1] in (None, "", 0):
        port = None
    elif port is None or not 0 < port < 65536:
        return PoolMisbehaved("asks us to reconnect to no port", fatal=False)
    if new_host is not None and not same_domain(host, new_host):
        return PoolMisbehaved("asks us to reconnect to a host of another domain: not done", fatal=False)
    return ReconnectAsked(new_host, port, _wait(given[2]))


def _wait(value: object) -> float:
    """Seconds from a number or its text; 0 when it makes no sense."""
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float | str)
        or (isinstance(value, str) and len(value) > 16)
    ):
        return 0.0
    try:
        wait_s = float(value)
    except (ValueError, OverflowError):
        return 0.0
    return min(wait_s, MAX_WAIT_S) if math.isfinite(wait_s) and wait_s > 0 else 0.0


def read_error(error: object, text_chars: int) -> tuple[int, str]:
    """Code (0 if none) and text of an error: [code, text, ...], {"code", "message"}, a text, a number."""
    code: object = 0
    text: object = error
    if isinstance(error, list):
        code, text = [*error, None, None][:2]
    elif isinstance(error, dict):
        code, text = error.get("code"), error.get("message", error.get("msg"))
    elif isinstance(error, int):
        code, text = error, None
    if isinstance(code, str) and text is None:
        code, text = 0, code  # ["text"]
    number = _whole(code)
    return (
        number if number is not None and abs(number) < 2**31 else 0,
        clean_text(text, text_chars) if isinstance(text, str) and text else NO_REASON,
    )


def is_error(error: object) -> bool:
    """Pools say that nothing is wrong with null, false, 0, "", [] or {}."""
    return bool(error)


def read_id(raw: bytes) -> int | None:
    """The request id that a reply names: a whole number, however it is written ("7", 7.0); None for anything else."""
    try:
        return _whole(msgspec.json.decode(raw)) if raw else None
    except (msgspec.DecodeError, ValueError, OverflowError, RecursionError):
        return None


def clean_text(text: str, chars: int) -> str:
    """Bounded, and without what could break a log line or a terminal."""
    text = text[:chars]
    return text if text.isprintable() else "".join(filter(str.isprintable, text))


def _first(params: object) -> object:
    return params[0] if isinstance(params, list) and params else None


def _whole(value: object) -> int | None:
    """A whole number that was sent as 4, 4.0 or "4"."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    if isinstance(value, str):
        return int(value) if len(value) <= 18 and value.isascii() and value.isdigit() else None
    return value if isinstance(value, int) else None


def _hex(value: object, otherwise: str) -> bytes:
    if not isinstance(value, str) or not value.isascii() or not (value.isalnum() or value == ""):
        raise BadMessage(otherwise)
    try:
        return bytes.fromhex(value)
    except ValueError:
        raise BadMessage(otherwise) from None


def _hash(value: object, otherwise: str) -> bytes:
    found = _hex(value, otherwise)
    if len(found) != 32:
        raise BadMessage(otherwise)
    return found


def _word(value: object, what: str) -> int:
    """Eight hex digits, most significant first."""
    otherwise = f"a {what} that is not 8 digits of hex"
    found = _hex(value, otherwise)
    if len(found) != 4:
        raise BadMessage(otherwise)
    return int.from_bytes(found, "big")
