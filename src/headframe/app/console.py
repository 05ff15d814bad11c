"""The door that the server leaves open for commands on its own machine.

Responsible for: the file in the data directory that says where the API is and opens it, for as long as the server runs.
Not responsible for: using it (`cli.console`), what the secret may do (`service.accounts`: everything).
Read next: `cli.console`, docs/operating/accounts.md.

Whoever can read the file is the user of the data directory, who could as well change the accounts' database.
"""

import os
from pathlib import Path

import msgspec

CONSOLE_FILE = "console.json"


class ConsoleFile(msgspec.Struct, frozen=True):
    """Where the API is, the secret that opens it, and the certificate that it shows ("" for plain HTTP)."""

    url: str
    secret: str
    certificate: str = ""


def leave(folder: Path, door: ConsoleFile) -> None:
    """Put the file there, or in place of an earlier one; only its owner can read it. Raises OSError."""
    path = folder / CONSOLE_FILE
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(msgspec.json.encode(door))
    fresh.replace(path)


def take_away(folder: Path) -> None:
    """Raises OSError."""
    (folder / CONSOLE_FILE).unlink(missing_ok=True)
