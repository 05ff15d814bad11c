"""Tokens for programs.

Responsible for: making, listing and removing API tokens.
Not responsible for: who a token stands for at each request (`service.accounts_live`).
Read next: `service.accounts_core`.
"""

from collections.abc import Sequence
from typing import Final

from headframe.service.account_views import NewToken, TokenView
from headframe.service.accounts_codes import TOKEN_PREFIX, kept, new_secret
from headframe.service.accounts_core import AccountsCore, invalid
from headframe.service.accounts_live import read, token_view
from headframe.service.allowed import may_give, not_allowed
from headframe.service.permissions import Actor, Permission, Role
from headframe.service.refusals import Conflict, NotAllowed, NotFound
from headframe.store.account_rows import TokenRow

MAX_TOKENS: Final = 50
"""Of one account."""
_SHOWN: Final = len(TOKEN_PREFIX) + 6


class Tokens(AccountsCore):
    """See `service.accounts`."""

    def tokens(self, actor: Actor) -> tuple[TokenView, ...]:
        """The actor's own; everybody's for who may manage accounts."""
        live = self._live
        return tuple(
            token_view(live, row, self._seen)
            for row in live.tokens.values()
            if actor.may(Permission.ACCOUNTS) or row.account_id == actor.account_id
        )

    def create_token(self, actor: Actor, name: str, scopes: Sequence[Permission], expires_ms: int | None) -> NewToken:
        """For the actor's own account; with it, never more than the account itself may, now or later. Raises NotAllowed,
        Invalid, Conflict."""
        name = name.strip()
        if not 1 <= len(name) <= 64 or not name.isprintable():
            raise invalid("name", "the token needs a name", "say what it is for, in 1 to 64 letters")
        if not scopes:
            raise invalid("scopes", "a token without scopes may do nothing", "choose at least view")
        if expires_ms is not None and expires_ms <= self._clock.unix_ms():
            raise invalid("expires_ms", "this time is over", "choose a time to come, or none")
        secret = TOKEN_PREFIX + new_secret(self._random)
        wanted = [permission for permission in Permission if permission in scopes]
        with self._changing(actor, "token.create", name) as change:
            account = self._own(change.live, actor)
            for scope in wanted:
                if not actor.may(scope):
                    raise not_allowed(actor, scope)
            if len(change.live.tokens_of(account.id)) >= MAX_TOKENS:
                raise Conflict(f"you have {MAX_TOKENS} tokens already", "remove those that nothing uses")
            row = change.book.add_token(
                TokenRow(
                    account_id=account.id,
                    name=name,
                    secret_hash=kept(secret),
                    shown=secret[:_SHOWN],
                    scopes=" ".join(scope.value for scope in wanted),
                    created_ms=self._clock.unix_ms(),
                    expires_ms=expires_ms,
                )
            )
            change.after = {"scopes": [scope.value for scope in wanted], "expires_ms": expires_ms}
            view = token_view(read(change.book), row, self._seen)
        return NewToken(view, secret)

    def remove_token(self, actor: Actor, token_id: int) -> None:
        """One's own, or anybody's for who may manage accounts (an owner's: owners). Raises NotAllowed, NotFound."""
        with self._changing(actor, "token.remove") as change:
            row = next((row for row in change.live.tokens.values() if row.id == token_id), None)
            own = row is not None and row.account_id == actor.account_id
            if row is None or not (own or actor.may(Permission.ACCOUNTS)):
                raise NotFound("there is no such token", "it may have been removed already")
            change.target = row.name
            account = change.live.accounts[row.account_id]
            if own and actor.how != "session":
                raise NotAllowed("a token does not manage the tokens of its account", "sign in with a browser")
            if not own and not may_give(actor, Role(account.role)):
                raise not_allowed(actor, Permission.OWNERS)
            change.before = {"account": account.name, "scopes": row.scopes.split()}
            change.book.remove_token(row.id)
