"""Who asks, and whether it may.

Responsible for: finding the actor of a request (bearer token, cookie, or nobody), what it may see, the rule of the route,
the CSRF header.
Not responsible for: the rules (`web.access`), accounts (`service.accounts`), where a request came from (`web.origins`).
Read next: `web.areas`.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Annotated, Any, ParamSpec, TypeVar

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response

from headframe.service.asking import aside, in_turn
from headframe.service.permissions import Actor, Permission, Privacy
from headframe.service.refusals import NotAllowed, NotFound, NotSignedIn, TooMany
from headframe.service.veil import Audience, veiled
from headframe.web.access import Rule, Who
from headframe.web.answers import answer
from headframe.web.doors import WebParts
from headframe.web.limits import Buckets
from headframe.web.origins import Caller

COOKIE = "headframe"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_SECRET_CHARS = 512
MAX_AGENT_CHARS = 256

TOKEN_PER_S = 20.0
TOKEN_BURST = 100

_ORDER = (Privacy.NOTHING, Privacy.TOTALS, Privacy.WORKERS)
_VISITORS = {Privacy.NOTHING: None, Privacy.TOTALS: Audience.TOTALS, Privacy.WORKERS: Audience.WORKERS}

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Visitor:
    """One request's asker. `secret` is that of its cookie and `csrf` what goes with it, "" without one."""

    request: Request
    parts: WebParts
    caller: Caller
    actor: Actor | None
    audience: Audience | None
    secret: str = ""
    csrf: str = ""

    @property
    def somebody(self) -> Actor:
        """The actor. Raises NotSignedIn when there is none."""
        if self.actor is None:
            raise NotSignedIn("nobody is signed in", "sign in, or send an API token")
        return self.actor

    @property
    def seeing(self) -> Audience:
        """What it may see of views. Raises NotAllowed for a token that may only act."""
        if self.audience is None:
            raise NotAllowed("this needs the permission view", "ask with a token that has it")
        return self.audience

    @property
    def agent(self) -> str:
        return self.request.headers.get("user-agent", "")[:MAX_AGENT_CHARS]

    async def say(self, view: Any) -> Response:
        """A view, without what this asker may not see. Raises NotAllowed, NotFound where nothing is left."""
        shown = view if self.seeing is Audience.PRIVATE else await in_turn(veiled, view, self.seeing)
        if shown is None:
            raise NotFound("there is nothing here that visitors may see", "sign in")
        return answer(self.request, shown)

    def plainly(self, value: Any, status: int = 200) -> Response:
        """What was made for this asker alone."""
        return answer(self.request, value, status)

    async def aside(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """In a thread: what asks a file or hashes a password must not hold up the miners."""
        return await aside(work, *args, **kwargs)


async def _visitor(request: Request) -> Visitor:
    found = request.state.visitor
    assert isinstance(found, Visitor)
    return found


Asker = Annotated[Visitor, Depends(_visitor)]
"""As a parameter of a route: who asks, already let in."""


class Doorkeeper:
    """Lets requests in. Holds how often each token asked; nothing else."""

    def __init__(self, parts: WebParts) -> None:
        self._parts = parts
        self._by_token = Buckets(TOKEN_PER_S, TOKEN_BURST)

    def admit(self, request: Request, rule: Rule) -> Visitor:
        """Who asks. Raises NotSignedIn, NotAllowed or TooMany."""
        visitor = self.recognise(request)
        if visitor.secret and request.method not in SAFE:
            said = request.headers.get("x-csrf", "")
            if not hmac.compare_digest(said.encode(), visitor.csrf.encode()) and rule.needs is not Who.ANYBODY:
                raise NotAllowed("the X-CSRF header is missing or wrong", "load the page again", code="csrf")
        self._check(visitor, rule)
        return visitor

    def recognise(self, request: Request) -> Visitor:
        """By token if one is sent, else by cookie. A wrong token is refused; an old cookie is nobody's."""
        parts = self._parts
        caller: Caller = request.scope["headframe.caller"]
        bearer = request.headers.get("authorization")
        if bearer is not None:
            actor = self._by_bearer(bearer, caller)
            return Visitor(request, parts, caller, actor, audience_of(actor))
        secret = request.cookies.get(COOKIE, "")[:MAX_SECRET_CHARS]
        found = parts.accounts.actor_by_cookie(secret, caller.address) if secret else None
        if found is None:
            return Visitor(request, parts, caller, None, self.visitors())
        return Visitor(request, parts, caller, found[0], audience_of(found[0]), secret, found[1])

    def visitors(self) -> Audience | None:
        """What who has not signed in may see now."""
        return _VISITORS[self._parts.settings().privacy]

    def _by_bearer(self, header: str, caller: Caller) -> Actor:
        kind, _, secret = header.partition(" ")
        secret = secret.strip()
        fits = kind.lower() == "bearer" and 0 < len(secret) <= MAX_SECRET_CHARS
        actor = self._parts.accounts.actor_by_token(secret, caller.address) if fits else None
        if actor is None:
            raise NotSignedIn("this token is not known, or not valid any more", "make a new one under Users")
        name = blake2b(secret.encode(), digest_size=8).hexdigest()
        wait = 0 if actor.how == "console" else self._by_token.take(name, self._parts.clock.monotonic())
        if wait:
            raise TooMany(
                "this token asks too often", "ask less often, or listen to /api/v1/events", retry_after_s=wait
            )
        return actor

    def _check(self, visitor: Visitor, rule: Rule) -> None:
        actor, needs = visitor.actor, rule.needs
        if needs is Who.ANYBODY:
            return
        if actor is None:
            privacy = self._parts.settings().privacy
            if rule.visitors is not None and _ORDER.index(privacy) >= _ORDER.index(rule.visitors):
                return
            visitor.somebody  # noqa: B018 - refuses
        elif needs is Who.PERSON:
            if actor.how == "token":
                raise NotAllowed("an API token cannot do this", "sign in at the page")
        elif isinstance(needs, Permission) and not actor.may(needs):
            raise NotAllowed(f"this needs the permission {needs.value}", "ask an owner or admin of this server")


def audience_of(actor: Actor) -> Audience | None:
    """What somebody who signed in may see; None without `view` (a token that may only act)."""
    if actor.may(Permission.VIEW_PRIVATE):
        return Audience.PRIVATE
    return Audience.VIEWER if actor.may(Permission.VIEW) else None
