"""The one check before every act.

Responsible for: asking whether an actor may, and has shown lately that it is them; saying what is needed where not.
Not responsible for: the matrix (`service.permissions`), writing the refusal down (`service.audit`).
Read next: `service.permissions`.
"""

from headframe.service.permissions import CREDENTIALS, FRESH_MS, MATRIX, PROVEN_ACTS, Actor, Permission, Role
from headframe.service.refusals import NotAllowed, ProofNeeded


def require(actor: Actor, permission: Permission) -> None:
    """Raises NotAllowed."""
    if not actor.may(permission):
        raise not_allowed(actor, permission)


def not_allowed(actor: Actor, permission: Permission) -> NotAllowed:
    """Why, and who may."""
    if actor.how == "token" and permission in MATRIX[actor.role]:
        return NotAllowed(
            f"this token does not have the scope {permission.value}", f"make a token with the scope {permission.value}"
        )
    roles = [role.value for role in Role if permission in MATRIX[role]]
    return NotAllowed(
        f"{actor.name or 'a visitor'} may not do this: it needs the permission {permission.value}",
        f"ask somebody who is {' or '.join(roles)}",
    )


def require_proof(actor: Actor, now_ms: int) -> None:
    """A person has shown lately that it is them. Programs cannot, and the console need not. Raises ProofNeeded."""
    if actor.how == "session" and abs(now_ms - actor.proven_ms) >= FRESH_MS:
        raise ProofNeeded(
            "this needs a recent proof that it is you", "give your password again, or a passkey, then repeat it"
        )


def require_for_act(actor: Actor, action: str, now_ms: int) -> None:
    """What the name of an act asks for by itself. Raises NotAllowed, ProofNeeded."""
    if action in CREDENTIALS and actor.how == "token":
        raise NotAllowed(
            "a token does not change what accounts are signed in with", "sign in with a browser, then do it there"
        )
    if action in PROVEN_ACTS:
        require_proof(actor, now_ms)


def may_give(actor: Actor, role: Role) -> bool:
    """Whether `actor` may make, change or take away an account of `role`: nobody hands out more than they have."""
    return actor.may(Permission.ACCOUNTS) and MATRIX[role] <= actor.permissions
