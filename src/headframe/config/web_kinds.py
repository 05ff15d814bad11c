"""The kinds of value that settings of the web port have.

Responsible for: reading links to explorers and the address under which people reach us, with an error that says how they
should look.
Not responsible for: values that all settings share (`config.kinds`).
Read next: `config.model`.
"""

from typing import Annotated, Any, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator

from headframe.config.pool_kinds import http_url
from headframe.config.problems import refuse

CHAINS = ("btc", "bch")
PLACE_OF_HASH = "{hash}"
MAX_LINK = 512


def explorers(value: Any) -> dict[str, str]:
    """By chain, where a block can be looked at."""
    example = 'write { btc = "https://explorer.example/block/{hash}" }'
    if not isinstance(value, dict):
        raise refuse("is not a table", example)
    for chain, link in value.items():
        if chain not in CHAINS:
            raise refuse(f"{chain!r} is not a chain", f"known are {', '.join(CHAINS)}: {example}")
        if not isinstance(link, str) or len(link) > MAX_LINK or not link.isprintable() or " " in link:
            raise refuse(f"the link of {chain} is not a text without spaces", example)
        if link.count(PLACE_OF_HASH) != 1:
            raise refuse(f"the link of {chain} does not have {PLACE_OF_HASH} in it once", example)
        http_url(link.replace(PLACE_OF_HASH, "0" * 64))
    return dict(value)


def origin(value: str) -> str:
    """Scheme, host and port of an address, in one spelling."""
    remedy = 'write what stands in the browser up to the first slash, such as "https://mining.example"'
    try:
        parts = urlsplit(value.strip())
        port = parts.port
    except ValueError:
        raise refuse("is not an address", remedy) from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise refuse(f"{value!r} is not the address of a web site", remedy)
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise refuse("has something behind the host", f"Headframe answers at the top of its address alone: {remedy}")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    usual = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" if port in (None, usual) else f"{parts.scheme}://{host}:{port}"


Explorers: TypeAlias = Annotated[dict[str, str], BeforeValidator(explorers)]
Origin: TypeAlias = Annotated[str, AfterValidator(origin)]
