"""Accounts from the command line, whether the server runs or not.

Responsible for: the same few acts by the server's API while it runs, and by the accounts' own file while it does not.
Not responsible for: what an act does (`service.accounts`), words and options (`cli.operating`).
Read next: `service.accounts`.

While a server runs it must be the one to change accounts: it keeps them in memory.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import msgspec

from headframe.cli.console import Console, NotRunning
from headframe.net.clock import SystemClock
from headframe.service.account_views import AccountView
from headframe.service.accounts import Accounts
from headframe.service.permissions import Role, console
from headframe.store.account_store import AccountStore

LATER = "(start Headframe, then open) /login#"


class NoSuchAccount(Exception):
    """Nobody is called that."""

    def __init__(self, name: str) -> None:
        self.remedy = "see `headframe users list`"
        super().__init__(f"there is no account {name}: {self.remedy}")


class People(Protocol):
    """Accounts as JSON has them; links to sign in with once. All raise exceptions with a remedy in their words."""

    def list(self) -> list[dict[str, Any]]: ...

    def add(self, name: str, role: str) -> str: ...

    def link(self, name: str) -> str: ...

    def reset(self, name: str) -> None: ...

    def remove(self, name: str) -> None: ...


def people(folder: Path) -> People:
    """By the running server of this data directory; by the accounts' file where none runs."""
    try:
        door = Console(folder)
        door.ask("GET", "version")
    except NotRunning:
        return _ByFile(folder)
    return _ByServer(door)


class _ByServer:
    def __init__(self, door: Console) -> None:
        self._door = door

    def list(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._door.ask("GET", "accounts")
        return found

    def add(self, name: str, role: str) -> str:
        return str(self._door.ask("POST", "accounts", {"name": name, "role": role})["link"])

    def link(self, name: str) -> str:
        return str(self._door.ask("POST", f"accounts/{_id(self.list(), name)}/link")["link"])

    def reset(self, name: str) -> None:
        self._door.ask("DELETE", f"accounts/{_id(self.list(), name)}/second-factor")

    def remove(self, name: str) -> None:
        self._door.ask("DELETE", f"accounts/{_id(self.list(), name)}")


class _ByFile:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def _accounts(self) -> Iterator[Accounts]:
        store = AccountStore.open(self._folder)
        try:
            yield Accounts(store, SystemClock())
        finally:
            store.close()

    def list(self) -> list[dict[str, Any]]:
        with self._accounts() as accounts:
            return _plain(accounts.accounts(console()))

    def add(self, name: str, role: str) -> str:
        with self._accounts() as accounts:
            return LATER + accounts.create_account(console(), name, Role(role))[1]

    def link(self, name: str) -> str:
        with self._accounts() as accounts:
            return LATER + accounts.sign_in_link(console(), _id(_plain(accounts.accounts(console())), name))

    def reset(self, name: str) -> None:
        with self._accounts() as accounts:
            accounts.reset_second_factor(console(), _id(_plain(accounts.accounts(console())), name))

    def remove(self, name: str) -> None:
        with self._accounts() as accounts:
            accounts.remove_account(console(), _id(_plain(accounts.accounts(console())), name))


def _plain(accounts: tuple[AccountView, ...]) -> list[dict[str, Any]]:
    plain: list[dict[str, Any]] = msgspec.to_builtins(accounts)
    return list(plain)


def _id(accounts: list[dict[str, Any]], name: str) -> int:
    for one in accounts:
        if one["name"].casefold() == name.casefold():
            return int(one["id"])
    raise NoSuchAccount(name)
