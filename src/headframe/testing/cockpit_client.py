"""Somebody who uses the API of a running cockpit without a browser, for tests.

Responsible for: requests with the cookie and the CSRF header that a signed-in browser sends, becoming the first owner,
making accounts.
Not responsible for: judging answers; nothing of the server is imported here.
Read next: docs/reference/api.md.
"""

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

PASSWORD = "correct horse battery staple"
ANSWER_S = 30.0


class ApiTrouble(Exception):
    """An answer that is no success, where the test counts on one."""


@dataclass(frozen=True, slots=True)
class Said:
    """An answer. `body`: what its JSON says, or its text."""

    status: int
    body: Any


class CockpitClient:
    """One visitor of the port; `cookie` and `csrf` are "" until signed in."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.port, self.host = port, host
        self.cookie = self.csrf = ""

    def ask(self, method: str, path: str, body: object = None) -> Said:
        """`path` behind /api/v1/. Raises OSError."""
        headers = {"Accept": "application/json"}
        if self.cookie:
            headers["Cookie"] = f"headframe={self.cookie}"
        if self.csrf:
            headers["X-CSRF"] = self.csrf
        if body is not None:
            headers["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection(self.host, self.port, timeout=ANSWER_S)
        try:
            connection.request(method, f"/api/v1/{path}", None if body is None else json.dumps(body), headers)
            reply = connection.getresponse()
            for name, value in reply.getheaders():
                if name.lower() == "set-cookie" and value.startswith("headframe="):
                    self.cookie = value.removeprefix("headframe=").partition(";")[0]
            text = reply.read().decode()
            is_json = "json" in (reply.getheader("Content-Type") or "")
            return Said(reply.status, json.loads(text) if text and is_json else text)
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        return self._done("GET", path)

    def act(self, method: str, path: str, body: object = None) -> Any:
        """Something that must succeed."""
        return self._done(method, path, body)

    def _done(self, method: str, path: str, body: object = None) -> Any:
        said = self.ask(method, path, body)
        if said.status >= 400:
            raise ApiTrouble(f"{method} {path}: {said.status} {said.body}")
        return said.body

    # -- becoming somebody --------------------------------------------------------------------------------------

    def own(self, link: str, name: str = "ada", password: str = PASSWORD) -> "CockpitClient":
        """Be the first owner, by the link that was printed."""
        secret = urlsplit(link).fragment
        self._done("POST", "setup/owner", {"setup_secret": secret, "name": name, "password": password})
        return self._signed_in()

    def sign_in(self, name: str, password: str = PASSWORD, code: str = "") -> "CockpitClient":
        self._done("POST", "session", {"name": name, "password": password, "code": code})
        return self._signed_in()

    def add(self, name: str, role: str, password: str = PASSWORD) -> "CockpitClient":
        """Another account, signed in."""
        self._done("POST", "accounts", {"name": name, "role": role, "password": password})
        return CockpitClient(self.port, self.host).sign_in(name, password)

    def _signed_in(self) -> "CockpitClient":
        self.csrf = self._done("GET", "session")["csrf"]
        return self
