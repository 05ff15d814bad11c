"""What to type into a miner.

Responsible for: turning where we listen into addresses that a miner in the house can use, with an example user.
Not responsible for: listening (`net.listener`), certificates (`net.certificates`).
Read next: `service.setup`.
"""

from collections.abc import Sequence
from ipaddress import ip_address

from headframe.config import Config
from headframe.net.certificates import CertificateInfo
from headframe.service.setup import ConnectView

EXAMPLE_WORKER = "worker1"
EXAMPLE_HOUSE = "home"
PASSWORD = "x"


def connect_view(
    config: Config, listening: Sequence[str], names: Sequence[str], certificate: CertificateInfo | None
) -> ConnectView:
    """`listening`: as really listened on ("0.0.0.0:3333"); `names`: of this machine, as others may call it."""
    places = [place for each in listening for place in _reachable(each, names)]
    return ConnectView(
        plain=tuple(f"stratum+tcp://{place}" for place in places),
        tls=tuple(f"stratum+ssl://{place}" for place in places) if certificate is not None else (),
        user=_example_user(config),
        password=PASSWORD,
        certificate_pem=certificate.pem if certificate is not None else "",
        fingerprint=certificate.fingerprint if certificate is not None else "",
    )


def _example_user(config: Config) -> str:
    """What stands behind the dot is the name that a miner is shown under. Before it: the miner's own address where that is
    paid, else any word."""
    if config.payout.mode == "miner":
        return f"YOUR_BITCOIN_ADDRESS.{EXAMPLE_WORKER}"
    return f"{EXAMPLE_HOUSE}.{EXAMPLE_WORKER}"


def _reachable(listening: str, names: Sequence[str]) -> list[str]:
    """One place for each way to get there: addresses in the network first, then names, loopback only if there is nothing
    else (miners are other machines)."""
    host, _, port = listening.rpartition(":")
    host = host.strip("[]")
    if host not in ("0.0.0.0", "::"):
        return [listening]
    wanted = 4 if host == "0.0.0.0" else 0
    addresses: list[str] = []
    words: list[str] = []
    loopback: list[str] = []
    for name in names:
        try:
            address = ip_address(name)
        except ValueError:
            if name != "localhost":
                words.append(f"{name}:{port}")
            continue
        if wanted and address.version != wanted:
            continue
        shown = f"[{name}]:{port}" if address.version == 6 else f"{name}:{port}"
        (loopback if address.is_loopback else addresses).append(shown)
    return addresses + words or loopback
