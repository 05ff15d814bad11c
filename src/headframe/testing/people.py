"""Accounts for tests.

Responsible for: a house of accounts in a directory, with a clock that is moved by hand, randomness from a seed, passwords
that cost nothing, and somebody of each role signed in.
Not responsible for: what it is used to show.
Read next: `service.accounts`.
"""

import random
from pathlib import Path
from typing import Final

from argon2 import PasswordHasher

from headframe.service.accounts import Accounts
from headframe.service.accounts_passwords import Passwords
from headframe.service.permissions import Actor, Role
from headframe.store.account_store import AccountStore
from headframe.testing.fake_clock import FakeClock

PASSWORD: Final = "correct horse battery"
ADDRESS: Final = "192.0.2.1"
BROWSER: Final = "a browser"

CHEAP: Final = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class People:
    """A house of accounts."""

    def __init__(self, directory: Path, *, hasher: PasswordHasher = CHEAP, seed: int = 7) -> None:
        self.directory = directory
        self.clock = FakeClock()
        self.hasher = hasher
        self._random = random.Random(seed)
        self._open()

    def _open(self) -> None:
        self.store = AccountStore.open(self.directory)
        passwords = Passwords(self.hasher)
        self.accounts = Accounts(self.store, self.clock, self._random.randbytes, passwords=passwords)

    def restart(self) -> None:
        self.close()
        self._open()

    def close(self) -> None:
        self.accounts.keep(all_of_them=True)
        self.store.close()

    def owner(self, name: str = "ada") -> Actor:
        """Made as the first owner, and signed in."""
        secret = self.accounts.setup_secret
        return self.actor(self.accounts.create_first_owner(secret, name, PASSWORD, ADDRESS, BROWSER).secret)

    def somebody(self, by: Actor, role: Role, name: str = "") -> Actor:
        """A new account with `PASSWORD`, signed in."""
        name = name or role.value
        self.accounts.create_account(by, name, role, PASSWORD)
        return self.sign_in(name)

    def sign_in(self, name: str, *, password: str = PASSWORD, code: str = "", address: str = ADDRESS) -> Actor:
        return self.actor(self.accounts.sign_in(name, password, code, address, BROWSER).secret, address)

    def actor(self, cookie: str, address: str = ADDRESS) -> Actor:
        """Who the server takes this cookie for; fails when it is nobody."""
        found = self.accounts.actor_by_cookie(cookie, address)
        assert found is not None, "nobody is signed in with this cookie"
        return found[0]
