"""What all parts of the accounts share.

Responsible for: one change at a time (checked, written with its line of the audit, then read into memory), the answers
that cost nothing, upkeep.
Not responsible for: what the changes are (`service.accounts_*`).
Read next: `service.accounts`.
"""

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from headframe.net.clock import Clock
from headframe.service import accounts_live
from headframe.service.account_views import AccountView, SignIn
from headframe.service.accounts_codes import csrf_of, kept, new_secret
from headframe.service.accounts_live import LIFE_MS, Live, Seen, account_view, ends_ms
from headframe.service.accounts_passwords import Passwords
from headframe.service.accounts_throttle import (
    FREE_PER_ACCOUNT,
    FREE_PER_ADDRESS,
    Throttle,
    address_slot,
)
from headframe.service.allowed import not_allowed, require_for_act
from headframe.service.audit import DONE, REFUSED, AuditLog
from headframe.service.permissions import Actor, Permission, console
from headframe.service.refusals import Invalid, NotAllowed, NotFound, ProblemView, Refused, TooMany, Unavailable
from headframe.store.account_book import AccountBook
from headframe.store.account_rows import AccountRow, SignedInRow
from headframe.store.account_store import AccountStore
from headframe.store.trouble import StoreRefused

MAX_SESSIONS: Final = 20
"""Of one account; with one more the longest unused ends."""
LINK_PROVES_MS: Final = 3_600_000
"""Whoever came by a link need not know the password that they replace, for so long."""
_MAX_USER_AGENT: Final = 200


class Changing:
    """One change on its way: what it does to the file, and what the audit will say of it."""

    def __init__(self, book: AccountBook, live: Live, actor: Actor, target: str) -> None:
        self.book = book
        self.live = live
        self.actor = actor
        self.target = target
        self.before: Any = None
        self.after: Any = None


