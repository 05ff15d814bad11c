"""The secret behind the names of miners in addresses of pages.

Responsible for: keeping it in the data directory, readable to its owner alone.
Not responsible for: the names (`service.miner_views`).
Read next: `service.miner_views`.

Without it a visitor could try all addresses of a chain against the name of a miner: there are few enough.
"""

import os
import secrets
from pathlib import Path

import structlog

NAMES_FILE = "names.secret"
_BYTES = 32

log = structlog.get_logger("headframe.app")


def names_secret(folder: Path) -> bytes:
    """The same at each start. On a disk that does not take it one of this start: links to miners do not last then."""
    path = folder / NAMES_FILE
    try:
        kept = path.read_bytes()
    except OSError:
        kept = b""
    if len(kept) == _BYTES:
        return kept
    made = secrets.token_bytes(_BYTES)
    fresh = path.with_suffix(".new")
    try:
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(made)
        fresh.replace(path)
    except OSError as trouble:
        log.warning("names_not_kept", reason=trouble.strerror or str(trouble))
    return made
