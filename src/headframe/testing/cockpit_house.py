"""A whole server with its cockpit: an own node, two fake pools, an owner who signed in, for tests in a browser.

Responsible for: putting it together, people of every role, what a browser needs to be one of them.
Not responsible for: the pools and the server (`testing.pool_house`), miners (`testing.fleet_thread`).
Read next: `testing.pool_house`, `testing.cockpit_client`.
"""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from headframe.testing.cockpit_client import CockpitClient
from headframe.testing.fake_pool import FakePool, Manners
from headframe.testing.node_thread import NodeThread, embedded_node
from headframe.testing.pace import MAINNET_LIKE_BITS
from headframe.testing.pool_house import PoolHouse, pool_house

DIFFICULTY = 1e-7
"""Of node and pools alike: about 430 hashes."""

ROUTING = "\n[routing]\nhorizon_s = 60\ndwell_s = 1\n"


@dataclass(slots=True)
class CockpitHouse:
    """`owner` is signed in; `role` gives others."""

    pools: PoolHouse
    node: NodeThread
    owner: CockpitClient
    _people: dict[str, CockpitClient] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """http://127.0.0.1:port, without a slash."""
        return f"http://127.0.0.1:{self.pools.server.web_port}"

    def role(self, name: str) -> CockpitClient:
        """Somebody of this role (owner, admin, operator, viewer), whose name is the role."""
        if name == "owner":
            return self.owner
        if name not in self._people:
            self._people[name] = self.owner.add(name, name)
        return self._people[name]

    def cookie(self, client: CockpitClient) -> dict[str, Any]:
        """For playwright's `context.add_cookies`: be who this client is."""
        return {"name": "headframe", "value": client.cookie, "url": self.url, "httpOnly": True, "sameSite": "Strict"}

    def sessions(self) -> dict[str, str]:
        """The first worker of each session, and the source it mines for."""
        return {one["workers"][0]: one["source"] for one in self.owner.get("sessions") if one["workers"]}


@contextlib.contextmanager
def cockpit_house(
    directory: Path, *, weights: Mapping[str, int], bits: int = MAINNET_LIKE_BITS, after: str = ""
) -> Iterator[CockpitHouse]:
    """Sources `home` (the node), `larch` and `birch` with these weights; with the default `bits` nobody finds a block.
    `after`: TOML behind the sources."""
    pools = {name: FakePool(Manners(difficulty=DIFFICULTY), seed=seed) for seed, name in enumerate(("larch", "birch"))}
    with embedded_node(bits=bits) as node:
        home: dict[str, Any] = {"network": "regtest", "rpc": [node.url], "user": "demo", "password": "demo"}
        sources: dict[str, dict[str, Any]] = {name: {"weight": weight} for name, weight in weights.items()}
        sources["home"] = {**home, **sources["home"]}
        with pool_house(directory, pools, sources=sources, before=ROUTING, after=after, difficulty=DIFFICULTY) as house:
            house.wait_up("home")
            link = house.server.wait_event("first_visit")["link"]
            yield CockpitHouse(house, node, CockpitClient(house.server.web_port).own(link, "owner"))
