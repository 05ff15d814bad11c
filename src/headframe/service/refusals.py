"""Why something was not done.

Responsible for: the kinds of refusal that every face can tell apart, each with what to do about it.
Not responsible for: how a face words them (status codes are `web`'s, exit codes `cli`'s).
Read next: `service.commands`.
"""

from collections.abc import Sequence

import msgspec


class ProblemView(msgspec.Struct, frozen=True):
    """One thing to put right: `path` is the field or setting ("payout.address"), "" for the whole."""

    path: str
    text: str
    remedy: str


class Refused(Exception):
    """Base. `code` is stable, for programs; `text` and `remedy` are for people."""

    code = "refused"

    def __init__(self, text: str, remedy: str = "", problems: Sequence[ProblemView] = (), *, code: str = "") -> None:
        super().__init__(f"{text}: {remedy}" if remedy else text)
        self.code = code or type(self).code
        self.text = text
        self.remedy = remedy
        self.problems = tuple(problems)


class NotAllowed(Refused):
    """The actor may not do this."""

    code = "not_allowed"


class ProofNeeded(NotAllowed):
    """They may, once they have shown again that it is them."""

    code = "proof_needed"


class NotSignedIn(Refused):
    """Nobody is signed in, or the credentials are wrong. Codes: not_signed_in, wrong_credentials, second_factor_needed."""

    code = "not_signed_in"


class NotFound(Refused):
    """There is no such thing."""

    code = "not_found"


class Invalid(Refused):
    """What was given cannot be taken; `problems` says where."""

    code = "invalid"


class Conflict(Refused):
    """Right in itself, but not with what is there now (a name taken, the last owner, changed meanwhile)."""

    code = "conflict"


class TooMany(Refused):
    """Later again. `retry_after_s` says when."""

    code = "too_many"

    def __init__(self, text: str, remedy: str = "", *, retry_after_s: int = 60) -> None:
        super().__init__(text, remedy)
        self.retry_after_s = retry_after_s


class Unavailable(Refused):
    """Something that is needed for it does not work now."""

    code = "unavailable"
