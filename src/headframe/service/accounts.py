"""Accounts: who people are, how they show it, what is theirs.

Responsible for: the whole of it as one object, put together from its parts; its memory.
Not responsible for: what who may (`service.permissions`), acts on the server itself (`service.commands`).
Read next: `service.accounts_core`, then the part that you need.

Synchronous and safe from any thread: faces call it through `asyncio.to_thread`, since passwords take tens of milliseconds
and changes wait for the disk. Only `owner_exists`, `setup_secret`, `actor_by_cookie` and `actor_by_token` answer from
memory, in microseconds, on the event loop. Every change is in the audit in the same transaction, every refusal too.
All refuse with `service.refusals`; any of them with Unavailable when the disk does not work.
"""

import secrets
from collections import OrderedDict
from collections.abc import Callable

from headframe.net.clock import Clock
from headframe.service.accounts_own import OwnAccount
from headframe.service.accounts_passwords import Passwords
from headframe.service.accounts_people import People
from headframe.service.accounts_proofs import Proofs
from headframe.service.accounts_tokens import Tokens
from headframe.store.account_store import AccountStore


class Accounts(Proofs, OwnAccount, People, Tokens):
    """Time and randomness are arguments; `passwords` for who wants other parameters of Argon2id (tests)."""

    def __init__(
        self,
        store: AccountStore,
        clock: Clock,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
        *,
        passwords: Passwords | None = None,
    ) -> None:
        super().__init__(store, clock, random_bytes, passwords=passwords)
        self._offers = {}
        self._to_sign_in = OrderedDict()
        self._to_add = OrderedDict()
        self._to_prove = OrderedDict()
