"""Second factors of digits and letters, and other secrets that are typed or sent.

Responsible for: one-time codes of an authenticator app (TOTP, RFC 6238), recovery codes, how secrets look and what is
kept of them.
Not responsible for: that a code is taken only once (`service.accounts_signing_in`), passkeys (`service.accounts_passkeys`).
Read next: `service.accounts_signing_in`.
"""

import base64
import hmac
from collections.abc import Callable
from hashlib import sha256
from typing import Final

import pyotp

ISSUER: Final = "Headframe"
RECOVERY_CODES: Final = 10
TOKEN_PREFIX: Final = "hf_"
_STEP_S: Final = 30
_WINDOW: Final = 1
"""Codes of the half minute before and after are right too: clocks of phones differ."""

_LETTERS: Final = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's: none looks like another."""

_READ_AS: Final = str.maketrans({"i": "1", "l": "1", "o": "0"})
_CODE_LETTERS: Final = 16

Random = Callable[[int], bytes]


def new_secret(random_bytes: Random) -> str:
    """32 random bytes, as text for cookies, links and headers."""
    return base64.urlsafe_b64encode(random_bytes(32)).rstrip(b"=").decode()


def kept(secret: str) -> bytes:
    """What is kept of a random secret."""
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()


def csrf_of(secret: str) -> str:
    """The word that proves that a request comes from a page of ours; nothing to keep: it follows from the cookie."""
    digest = sha256(b"headframe csrf\0" + secret.encode("utf-8", "surrogatepass")).digest()
    return base64.urlsafe_b64encode(digest[:24]).decode()


def new_totp_secret(random_bytes: Random) -> str:
    return base64.b32encode(random_bytes(20)).decode()


def totp_uri(secret: str, name: str) -> str:
    """For the QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)


def totp_step(secret: str, code: str, now_ms: int, after_step: int) -> int | None:
    """The number of the half minute whose code this is; None when it is wrong, or not later than `after_step`."""
    totp = pyotp.TOTP(secret)
    now_step = now_ms // 1000 // _STEP_S
    found = None
    for step in range(now_step - _WINDOW, now_step + _WINDOW + 1):
        right = hmac.compare_digest(totp.generate_otp(step).encode(), code.encode("utf-8", "surrogatepass"))
        if right and step > after_step:
            found = step
    return found


def plain_code(code: str) -> str:
    """A code as typed, without what people put between."""
    return "".join(letter for letter in code if letter.isalnum())[:64]


def is_totp(code: str) -> bool:
    """Whether this plain code is one of an app; all others are recovery codes."""
    return len(code) == 6 and code.isascii() and code.isdigit()


def new_recovery_codes(random_bytes: Random) -> tuple[str, ...]:
    """Each 80 random bits."""
    return tuple(_recovery_code(random_bytes(_CODE_LETTERS)) for _ in range(RECOVERY_CODES))


def kept_of_code(code: str) -> bytes:
    """What is kept of a recovery code, however it was typed."""
    return sha256(plain_code(code).lower().translate(_READ_AS).encode("utf-8", "surrogatepass")).digest()


def _recovery_code(random: bytes) -> str:
    letters = "".join(_LETTERS[byte % len(_LETTERS)] for byte in random)
    return "-".join(letters[place : place + 4] for place in range(0, _CODE_LETTERS, 4))
