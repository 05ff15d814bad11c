"""What can be wrong with the store, in words.

Responsible for: the two kinds of trouble (refused: the operator's; unavailable: the world's) and their remedies.
Not responsible for: retrying (`store.fold`).
Read next: `store.database`.
"""

import msgspec
from sqlalchemy.exc import DBAPIError


class StoreRefused(Exception):
    """The database cannot be used as it is; the operator must do something first."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason}: {remedy}")
        self.reason = reason
        self.remedy = remedy


class StoreState(msgspec.Struct, frozen=True):
    """Whether the store keeps up. While it does not, facts wait in the journal and none is lost."""

    ok: bool = True
    reason: str = ""
    remedy: str = ""


_REMEDIES = (
    ("full", "free space on the disk of [data] dir; the store catches up by itself"),
    ("locked", "close the other program that has the ledger's database open for writing; the store retries"),
    ("readonly", "let the user that runs Headframe write to [data] dir"),
    (
        "malformed",
        "stop, move ledger.sqlite* out of [data] dir and start: it is rebuilt from what the journal still has",
    ),
    ("not a database", "stop, move ledger.sqlite out of [data] dir and start: it is rebuilt from the journal"),
    ("unable to open", "check that [data] dir exists and may be written to"),
    ("disk i/o", "check the disk of [data] dir"),
)


def state_of(error: DBAPIError | OSError) -> StoreState:
    """The state that an error of the database or the disk means."""
    text = str(error.orig if isinstance(error, DBAPIError) else error)
    lowered = text.lower()
    remedy = next((remedy for sign, remedy in _REMEDIES if sign in lowered), "check the disk of [data] dir")
    return StoreState(False, f"the ledger's database cannot be used ({text})", remedy)


class StoreUnavailable(Exception):
    """A question could not be answered now: why, and what to do. What is asked keeps its answer of before, if any."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason}: {remedy}")
        self.reason = reason
        self.remedy = remedy