class AccountsCore:
    """See `service.accounts`."""

    def __init__(
        self,
        store: AccountStore,
        clock: Clock,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
        *,
        passwords: Passwords | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._random = random_bytes
        self._passwords = passwords or Passwords()
        self._throttle = Throttle()
        self._lock = threading.RLock()
        self._seen = Seen()
        self.trail = AuditLog(store, clock)
        self._foreign = store.foreign_changes()
        with store.reading() as book:
            self._live = accounts_live.read(book)
        self._setup_secret = new_secret(random_bytes)
        self.console_secret = new_secret(random_bytes)
        self._console_kept = kept(self.console_secret)

    def owner_exists(self) -> bool:
        """Cheap; from memory."""
        return self._live.owner_exists()

    @property
    def setup_secret(self) -> str:
        """Makes the first owner; "" once there is one. In memory only, new at each start."""
        return "" if self.owner_exists() else self._setup_secret

    def actor_by_cookie(self, secret: str, address: str) -> tuple[Actor, str] | None:
        """Who asks, and the word that their requests must carry; from memory."""
        return accounts_live.by_cookie(self._live, self._seen, secret, address, self._clock.unix_ms())

    def actor_by_token(self, secret: str, address: str) -> Actor | None:
        """Who asks; from memory. Knows the console's secret too."""
        if kept(secret[:200]) == self._console_kept:
            return console(address)
        return accounts_live.by_token(self._live, self._seen, secret, address, self._clock.unix_ms())

    def keep(self, *, all_of_them: bool = False) -> None:
        """Upkeep, every minute or so and at the end (`all_of_them`): writes when who was last seen, ends sessions that are
        over, writes what the audit has waiting, reads what another process changed. Raises Unavailable."""
        if all_of_them:
            self.trail.close()
        else:
            self.trail.flush()
        with self._lock, self._in_words():
            now_ms = self._clock.unix_ms()
            over = [row.id for row in self._live.sessions.values() if now_ms >= ends_ms(row, self._seen.sessions)]
            seen = self._seen.unwritten(self._live, all_of_them=all_of_them)
            if over or any(seen):
                with self._store.writing() as book:
                    book.seen(*seen)
                    book.end_sessions(over)
                    live = accounts_live.read(book)
                self._live = live
            foreign = self._store.foreign_changes()
            if foreign != self._foreign:
                with self._store.reading() as book:
                    self._live = accounts_live.read(book)
                self._foreign = foreign

    @contextmanager
    def _changing(self, actor: Actor, action: str, target: str = "") -> Iterator[Changing]:
        """One change, whole or not at all, with the proof that its name asks for: what is refused on the way is audited as
        refused."""
        change: Changing | None = None
        try:
            with self._lock, self._in_words():
                self.trail.check()
                with self._store.writing() as book:
                    live = accounts_live.read(book)
                    change = Changing(book, live, actor, target)
                    _still_the_same(live, actor)
                    require_for_act(actor, action, self._clock.unix_ms())
                    yield change
                    book.add_audit(
                        self.trail.row(change.actor, action, change.target, change.before, change.after, DONE)
                    )
                    live = accounts_live.read(book)
                self._live = live
        except (Invalid, NotFound, TooMany, Unavailable):
            raise
        except Refused as refusal:
            if change is not None:
                actor, target = change.actor, change.target
            self._refused(actor, action, target, refusal)
            raise

    def _refused(self, actor: Actor, action: str, target: str, refusal: Refused) -> None:
        self.trail.note(actor, action, target, None, {"refused": refusal.code}, REFUSED)
        self.trail.flush()

    def _require(self, actor: Actor, permission: Permission, action: str, target: str = "") -> None:
        """For questions; changes check within `_changing`."""
        if not actor.may(permission):
            refusal = not_allowed(actor, permission)
            self._refused(actor, action, target, refusal)
            raise refusal

    def _require_for(self, actor: Actor, action: str) -> None:
        """For the first steps of changes: what the act itself will ask for."""
        try:
            require_for_act(actor, action, self._clock.unix_ms())
        except NotAllowed as refusal:
            self._refused(actor, action, "", refusal)
            raise

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except StoreRefused as trouble:
            raise Unavailable(trouble.reason, trouble.remedy) from trouble

    def _own(self, live: Live, actor: Actor) -> AccountRow:
        """The account of a person who is signed in. Raises NotAllowed for tokens, the console and visitors."""
        account = live.accounts.get(actor.account_id) if actor.account_id is not None else None
        if account is None or actor.how != "session":
            raise NotAllowed(
                "only a person who is signed in can do this, for themselves", "sign in with a browser, then do it there"
            )
        return account

    def _account(self, live: Live, account_id: int) -> AccountRow:
        account = live.accounts.get(account_id)
        if account is None:
            raise NotFound("there is no such account", "look at the list of accounts again")
        return account

    def _begin_session(self, change: Changing, account: AccountRow, how: str, address: str, user_agent: str) -> SignIn:
        """A new session. Its secret leaves here and is kept nowhere."""
        now_ms = self._clock.unix_ms()
        mine = sorted(
            change.live.sessions_of(account.id), key=lambda row: self._seen.sessions.get(row.id, row.last_seen_ms)
        )
        change.book.end_sessions(row.id for row in mine[: max(0, len(mine) - MAX_SESSIONS + 1)])
        secret = new_secret(self._random)
        change.book.add_session(
            SignedInRow(
                account_id=account.id,
                secret_hash=kept(secret),
                how=how,
                created_ms=now_ms,
                last_seen_ms=now_ms,
                address=address[:64],
                user_agent=user_agent[:_MAX_USER_AGENT],
                proven_ms=now_ms,
            )
        )
        self._seen.accounts[account.id] = now_ms
        change.after = {"how": how}
        view = account_view(accounts_live.read(change.book), account, self._seen)
        return SignIn(secret, csrf_of(secret), view, now_ms + LIFE_MS)

    def _slots(self, name_key: str, address: str) -> dict[str, int]:
        """Where an attempt on this account from this address counts."""
        account_id = self._live.by_name.get(name_key)
        at_home = account_id is not None and any(row.address == address for row in self._live.sessions_of(account_id))
        account_slot = f"account {name_key} at {address[:64]}" if at_home else f"account {name_key}"
        return {account_slot: FREE_PER_ACCOUNT, address_slot(address): FREE_PER_ADDRESS}

    def _proven(self, change: Changing, actor: Actor, how: str) -> None:
        """The session of this actor is its person's from now on, for a while."""
        if actor.session is not None:
            change.book.change_session(actor.session, proven_ms=self._clock.unix_ms())
        change.after = {"how": how}

    def _view(self, account_id: int) -> AccountView:
        return account_view(self._live, self._live.accounts[account_id], self._seen)


def _still_the_same(live: Live, actor: Actor) -> None:
    """Whoever lost their role, account or session while they waited for their turn does nothing more. Raises NotAllowed."""
    if actor.account_id is None or (actor.how == "session" and actor.session is None):
        return  # the console, or somebody who is signing in
    account = live.accounts.get(actor.account_id)
    signed_in = actor.session is None or any(row.id == actor.session for row in live.sessions_of(actor.account_id))
    if account is None or account.disabled or account.role != actor.role.value or not signed_in:
        raise NotAllowed("your account was changed meanwhile", "sign in again")


def invalid(path: str, text: str, remedy: str) -> Invalid:
    """One field that cannot be taken."""
    return Invalid(text, remedy, (ProblemView(path, text, remedy),))
