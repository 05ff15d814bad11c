"""What the web face is told of its settings.

Responsible for: these values, ready to be used.
Not responsible for: reading them (`config`), making them of the configuration (`app.parts.web_settings`).
Read next: `service.permissions` (what privacy means).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from headframe.service.permissions import Privacy


@dataclass(frozen=True, slots=True)
class WebTls:
    """HTTPS with this certificate chain and key, both PEM files."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class WebSettings:
    """`explorer`: by chain, a link with {hash} in it. `origin`: scheme, host and port under which people reach us, "" for
    wherever the request went. `trusted_proxies`: whose X-Forwarded-For and X-Forwarded-Proto are believed. All but `tls`
    (None: plain HTTP) may change while the server runs."""

    privacy: Privacy = Privacy.NOTHING
    explorer: Mapping[str, str] = field(default_factory=dict)
    origin: str = ""
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    tls: WebTls | None = None

    def block_link(self, chain: str, hash_hex: str) -> str | None:
        """Where a block of this chain can be looked at; None where nobody said."""
        link = self.explorer.get(chain)
        return None if link is None else link.replace("{hash}", hash_hex)
