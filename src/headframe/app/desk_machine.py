"""What this machine has, and what that recommends.

Responsible for: memory, cores and open files; the profiles, as data; nodes of this machine, found by their cookie files.
Not responsible for: applying a profile (it is a list of changes like any other).
Read next: `app.desk`.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from headframe.net.listener import SPARE_FILES
from headframe.service.settings_views import Change, FoundNode, Profile, ProfilesView

GIB: Final = 1 << 30
MIB: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class _Kind:
    """A profile, and from what on it is recommended."""

    name: str
    help: str
    least_memory_bytes: int
    least_cores: int
    values: Mapping[str, int | float | None]


# A connection costs few KiB of memory, but a slow reader may let limits.write_buffer_bytes wait: connections x buffer is
# what memory must bear at worst, and each profile keeps that below half of its least memory. Connections of one address
# are many where a site is behind one router. Six shares a minute give each miner a good estimate; with tens of thousands
# three are enough for all together, and cost half the work. None: the default.
_KINDS: Final = (
    _Kind(
        "small",
        "A household on a Raspberry Pi or beside a node: up to 250 miners, small buffers, small log files.",
        0,
        1,
        {
            "limits.connections": 256,
            "limits.connections_per_ip": 128,
            "limits.write_buffer_bytes": 128 * 1024,
            "limits.workers_per_connection": 16,
            "difficulty.shares_per_minute": None,
            "logging.rotate_bytes": 4 * MIB,
            "logging.keep_files": 3,
        },
    ),
    _Kind(
        "medium",
        "A group, a farm or a small public pool: up to 4,000 miners on a machine with 4 GiB and two cores.",
        4 * GIB,
        2,
        {
            "limits.connections": 4096,
            "limits.connections_per_ip": 1024,
            "limits.write_buffer_bytes": None,
            "limits.workers_per_connection": None,
            "difficulty.shares_per_minute": None,
            "logging.rotate_bytes": None,
            "logging.keep_files": None,
        },
    ),
    _Kind(
        "large",
        "A public pool: up to 20,000 miners on a machine with 12 GiB and four cores; half as many shares of each.",
        12 * GIB,
        4,
        {
            "limits.connections": None,
            "limits.connections_per_ip": 4096,
            "limits.write_buffer_bytes": None,
            "limits.workers_per_connection": 256,
            "difficulty.shares_per_minute": 3.0,
            "logging.rotate_bytes": 64 * MIB,
            "logging.keep_files": 10,
        },
    ),
)

DEFAULT_CONNECTIONS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Machine:
    """`memory_bytes` None: unknown."""

    memory_bytes: int | None
    cores: int
    open_files: int

    @classmethod
    def this(cls) -> "Machine":
        return cls(_memory(), _cores(), _open_files())


def profiles(machine: Machine) -> ProfilesView:
    """All, with the largest recommended that the machine bears."""
    bearable = [kind.name for kind in _KINDS if _bears(machine, kind)]
    best = bearable[-1] if bearable else _KINDS[0].name
    return ProfilesView(
        machine.memory_bytes,
        machine.cores,
        machine.open_files,
        tuple(
            Profile(
                kind.name,
                kind.help,
                tuple(Change(path, value) for path, value in kind.values.items()),
                kind.name == best,
            )
            for kind in _KINDS
        ),
    )


def _bears(machine: Machine, kind: _Kind) -> bool:
    connections = kind.values["limits.connections"] or DEFAULT_CONNECTIONS
    enough_memory = kind.least_memory_bytes == 0 or (machine.memory_bytes or 0) >= kind.least_memory_bytes * 0.9
    return enough_memory and machine.cores >= kind.least_cores and machine.open_files >= connections + SPARE_FILES


def _memory() -> int | None:
    """What there is, or what the container may have."""
    try:
        found = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return None
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
    except OSError:
        limit = "max"
    return min(found, int(limit)) if limit.isdigit() else found


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def _open_files() -> int:
    try:
        import resource
    except ImportError:
        return 0
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


# -- nodes ----------------------------------------------------------------------------------------------------------

_CHAINS: Final = (
    ("mainnet", "", 8332),
    ("testnet4", "testnet4", 48332),
    ("signet", "signet", 38332),
    ("testnet3", "testnet3", 18332),
    ("regtest", "regtest", 18443),
)

_FOLDERS: Final = (
    "~/.bitcoin",
    "~/Library/Application Support/Bitcoin",
    "~/snap/bitcoin-core/common/.bitcoin",
    "~/umbrel/app-data/bitcoin/data/bitcoin",
    "/home/umbrel/umbrel/app-data/bitcoin/data/bitcoin",
    "/home/bitcoin/.bitcoin",
    "/var/lib/bitcoind",
    "/var/lib/bitcoin",
    "/data/bitcoin",
    "/mnt/hdd/bitcoin",
    "/mnt/hdd/app-data/bitcoin",
    "/mnt/hdd/mynode/bitcoin",
    "/embassy-data/package-data/volumes/bitcoind/data/main",
)
"""Where Bitcoin Core, its packages (Debian, snap) and the node distributions put their data."""


def find_nodes(environment: Mapping[str, str], folders: Sequence[str] = _FOLDERS) -> tuple[FoundNode, ...]:
    """Every cookie file in the well-known places that this user may read, each once."""
    home = environment.get("HOME", "")
    found: dict[Path, FoundNode] = {}
    for folder in folders:
        if folder.startswith("~") and not home:
            continue
        for network, inner, port in _CHAINS:
            cookie = Path(folder.replace("~", home, 1)) / inner / ".cookie"
            if os.access(cookie, os.R_OK) and cookie.is_file():
                node = FoundNode(network, str(cookie), f"http://127.0.0.1:{port}")
                found.setdefault(cookie.resolve(), node)
    return tuple(found.values())
