"""The SV1 session keeps the law of all downstream sessions."""

import json

from headframe.bitcoin.target import DIFFICULTY_1_TARGET, MAX_TARGET
from headframe.mining.jobmaker import VERSION_MASK
from headframe.stratum.v1.limits import V1Limits
from headframe.stratum.v1.session import V1Session
from headframe.testing.conformance_session import (
    Seen,
    SeenAuthorization,
    SeenJob,
    SeenSubscription,
    SeenTarget,
    SeenVerdict,
    SessionConformance,
    SessionDriver,
)


class V1Driver(SessionDriver):
    """A miner that tells replies apart by its request ids, as most do."""

    def new_session(self):
        return V1Session(version_mask=VERSION_MASK, limits=V1Limits(), server_name="headframe/test")

    @staticmethod
    def _line(request_id, method, params):
        return json.dumps({"id": request_id, "method": method, "params": params}).encode() + b"\n"

    def subscribe(self, *, user_agent="conformance/1", resume=""):
        return self._line(1, "mining.subscribe", [user_agent, resume] if resume else [user_agent])

    def authorize(self, user, password="x"):
        return self._line(2, "mining.authorize", [user, password])

    def submit(self, user, seq, share):
        fields = [share.extranonce2.hex(), f"{share.ntime:08x}", f"{share.nonce:08x}", f"{share.version_bits:08x}"]
        return self._line(4, "mining.submit", [user, f"{seq:x}", *fields])

    def suggest(self, target):
        return self._line(5, "mining.suggest_difficulty", [DIFFICULTY_1_TARGET / target])

    def nonsense(self):
        return b"}{\n"

    def read(self, output):
        seen: list[Seen] = []
        assert not output or output.endswith(b"\n")
        for line in output.splitlines():
            message = json.loads(line)
            method, reply = message.get("method"), message.get("result")
            if method == "mining.set_difficulty":
                (difficulty,) = message["params"]
                seen.append(SeenTarget(min(MAX_TARGET, int(DIFFICULTY_1_TARGET / difficulty))))
            elif method == "mining.notify":
                seen.append(SeenJob(int(message["params"][0], 16), message["params"][8]))
            elif message["id"] == 1:
                seen.append(SeenSubscription(bytes.fromhex(reply[1]), reply[2]))
            elif message["id"] == 2:
                seen.append(SeenAuthorization(reply))
            elif message["id"] == 4:
                assert (reply is True) != (message["error"] is not None)
                seen.append(SeenVerdict("" if reply else message["error"][1]))
        return seen


class TestV1Conformance(SessionConformance):
    driver = V1Driver()
