"""Passwords and names: rules and hashes.

Responsible for: which passwords and names are taken, Argon2id and its parameters, how many hashes are worked out at once.
Not responsible for: who may try how often (`service.accounts_throttle`).
Read next: `service.accounts_signing_in`.
"""

import threading
import unicodedata
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from headframe.service.refusals import Invalid, ProblemView, TooMany

MIN_PASSWORD: Final = 10
MAX_PASSWORD: Final = 256
MAX_NAME: Final = 64
RESERVED_NAMES: Final = frozenset({"console", "setup", "unknown", "nobody"})
"""What the audit calls those who have no account."""

HASHER: Final = PasswordHasher(time_cost=3, memory_cost=32 * 1024, parallelism=1)
"""Argon2id with 32 MiB and three passes (above what OWASP asks for at least): 50 ms on one core of 2024, half a second on
a Raspberry Pi 3. Who changes this changes nothing for anybody: each hash carries its parameters, and is made anew at the
next sign-in."""

_AT_ONCE: Final = 2
_IN_LINE: Final = 8


class Passwords:
    """Argon2id, two at once; who would be the ninth in line is told to come back, so that guesses fill no thread pool."""

    def __init__(self, hasher: PasswordHasher = HASHER) -> None:
        self._hasher = hasher
        self._dummy = hasher.hash("nobody has this password")
        self._turns = threading.Semaphore(_AT_ONCE)
        self._line = threading.Semaphore(_AT_ONCE + _IN_LINE)

    def hash(self, password: str) -> str:
        with _Turn(self._line, self._turns):
            return self._hasher.hash(normal_password(password))

    def matches(self, password_hash: str, password: str) -> bool:
        """Takes as long when there is no hash ("")."""
        with _Turn(self._line, self._turns):
            try:
                right = self._hasher.verify(password_hash or self._dummy, normal_password(password)[:MAX_PASSWORD])
            except (VerificationError, InvalidHashError):
                return False
        return right and bool(password_hash)

    def outdated(self, password_hash: str) -> bool:
        """Whether it was made with other parameters than now."""
        return self._hasher.check_needs_rehash(password_hash)


class _Turn:
    """A place in line, then a turn."""

    def __init__(self, line: threading.Semaphore, turns: threading.Semaphore) -> None:
        self._line = line
        self._turns = turns

    def __enter__(self) -> None:
        if not self._line.acquire(blocking=False):
            raise TooMany("too many people sign in at this moment", "try again in a few seconds", retry_after_s=3)
        self._turns.acquire()

    def __exit__(self, *_error: object) -> None:
        self._turns.release()
        self._line.release()


def normal_password(password: str) -> str:
    """The same text typed on another keyboard is the same password (NFKC)."""
    return unicodedata.normalize("NFKC", password)


def name_key(name: str) -> str:
    """What makes a name unique: case and forms of letters do not."""
    return unicodedata.normalize("NFKC", name).strip()[:MAX_NAME].casefold()


def checked_name(name: str) -> str:
    """The name as it is kept. Raises Invalid."""
    name = unicodedata.normalize("NFKC", name).strip()
    if not 1 <= len(name) <= MAX_NAME:
        raise _invalid("name", "the name is empty or too long", f"give one of 1 to {MAX_NAME} letters")
    if not name.isprintable():
        raise _invalid("name", "the name has characters that cannot be seen", "use letters, digits, spaces and signs")
    if name_key(name) in RESERVED_NAMES:
        raise _invalid("name", f"{name} is a name that the audit uses itself", "choose another name")
    return name


def check_password(password: str, name: str, path: str = "password") -> None:
    """Raises Invalid."""
    password = normal_password(password)
    if len(password) < MIN_PASSWORD:
        raise _invalid(path, "the password is too short", f"use at least {MIN_PASSWORD} characters: three words, say")
    if len(password) > MAX_PASSWORD:
        raise _invalid(path, "the password is too long", f"use at most {MAX_PASSWORD} characters")
    if password.strip().casefold() == name_key(name):
        raise _invalid(path, "the password is the name", "choose one that has nothing to do with the name")


def _invalid(path: str, text: str, remedy: str) -> Invalid:
    return Invalid(text, remedy, (ProblemView(path, text, remedy),))
