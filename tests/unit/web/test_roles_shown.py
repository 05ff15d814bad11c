"""What the page of users says of roles is the matrix that holds."""

import re
from pathlib import Path

import headframe.web
from headframe.service.permissions import MATRIX, Permission, Role

PAGE = Path(headframe.web.__file__).parent / "static" / "pages" / "users" / "matrix.js"


def test_the_table_of_roles_is_the_matrix() -> None:
    text = PAGE.read_text(encoding="utf-8")
    least = dict(re.findall(r'\["([a-z.]+)", "([a-z]+)"\],', text))
    roles = list(Role)
    shown = {
        role: {
            Permission(name) for name, least_role in least.items() if roles.index(role) <= roles.index(Role(least_role))
        }
        for role in roles
    }
    assert shown == {role: set(permissions) for role, permissions in MATRIX.items()}
