"""A session with a plain hub behind it, for tests of single behaviours."""

import json

import pytest

from headframe.mining.jobmaker import VERSION_MASK
from headframe.stratum.v1.limits import V1Limits
from headframe.stratum.v1.session import V1Session
from headframe.testing.transcripts import ScriptedHub


class Talk:
    """Says a line to a session and reads what comes back."""

    def __init__(self, limits: V1Limits):
        self.hub = ScriptedHub(
            lambda: V1Session(version_mask=VERSION_MASK, limits=limits, server_name="headframe/test")
        )

    @property
    def session(self) -> V1Session:
        return self.hub.session

    @property
    def seen(self) -> list[str]:
        return self.hub.seen

    def send(self, data: bytes) -> list[dict]:
        """The lines that come of these bytes, decoded."""
        self.hub.output = b""
        self.hub.seen.clear()
        self.hub.receive(data)
        return [json.loads(line, parse_int=_short_int) for line in self.hub.output.splitlines()]

    def ask(self, method: str, *params: object, request_id: object = 7) -> dict:
        """The one reply to a request."""
        (reply,) = self.send(json.dumps({"id": request_id, "method": method, "params": params}).encode() + b"\n")
        assert reply["id"] == request_id
        return reply


def _short_int(digits: str) -> object:
    # Python refuses to read thousands of digits; an id of that kind is legal and echoed all the same
    return int(digits) if len(digits) < 100 else digits


@pytest.fixture
def talk():
    return Talk(V1Limits())


@pytest.fixture
def talk_within():
    return Talk
