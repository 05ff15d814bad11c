"""Is the node ready to give work?

Responsible for: asking each node of each source what a server would ask it, and saying what came of it: reachable,
credentials, chain, caught up, peers, ZMQ, a template that can be mined, its clock beside ours.
Not responsible for: what the states mean (`sources.node.health` has their words).
Read next: `sources.node.health`.
"""

import asyncio
import re
from urllib.parse import urlsplit

from headframe.app.check_report import CheckResult, fail, ok, warn
from headframe.bitcoin.networks import NETWORKS, Network
from headframe.config import NodeSource
from headframe.net.clock import Clock
from headframe.sources.condition import Condition
from headframe.sources.node.answers import ChainInfo
from headframe.sources.node.chain import chain_rules
from headframe.sources.node.endpoint import NodeEndpoint
from headframe.sources.node.health import NodeState, notes_of, of_chain, of_trouble
from headframe.sources.node.rpc import RpcAddress, RpcTrouble
from headframe.sources.node.templates import CheckedTemplate, TemplateRefused, read_template
from headframe.sources.node.transactions import KnownTransactions

ZMQ_CONNECT_S = 4.0
CLOCK_APART_S = 10
CLOCK_USELESS_S = 3600

_HARMLESS = (NodeState.PRUNED, NodeState.NO_ZMQ)


def rpc_address(source: NodeSource, url: str) -> RpcAddress:
    """One node of a source, as its client wants it."""
    password = "" if source.password is None else source.password.get_secret_value()
    return RpcAddress(url, user=source.user or "", password=password, cookie_file=source.cookie_file)


async def check_source(source: NodeSource, clock: Clock) -> list[CheckResult]:
    """All nodes of one source, in order of preference, then its ZMQ addresses."""
    results: list[CheckResult] = []
    for url in source.rpc:
        results += await _check_node(source, url, clock)
    for endpoint in dict.fromkeys((*source.zmq_hashblock, *source.zmq_rawblock)):
        results.append(await check_zmq(source.name, endpoint))
    return results


async def _check_node(source: NodeSource, url: str, clock: Clock) -> list[CheckResult]:
    network = NETWORKS[source.network]
    node = NodeEndpoint(rpc_address(source, url), network)
    name = f"{source.name} node {urlsplit(url).netloc}"
    try:
        info = await node.chain_info()
        refused = of_chain(info, network, node.shown)
        if refused is not None:
            return [_failed(name, refused)]
        results = [judge_chain(name, info)]
        publishers = await node.publishers()
        wants_zmq = bool(source.zmq_hashblock or source.zmq_rawblock)
        notes = notes_of(
            info, await node.network_info(), publishers, network=network, zmq_configured=wants_zmq, endpoint=node.shown
        )
        results += [_noted(f"{name} {kind}", note) for kind, note in notes.items()]
        results += judge_template(name, await node.template_body(), network, clock.unix_ms() // 1000)
    except RpcTrouble as trouble:
        return [_failed(name, of_trouble(trouble, node.shown))]
    finally:
        await node.close()
    return results


def judge_chain(name: str, info: ChainInfo) -> CheckResult:
    """It answers and is on the right chain."""
    return ok(name, f"answers, chain {info.chain}, height {info.blocks}")


def judge_template(name: str, body: bytes, network: Network, now_unix_s: int) -> list[CheckResult]:
    """Whether the template could be mined, and whether the node's clock agrees with ours."""
    try:
        checked = read_template(body, chain_rules(network), KnownTransactions())
    except TemplateRefused as error:
        return [fail(f"{name} template", str(error), NodeState.BAD_TEMPLATE.remedy)]
    return [ok(f"{name} template", _told(checked)), judge_clock(name, checked.template.time - now_unix_s)]


def _told(checked: CheckedTemplate) -> str:
    template = checked.template
    return f"height {template.height}, {len(template.transactions)} transactions, {template.reward_sats} sats"


def judge_clock(name: str, ahead_s: int) -> CheckResult:
    """`ahead_s`: the node's template time less this machine's clock."""
    apart_s = abs(ahead_s)
    if apart_s <= CLOCK_APART_S:
        text = "agrees with this machine's"
    elif ahead_s > 0:
        text = f"is {apart_s} s ahead of this machine's"
    else:
        text = f"is {apart_s} s behind this machine's"
    remedy = "set both clocks by NTP (timedatectl set-ntp true): blocks carry the time"
    if apart_s > CLOCK_USELESS_S:
        return fail(f"{name} clock", text, remedy)
    if apart_s > CLOCK_APART_S:
        return warn(f"{name} clock", text, remedy)
    return ok(f"{name} clock", text)


async def check_zmq(source: str, endpoint: str) -> CheckResult:
    """Whether somebody listens where the node should publish."""
    name = f"{source} zmq {endpoint}"
    parts = re.fullmatch(r"tcp://\[?([^\]]+?)\]?:(\d+)", endpoint)
    if parts is None:
        return ok(name, "not looked at (only tcp:// can be)")
    try:
        async with asyncio.timeout(ZMQ_CONNECT_S):
            _, writer = await asyncio.open_connection(parts[1], int(parts[2]))
    except (OSError, TimeoutError) as error:
        why = getattr(error, "strerror", None) or "no answer"
        return warn(
            name, f"cannot connect: {why.lower()}", "set zmqpubhashblock to this address in bitcoin.conf, restart it"
        )
    writer.close()
    return ok(name, "reachable")


def _failed(name: str, found: Condition) -> CheckResult:
    return fail(name, found.text, found.remedy)


def _noted(name: str, found: Condition) -> CheckResult:
    return ok(name, found.text) if found.state in _HARMLESS else warn(name, found.text, found.remedy)
