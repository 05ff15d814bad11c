"""Settings to the values that the floors below are made of.

Responsible for: translating the configuration; nothing is opened or started here.
Not responsible for: what the values mean to whom they are handed.
Read next: `app.running`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from ipaddress import ip_network

from headframe.app.workers import by_worker
from headframe.bitcoin.address import normalise_address, script_of_address
from headframe.bitcoin.networks import NETWORKS, Network
from headframe.bitcoin.target import target_of_difficulty
from headframe.config import Config, NodeSource, PoolSource, Source
from headframe.config.routing import POLICY_NEEDS
from headframe.gateway.payouts import PayoutPolicy
from headframe.gateway.sourcebook import Usage
from headframe.mining.splice import VersionRule
from headframe.mining.vardiff import VardiffPolicy
from headframe.net.dial import Trust
from headframe.net.limits import LimitSettings
from headframe.routing.policies import Bounds, Windows
from headframe.routing.router import RouterPolicy
from headframe.service.permissions import Privacy
from headframe.service.web_settings import WebSettings, WebTls
from headframe.sources.node.settings import NodeSettings
from headframe.sources.pool.settings import Mode, PoolSettings, read_url
from headframe.stratum.v1.limits import V1Limits

NO_PASSWORD = "x"
"""What pools are told where they do not care: some refuse an empty one."""

NOBODY = b"\x6a"
"""OP_RETURN: stands where a payout is asked for and none can be made."""

USUAL_HORIZON_S = 3600.0
"""What the spans in `RouterPolicy` are made for."""

PATIENCE = 5
"""A pool that answers and has no job for so many times `silent_s` is given up all the same."""


def network_of(config: Config) -> Network:
    """That of Bitcoin, which all sources of that chain share; with pools of another chain alone, the same name's;
    mainnet while nothing is configured."""
    first = config.source[0] if config.source else None
    found = next((source for source in config.source if source.chain == "btc"), first)
    return NETWORKS[found.network if found is not None else "mainnet"]


def payout_policy(config: Config) -> PayoutPolicy:
    network = network_of(config)
    payout = config.payout
    operator = None
    if payout.mode == "operator" and payout.address is not None:
        operator = script_of_address(normalise_address(payout.address), network)
    elif payout.mode == "operator":
        operator = NOBODY  # pools alone: no block is ever made here
    fees = tuple((script_of_address(normalise_address(fee.address), network), fee.basis_points) for fee in payout.fee)
    return PayoutPolicy(network, operator, fees)


def vardiff_policy(config: Config) -> VardiffPolicy:
    bounds = config.difficulty
    return VardiffPolicy(
        easiest_target=target_of_difficulty(bounds.min),
        hardest_target=target_of_difficulty(bounds.max),
        shares_per_minute=bounds.shares_per_minute,
        easiest_wish_target=target_of_difficulty(bounds.min),
        hardest_wish_target=target_of_difficulty(bounds.max),
    )


def web_settings(config: Config) -> WebSettings:
    web = config.web
    tls = None
    if web.tls.certificate is not None and web.tls.key is not None:
        tls = WebTls(web.tls.certificate, web.tls.key)
    return WebSettings(
        privacy=Privacy(web.privacy),
        explorer=web.explorer,
        origin=web.origin or "",
        trusted_proxies=tuple(ip_network(network) for network in web.trusted_proxies),
        tls=tls,
    )


def limit_settings(config: Config) -> LimitSettings:
    limits = config.limits
    return LimitSettings(
        connections=limits.connections,
        connections_per_ip=limits.connections_per_ip,
        handshake_s=limits.handshake_s,
        idle_s=limits.idle_s,
        write_buffer_bytes=limits.write_buffer_bytes,
        ban_s=limits.ban_s,
        exempt=tuple(limits.exempt),
    )


def v1_limits(config: Config) -> V1Limits:
    return V1Limits(line_bytes=config.limits.line_bytes, workers=config.limits.workers_per_connection)


def usage_of(source: Source) -> Usage:
    """How the operator wants it used."""
    return Usage(source.weight, source.tier, source.paused, source.cap, source.chain)


def router_policy(config: Config) -> RouterPolicy:
    """The router's own spans are made for a horizon of an hour; with a shorter one they shrink with it, so that the split
    is as close over those minutes as it otherwise is over the hour. The dwell is what it is set to."""
    plain, horizon_s = RouterPolicy(min_dwell_s=config.routing.dwell_s), config.routing.horizon_s
    part = min(1.0, horizon_s / USUAL_HORIZON_S)
    if part == 1.0:
        return plain
    slicing = plain.slicing
    return replace(
        plain,
        debt_bound_s=plain.debt_bound_s * part,
        settled_every_s=plain.settled_every_s * part,
        unsettled_every_s=plain.unsettled_every_s * part,
        slicing=replace(
            slicing,
            band_s=slicing.band_s * part,
            least_band_s=slicing.least_band_s * part,
            pay_s=slicing.pay_s * part,
            moves_per_hour=slicing.moves_per_hour / part,
        ),
    )


def horizon_s(config: Config) -> float:
    """Over how long delivered work is measured."""
    return config.routing.horizon_s


def pins(config: Config) -> Callable[[str, str], str | None]:
    """Which source a worker is pinned to, if any, by (identity, worker)."""
    names = {source.name.lower(): source.name for source in config.source}
    return by_worker((pin.worker, names[pin.source.lower()]) for pin in config.pin)


def fixed_difficulties(config: Config) -> Callable[[str, str], float | None]:
    """The difficulty that a worker is fixed at, if any, by (identity, worker)."""
    return by_worker((fixed.worker, fixed.difficulty) for fixed in config.fixed_difficulty)


def bans(config: Config, now_ms: int) -> dict[str, float]:
    """The addresses that the operator keeps out, and for how many seconds yet."""
    left = ((ban.address, ban.until.timestamp() - now_ms / 1000) for ban in config.ban)
    return {address: seconds for address, seconds in left if seconds > 0}


def holds_without_work(config: Config) -> bool:
    """Whether connected miners keep their last job when no source has work, rather than being closed."""
    return config.stratum.when_no_work == "hold"


@dataclass(frozen=True, slots=True)
class FeedSettings:
    """Where one number comes from: GET `url` every `refresh_s`, look at `pointer` (RFC 6901) in the JSON.

    `what` is "price", "difficulty", "reward" (sats) or "blocks".
    """

    chain: str
    what: str
    url: str
    pointer: str
    refresh_s: float


def policy_bounds(config: Config) -> Bounds | None:
    """How far the automatic policy may go; None when weights alone decide."""
    routing = config.routing
    if routing.policy == "weights":
        return None
    own = routing.network_hashrate if routing.policy == "network_hashrate" else routing.expected_value
    return Bounds(
        max_deviation=own.max_deviation_percent / 100,
        smooth_s=own.smoothing_s,
        fresh_s=routing.stale_s,
        hold_s=routing.hold_s,
    )


def policy_windows(config: Config) -> Windows:
    """What lately and usually mean for `network_hashrate`."""
    spans = config.routing.network_hashrate
    return Windows(short_s=spans.short_s, long_s=spans.long_s)


def feed_settings(config: Config) -> tuple[FeedSettings, ...]:
    """None unless a policy is chosen: nothing is contacted that nobody needs."""
    routing = config.routing
    if routing.policy == "weights":
        return ()
    return tuple(
        FeedSettings(feed.chain, feed.what, feed.url, feed.pointer, routing.refresh_s) for feed in routing.feed
    )


@dataclass(frozen=True, slots=True)
class BalanceSettings:
    """An automatic policy ("expected_value" or "network_hashrate"), what it may do and where it looks.

    `feeds` are those that this policy needs, of the chains that are mined."""

    policy: str
    bounds: Bounds
    windows: Windows
    refresh_s: float
    feeds: tuple[FeedSettings, ...]


def balance_settings(config: Config) -> BalanceSettings | None:
    """None when weights alone decide."""
    bounds = policy_bounds(config)
    if bounds is None:
        return None
    policy = config.routing.policy
    chains = {source.chain for source in config.source}
    feeds = (feed for feed in feed_settings(config) if feed.chain in chains and feed.what in POLICY_NEEDS[policy])
    return BalanceSettings(policy, bounds, policy_windows(config), config.routing.refresh_s, tuple(feeds))


def base_weights(config: Config) -> dict[str, int]:
    """The operator's own weights, by source."""
    return {source.name: source.weight for source in config.source}


def pool_settings(source: PoolSource) -> PoolSettings:
    password = "" if source.password is None else source.password.get_secret_value()
    fingerprint = bytes.fromhex(source.tls_fingerprint) if source.tls_fingerprint is not None else b""
    return PoolSettings(
        name=source.name,
        network=NETWORKS[source.network],
        urls=tuple(read_url(url) for url in source.url),
        wallet=source.wallet or "",
        user=source.user,
        password=password or NO_PASSWORD,
        mode=Mode(source.mode),
        trust=Trust(source.tls_ca_file, fingerprint),
        version_rule=VersionRule(source.version_rule),
        max_connections=source.max_connections,
        no_job_s=source.silent_s,
        max_job_age_s=source.silent_s * PATIENCE,
        reply_s=source.reply_s,
    )


def node_settings(source: NodeSource, tag: str) -> NodeSettings:
    return NodeSettings(
        name=source.name,
        network=NETWORKS[source.network],
        rpc=tuple(source.rpc),
        user=source.user or "",
        password=source.password.get_secret_value() if source.password is not None else "",
        cookie_file=source.cookie_file,
        zmq=(*source.zmq_hashblock, *source.zmq_rawblock),
        tag=tag.encode(),
    )
