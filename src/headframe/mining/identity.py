"""What the user name and the password of a miner mean.

Responsible for: splitting a user name into identity and worker, and reading difficulty wishes from a password.
Not responsible for: whether an identity may mine (`sources.node` checks addresses in payout mode `miner`), what
difficulty follows from a wish (`mining.vardiff`).
Read next: `bitcoin.address`.

Both come off the wire, so anything is possible and nothing raises: what cannot be used is cut, dropped or ignored.
"""

from dataclasses import dataclass

from headframe.bitcoin.address import normalise_address

MAX_USER_BYTES = 128
"""Of the whole name in UTF-8. Other pools' bounds are 127 to 191; Whatsminer firmware overflows past 127."""

MAX_WORKER_CHARACTERS = 63
"""Avalon firmware cuts names at 63 characters, AxeOS and file systems dislike longer ones."""

MAX_PASSWORD_CHARACTERS = 128


@dataclass(frozen=True, slots=True)
class User:
    """Who is credited: `identity` (a payout address or a member's name; may be empty) and `worker` (may be empty).

    Both are printable and can be encoded as UTF-8; a bech32 address is in lower case.
    """

    identity: str
    worker: str


@dataclass(frozen=True, slots=True)
class PasswordOptions:
    """Wishes in a password; each is positive and finite, or None.

    floor_difficulty  `d=`, `diff=`, `md=`: never go below
    fixed_difficulty  `fd=`: stay exactly there
    hashrate_ths      `th=`: the device's hashrate in TH/s, for a good start
    """

    floor_difficulty: float | None = None
    fixed_difficulty: float | None = None
    hashrate_ths: float | None = None


def parse_user(user: str) -> User:
    """`address.worker` or `member.worker`: the first `.` splits, the worker is optional.

    Unprintable characters (controls, bidirectional marks, lone surrogates: what was not UTF-8) and surrounding spaces
    are dropped; a name longer than 128 bytes is cut there, a worker at 63 characters.
    """
    printable = "".join(character for character in user if character.isprintable()).strip()
    bounded = printable.encode()[:MAX_USER_BYTES].decode(errors="ignore")
    identity, _, worker = bounded.partition(".")
    return User(normalise_address(identity.strip()), worker.strip()[:MAX_WORKER_CHARACTERS].rstrip())


_FIELDS = {
    "d": "floor_difficulty",
    "diff": "floor_difficulty",
    "md": "floor_difficulty",
    "fd": "fixed_difficulty",
    "th": "hashrate_ths",
}


def parse_password(password: str) -> PasswordOptions:
    """Options among words separated by `,`, `;` or spaces; case does not matter; the last of a kind wins.

    Everything else is ignored (most miners send `x`), and so is a number that is not positive and finite. Of a longer
    password only the first 128 characters are read.
    """
    found: dict[str, float] = {}
    for word in password[:MAX_PASSWORD_CHARACTERS].replace(",", " ").replace(";", " ").split():
        key, _, text = word.partition("=")
        field, value = _FIELDS.get(key.lower()), _positive(text)
        if field is not None and value is not None:
            found[field] = value
    return PasswordOptions(**found)


def _positive(text: str) -> float | None:
    # float() alone would also take "nan", "inf", "1_000" and digits of other scripts.
    if not text or not set(text) <= set("0123456789.eE+-"):
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 < value < float("inf") else None
