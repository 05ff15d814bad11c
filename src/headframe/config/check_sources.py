"""Checks of the sources, one by one and side by side.

Responsible for: names, networks, weights and tiers; what a node needs; what a pool needs, above all a wallet that the
pool can pay.
Not responsible for: pins and policies (`config.check_routing`), whether the world agrees (`cli.check`).
Read next: `config.check_routing`.
"""

from collections.abc import Iterator

from headframe.bitcoin.address import AddressError, script_of_address
from headframe.bitcoin.cashaddr import CASH_PREFIXES, looks_like_cash_address, read_cash_address
from headframe.bitcoin.networks import NETWORKS
from headframe.config.model import Config
from headframe.config.problems import KeyPath, Problem
from headframe.config.sources import NodeSource, PoolSource

CHAIN_NAMES = {"btc": "Bitcoin", "bch": "Bitcoin Cash"}


def check(config: Config) -> Iterator[Problem]:
    """Every contradiction found, in the order of the file."""
    if not config.source:
        yield Problem(
            ("source",),
            "there is none: miners would have nothing to do",
            "add a [[source]]: a node with name, network, rpc and user/password or cookie_file, or a pool with name, "
            'kind = "pool", url and wallet (see config-examples)',
        )
        return
    taken: set[str] = set()
    first_of_chain: dict[str, NodeSource | PoolSource] = {}
    for index, source in enumerate(config.source):
        at: KeyPath = ("source", index)
        if source.name.lower() in taken:
            yield Problem((*at, "name"), f'"{source.name}" is taken by another source', "choose another name")
        taken.add(source.name.lower())
        first = first_of_chain.setdefault(source.chain, source)
        if source.network != first.network:
            yield Problem(
                (*at, "network"),
                f"{source.network} differs from {first.network} of {first.name}",
                "run one Headframe for each network",
            )
        yield from _node(at, source) if isinstance(source, NodeSource) else _pool(at, source)
    if not any(source.weight for source in config.source):
        yield Problem(
            ("source", 0, "weight"), "all sources have weight 0: none would get work", "give one a weight, such as 100"
        )


def _node(at: KeyPath, source: NodeSource) -> Iterator[Problem]:
    if not source.rpc:
        yield Problem((*at, "rpc"), "is missing", 'add rpc = ["http://127.0.0.1:8332"]')
    if len(set(source.rpc)) != len(source.rpc):
        yield Problem((*at, "rpc"), "lists the same node twice", "remove one of the two")
    if source.cookie_file is not None:
        if source.user is not None or source.password is not None:
            yield Problem((*at, "cookie_file"), "stands beside user or password", "keep one of the two ways")
        return
    if source.user is None and source.password is None:
        yield Problem(at, f"{source.name} has no credentials for its node", "add cookie_file, or user and password")
    elif source.password is None:
        yield Problem((*at, "user"), "has no password beside it", "add password or password_file")
    elif source.user is None:
        yield Problem((*at, "password"), "has no user beside it", "add user")


def _pool(at: KeyPath, source: PoolSource) -> Iterator[Problem]:
    if not source.url:
        yield Problem((*at, "url"), "is missing", 'add url = "stratum+tcp://pool.example:3333"')
    if len(set(source.url)) != len(source.url):
        yield Problem((*at, "url"), "lists the same address twice", "remove one of the two")
    chain = CHAIN_NAMES[source.chain]
    if source.chain == "bch" and source.network not in CASH_PREFIXES:
        yield Problem((*at, "network"), f"{chain} has no {source.network}", f"choose one of {', '.join(CASH_PREFIXES)}")
    elif source.wallet is not None:
        yield from _wallet(at, source, source.wallet)
    elif "{wallet}" in source.user:
        yield Problem(
            (*at, "wallet"),
            f"is missing, and user is {source.user}",
            f"add wallet with your {chain} address, or write the name of your account into user",
        )
    if source.tls_ca_file is not None and source.tls_fingerprint is not None:
        yield Problem((*at, "tls_fingerprint"), "stands beside tls_ca_file", "keep one of the two ways")
    for key in ("tls_ca_file", "tls_fingerprint"):
        if getattr(source, key) is not None and not any(url.startswith("stratum+ssl:") for url in source.url):
            yield Problem(
                (*at, key), "is given, but no url begins with stratum+ssl://", "use one that does, or remove it"
            )


def _wallet(at: KeyPath, source: PoolSource, wallet: str) -> Iterator[Problem]:
    """A wallet that is not of the pool's chain and network would be mined for by nobody, or for somebody else."""
    try:
        if source.chain == "bch" and (looks_like_cash_address(wallet) or wallet[:3].lower() in ("bc1", "tb1", "bcr")):
            read_cash_address(wallet, source.network)
        elif source.chain == "btc" and looks_like_cash_address(wallet):
            raise AddressError(
                f'this is a Bitcoin Cash address and {source.name} mines Bitcoin: give a Bitcoin address, or set chain = "bch"'
            )
        else:
            script_of_address(wallet, NETWORKS[source.network])
    except AddressError as error:
        text, _, remedy = str(error).rpartition(": ")
        yield Problem((*at, "wallet"), text or remedy, remedy if text else "")


def doubts(config: Config) -> Iterator[Problem]:
    """What is allowed, yet hardly meant."""
    pools: dict[tuple[str, str], str] = {}
    for index, source in enumerate(config.source):
        if not isinstance(source, PoolSource):
            continue
        at: KeyPath = ("source", index)
        account = source.user.replace("{wallet}", source.wallet or "")
        for url in source.url:
            other = pools.setdefault((url, account), source.name)
            if other != source.name:
                yield Problem(
                    (*at, "url"),
                    f"{other} has the same address and user",
                    "make them one source, with both weights added",
                )
                break
        if source.wallet is not None and "{wallet}" not in source.user:
            yield Problem((*at, "wallet"), "is not used: user has no {wallet}", "remove it, or use it in user")
    if config.source and all(source.paused or not source.weight for source in config.source):
        yield Problem(
            ("source", 0, "paused"), "every source with a weight is paused: nobody will mine", "let one of them go on"
        )
