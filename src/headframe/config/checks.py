"""Checks that look at more than one setting.

Responsible for: what makes settings that are each right wrong together.
Not responsible for: single values (`config.kinds`), whether the world agrees (node reachable, ports free: `cli.check`).
Read next: `config.check_sources`, `config.load`.
"""

import ipaddress
from collections.abc import Iterator

from headframe.bitcoin.address import AddressError, script_of_address
from headframe.bitcoin.networks import NETWORKS
from headframe.config import bans, check_routing, check_sources, workers
from headframe.config.model import Config
from headframe.config.problems import KeyPath, Problem
from headframe.config.sources import NodeSource

ALL_BASIS_POINTS = 10000


def check(config: Config) -> Iterator[Problem]:
    """Every contradiction found, in the order of the file."""
    yield from _listening(config)
    yield from _payout(config)
    yield from _difficulty(config)
    yield from check_sources.check(config)
    yield from check_routing.check(config)
    yield from workers.check(config)
    yield from bans.check(config)


def doubts(config: Config) -> Iterator[Problem]:
    """What is allowed, yet hardly meant."""
    yield from _web_doubts(config)
    yield from check_sources.doubts(config)
    yield from check_routing.doubts(config)
    yield from workers.doubts(config)
    yield from bans.doubts(config)


def _listening(config: Config) -> Iterator[Problem]:
    if not config.stratum.listen:
        yield Problem(("stratum", "listen"), "is empty: no miner could connect", 'write ["0.0.0.0:3333"]')
    seen = {}
    for index, listen in enumerate(config.stratum.listen):
        if listen in seen and listen.port:
            yield Problem(("stratum", "listen", index), f"{listen} is listed twice", "remove one of the two")
        seen[listen] = index
    if config.web.enabled and config.web.listen.port:
        for listen in config.stratum.listen:
            if listen.port == config.web.listen.port and _same_place(listen.host, config.web.listen.host):
                yield Problem(("web", "listen"), f"port {listen.port} is stratum.listen's too", "choose another port")
                break
    for section, tls in (("stratum", config.stratum.tls), ("web", config.web.tls)):
        if (tls.certificate is None) != (tls.key is None):
            there, lacking = ("certificate", "key") if tls.key is None else ("key", "certificate")
            yield Problem(
                (section, "tls", there),
                f"has no {lacking} beside it",
                f"add {section}.tls.{lacking}, or remove {there}",
            )


def _web_doubts(config: Config) -> Iterator[Problem]:
    web = config.web
    if not web.enabled:
        return
    mined = {source.chain for source in config.source}
    for chain in web.explorer:
        if mined and chain not in mined:
            yield Problem(("web", "explorer"), f"has a link for {chain}, which no source mines", "remove it")
    plain = web.tls.certificate is None and not (web.origin or "").startswith("https:")
    if plain and not _is_loopback(web.listen.host):
        yield Problem(
            ("web", "listen"),
            f"{web.listen} can be reached from other machines, and speaks plain HTTP: passwords cross the network readable",
            "add web.tls.certificate and web.tls.key; or keep it on 127.0.0.1 behind a proxy that speaks HTTPS, and name its "
            "address in web.origin",
        )
    if web.origin is not None and web.origin.startswith("http:") and web.tls.certificate is not None:
        yield Problem(("web", "origin"), f"{web.origin} is plain HTTP, and web.tls is set", "write https://")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _has_node(config: Config) -> bool:
    return any(isinstance(source, NodeSource) for source in config.source)


def _same_place(one: str, other: str) -> bool:
    return one == other or one in ("0.0.0.0", "::") or other in ("0.0.0.0", "::")


def _payout(config: Config) -> Iterator[Problem]:
    payout = config.payout
    if payout.mode == "operator" and payout.address is None and (_has_node(config) or not config.source):
        yield Problem(
            ("payout", "address"),
            "is missing: nobody would be paid for a block",
            'add your address, or set mode = "miner" to pay each miner\'s own',
        )
    if payout.address is not None:
        yield from _address(config, ("payout", "address"), payout.address)
    for index, fee in enumerate(payout.fee):
        yield from _address(config, ("payout", "fee", index, "address"), fee.address)
    parts = sum(fee.basis_points for fee in payout.fee)
    if parts > ALL_BASIS_POINTS:
        yield Problem(
            ("payout", "fee"),
            f"the basis points add up to {parts}, more than the whole ({ALL_BASIS_POINTS})",
            "lower them; 100 is 1 %",
        )


def _address(config: Config, path: KeyPath, address: str) -> Iterator[Problem]:
    """An address must pay on the network of every node (of every Bitcoin pool, where there is no node)."""
    wanted = {source.network for source in config.source if source.chain == "btc"}
    for network in sorted(wanted):
        try:
            script_of_address(address, NETWORKS[network])
        except AddressError as error:
            text, _, remedy = str(error).rpartition(": ")
            yield Problem(path, text or remedy, remedy if text else "")
            return


def _difficulty(config: Config) -> Iterator[Problem]:
    difficulty = config.difficulty
    if difficulty.min > difficulty.max:
        yield Problem(("difficulty", "min"), f"{difficulty.min:g} is more than max, {difficulty.max:g}", "swap them")
    elif not difficulty.min <= difficulty.start <= difficulty.max:
        yield Problem(
            ("difficulty", "start"),
            f"{difficulty.start:g} is not between min, {difficulty.min:g}, and max, {difficulty.max:g}",
            "choose one between them",
        )
