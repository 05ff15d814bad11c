"""A passkey in software.

Responsible for: answering navigator.credentials.create and .get as an authenticator and a browser do together: attestation
"none", ES256, a sign count, and the faults that a server must refuse.
Not responsible for: being safe; its keys live as long as the test.
Read next: `service.accounts_passkeys`; W3C Web Authentication, sections 6.1 (authenticator data) and 6.5.
"""

import base64
import json
import struct
from hashlib import sha256
from typing import Any, Final

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

_PRESENT: Final = 0x01
_VERIFIED: Final = 0x04
_HAS_CREDENTIAL: Final = 0x40


class SoftPasskey:
    """One credential for one host. `verifies`: whether it sees a PIN or finger besides the touch."""

    def __init__(self, credential_id: bytes, *, verifies: bool = True, counts: bool = True) -> None:
        self.credential_id = credential_id
        self.verifies = verifies
        self.sign_count = 0
        self.user_handle = b""
        self._counts = counts
        self._key = ec.generate_private_key(ec.SECP256R1())

    def create(self, options: dict[str, Any], origin: str) -> dict[str, Any]:
        """What navigator.credentials.create answers to these options on a page of `origin`, as JSON."""
        self.user_handle = _decoded(options["user"]["id"])
        numbers = self._key.public_key().public_numbers()
        x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
        public_key = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})  # EC2, ES256, P-256
        credential = bytes(16) + struct.pack(">H", len(self.credential_id)) + self.credential_id + public_key
        data = self._data(options["rp"]["id"], _HAS_CREDENTIAL) + credential
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client_data = _client_data("webauthn.create", options["challenge"], origin)
        return self._answer({"clientDataJSON": _encoded(client_data), "attestationObject": _encoded(attestation)})

    def get(self, options: dict[str, Any], origin: str) -> dict[str, Any]:
        """What navigator.credentials.get answers."""
        if self._counts:
            self.sign_count += 1
        data = self._data(options["rpId"], 0)
        client_data = _client_data("webauthn.get", options["challenge"], origin)
        signature = self._key.sign(data + sha256(client_data).digest(), ec.ECDSA(SHA256()))
        return self._answer(
            {
                "clientDataJSON": _encoded(client_data),
                "authenticatorData": _encoded(data),
                "signature": _encoded(signature),
                "userHandle": _encoded(self.user_handle),
            }
        )

    def _data(self, rp_id: str, flags: int) -> bytes:
        flags |= _PRESENT | (_VERIFIED if self.verifies else 0)
        return sha256(rp_id.encode()).digest() + bytes([flags]) + struct.pack(">I", self.sign_count)

    def _answer(self, response: dict[str, Any]) -> dict[str, Any]:
        key = _encoded(self.credential_id)
        return {"id": key, "rawId": key, "type": "public-key", "response": response, "clientExtensionResults": {}}


def _client_data(kind: str, challenge: str, origin: str) -> bytes:
    return json.dumps({"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False}).encode()


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
