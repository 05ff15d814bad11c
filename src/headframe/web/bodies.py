"""What requests may bring along.

Responsible for: bodies as models, each text and list with a bound; the parameters that many routes share.
Not responsible for: whether it makes sense (`service.commands`, `service.accounts`).
Read next: `web.routes`.
"""

from typing import Annotated, Any, Literal

import msgspec
from fastapi import Path, Query
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, model_validator

from headframe.service.history_views import RANGES
from headframe.service.many_miners import MAX_AT_ONCE

MAX_NUMBER = 2**53
MAX_UNKNOWN = 20
"""Keys that nobody knows are named one by one up to so many."""

Id = Annotated[int, Path(ge=1, le=MAX_NUMBER)]
Name = Annotated[str, Path(min_length=1, max_length=128)]
Limit = Annotated[int, Query(ge=1, le=1000)]
Offset = Annotated[int, Query(ge=0, le=MAX_NUMBER)]
Span = Annotated[Literal["1h", "24h", "7d", "30d", "1y"], Query(alias="range")]
assert set(RANGES) == {"1h", "24h", "7d", "30d", "1y"}

MAX_SOURCES = 100


def _few(value: Any) -> Any:
    """Before anything is looked at singly, as with `Body`."""
    if isinstance(value, dict) and len(value) > MAX_SOURCES:
        raise ValueError(f"there are more than {MAX_SOURCES}")
    return value


def _sayable(value: Any) -> Any:
    """JSON has halves of letters that can neither be written to a file nor answered."""
    try:
        msgspec.json.encode(value)
    except (UnicodeEncodeError, RecursionError):
        raise ValueError("this cannot be written down") from None
    return value


Short = Annotated[str, Field(max_length=128)]
Secret = Annotated[str, Field(max_length=1024)]
RoleName = Literal["owner", "admin", "operator", "viewer"]
Values = Annotated[dict[Short, JsonValue], Field(max_length=200), AfterValidator(_sayable)]


class Body(BaseModel):
    """Nothing unknown, nothing guessed: "yes" is no boolean."""

    model_config = ConfigDict(extra="forbid", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _few_keys(cls, value: Any) -> Any:
        """Each unknown key would be a problem of its own: tens of thousands of them hold up the loop."""
        if isinstance(value, dict) and len(value) > len(cls.model_fields) + MAX_UNKNOWN:
            raise ValueError("there are too many keys")
        return value


class SignInBody(Body):
    name: Short
    password: Secret
    code: Short = ""


class CredentialBody(Body):
    handle: Short
    credential: dict[str, Any]


class NewPasskeyBody(CredentialBody):
    name: Short


class LinkBody(Body):
    secret: Secret


class OwnerBody(Body):
    setup_secret: Secret
    name: Short
    password: Secret


class ValuesBody(Body):
    values: Values


class AddressBody(Body):
    network: Short
    address: Short


class ProofBody(Body):
    password: Secret
    code: Short = ""


class NewPasswordBody(Body):
    old: Secret
    new: Secret
    revoke_tokens: bool = False


class CodeBody(Body):
    code: Short


class NewAccountBody(Body):
    name: Short
    role: RoleName
    password: Secret = ""


class AccountBody(Body):
    role: RoleName | None = None
    disabled: bool | None = None
    name: Short | None = None


class NewTokenBody(Body):
    name: Short
    scopes: Annotated[list[Short], Field(max_length=20)]
    expires_ms: Annotated[int, Field(ge=0, le=MAX_NUMBER)] | None = None


class PinBody(Body):
    source: Short | None


class DifficultyBody(Body):
    difficulty: Annotated[float, Field(gt=0, le=1e18, allow_inf_nan=False)] | None


BanSeconds = Annotated[float, Field(gt=0, le=366 * 86_400, allow_inf_nan=False)]
Keys = Annotated[list[Annotated[str, Field(min_length=1, max_length=64)]], Field(min_length=1, max_length=MAX_AT_ONCE)]


class MinersBody(Body):
    keys: Keys


class PinManyBody(PinBody):
    keys: Keys


class DifficultyOfManyBody(DifficultyBody):
    keys: Keys


class BanBody(Body):
    address: Short
    seconds: BanSeconds


class BanManyBody(Body):
    keys: Keys
    seconds: BanSeconds


class SourceBody(Body):
    values: Values
    check_only: bool = False


class SourceTestBody(Body):
    values: Values
    name: Short = ""


Weights = Annotated[
    dict[Short, Annotated[int, Field(ge=0, le=1_000_000)]], Field(max_length=MAX_SOURCES), BeforeValidator(_few)
]


class SteeringBody(Body):
    weights: Weights | None = None
    paused: Annotated[dict[Short, bool], Field(max_length=MAX_SOURCES), BeforeValidator(_few)] | None = None


class PreviewBody(Body):
    weights: Weights = Field(default_factory=dict)
    without: Annotated[list[Short], Field(max_length=MAX_SOURCES)] = Field(default_factory=list)


class PolicyBody(Body):
    policy: Short


class ChangeBody(Body):
    path: Annotated[str, Field(max_length=256)]
    value: Annotated[JsonValue, AfterValidator(_sayable)]


class ChangesBody(Body):
    changes: Annotated[list[ChangeBody], Field(max_length=500)]
    revision: Short = ""
    check_only: bool = False


class ImportBody(Body):
    text: Annotated[str, Field(max_length=200_000)]
    check_only: bool = False
