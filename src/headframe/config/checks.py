"""Checks that look at more than one setting.

Responsible for: what makes settings that are each right wrong together.
Not responsible for: single values (`config.kinds`), whether the world agrees (node reachable, ports free: `cli.check`).
Read next: `config.load`.
"""

from collections.abc import Iterator

from headframe.bitcoin.address import AddressError, script_of_address
from headframe.bitcoin.networks import NETWORKS
from headframe.config.model import Config, Source
from headframe.config.problems import KeyPath, Problem

ALL_BASIS_POINTS = 10000


def check(config: Config) -> Iterator[Problem]:
    """Every contradiction found, in the order of the file."""
    yield from _listening(config)
    yield from _payout(config)
    yield from _difficulty(config)
    yield from _sources(config)


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
    tls = config.stratum.tls
    if (tls.certificate is None) != (tls.key is None):
        there, lacking = ("certificate", "key") if tls.key is None else ("key", "certificate")
        yield Problem(
            ("stratum", "tls", there), f"has no {lacking} beside it", f"add stratum.tls.{lacking}, or remove {there}"
        )


def _same_place(one: str, other: str) -> bool:
    return one == other or one in ("0.0.0.0", "::") or other in ("0.0.0.0", "::")


def _payout(config: Config) -> Iterator[Problem]:
    payout = config.payout
    if payout.mode == "operator" and payout.address is None:
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
    """An address must pay on the network of every source; without sources, on any network at all."""
    wanted = {source.network for source in config.source}
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


def _sources(config: Config) -> Iterator[Problem]:
    if not config.source:
        yield Problem(
            ("source",),
            "there is none: miners would have nothing to do",
            "add a [[source]] with name, network, rpc and user/password or cookie_file (see config-examples)",
        )
        return
    names: set[str] = set()
    for index, source in enumerate(config.source):
        if source.name.lower() in names:
            yield Problem(
                ("source", index, "name"), f'"{source.name}" is taken by another source', "choose another name"
            )
        names.add(source.name.lower())
        if source.network != config.source[0].network:
            yield Problem(
                ("source", index, "network"),
                f"{source.network} differs from {config.source[0].network} of {config.source[0].name}",
                "run one Headframe for each network",
            )
        yield from _node(index, source)
    if not any(source.weight for source in config.source):
        yield Problem(
            ("source", 0, "weight"), "all sources have weight 0: none would get work", "give one a weight, such as 100"
        )


def _node(index: int, source: Source) -> Iterator[Problem]:
    at: KeyPath = ("source", index)
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
