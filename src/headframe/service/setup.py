"""Setting up, and how a miner is connected: what a face may see and ask of it.

Responsible for: these shapes, and the seam to whoever holds a server that has no configuration yet.
Not responsible for: doing it (`app.setup` implements this), who may ask (`web`: whoever made the first owner).
Read next: `service.steering`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from headframe.service.permissions import Actor
from headframe.service.settings_views import FoundNode, TestReport


class SetupView(msgspec.Struct, frozen=True):
    """How far the server is: `stage` is owner (there is no account yet), settings (there is no configuration yet) or
    done. `networks` are the words for the network that can be chosen; `defaults` are settings by path that the form
    begins with. Both are empty for who has not signed in."""

    stage: str
    networks: tuple[str, ...] = ()
    defaults: dict[str, Any] = {}


class AddressView(msgspec.Struct, frozen=True):
    """Whether an address can be paid on a network; `kind` in words ("P2WPKH"), "" if not."""

    ok: bool
    kind: str
    text: str
    remedy: str


class ConnectView(msgspec.Struct, frozen=True):
    """What to type into a miner. `plain` and `tls` are addresses as miners take them ("stratum+tcp://10.0.0.2:3333"), the
    one to take first; `user` and `password` are examples that work. Certificate and fingerprint (SHA-256, hex) are ""
    without TLS."""

    plain: tuple[str, ...]
    tls: tuple[str, ...]
    user: str
    password: str
    certificate_pem: str = ""
    fingerprint: str = ""


class SetupDoor(Protocol):
    """All but `state` raise `service.refusals.Refused`: Conflict once there is a configuration."""

    def state(self) -> SetupView: ...

    def nodes(self) -> Sequence[FoundNode]:
        """Nodes of this machine; looks at files."""
        ...

    async def check_node(self, values: Mapping[str, Any]) -> TestReport:
        """Connect as the keys of one [[source]] of kind node say, and look."""
        ...

    async def check_pool(self, values: Mapping[str, Any]) -> TestReport: ...

    def check_address(self, network: str, address: str) -> AddressView: ...

    async def finish(self, actor: Actor, values: Mapping[str, Any]) -> ConnectView:
        """Write the configuration (sections and keys as in the file) and begin to serve miners by it."""
        ...
