"""The one check before every act.

Responsible for: asking whether an actor may, and saying what is needed where not.
Not responsible for: the matrix (`service.permissions`), writing the refusal down (`service.audit`).
Read next: `service.permissions`.
"""

from headframe.service.permissions import MATRIX, Actor, Permission, Role
from headframe.service.refusals import NotAllowed


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


def may_give(actor: Actor, role: Role) -> bool:
    """Whether `actor` may make, change or take away an account of `role`: nobody hands out more than they have."""
    return actor.may(Permission.ACCOUNTS) and MATRIX[role] <= actor.permissions
