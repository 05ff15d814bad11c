"""Settings to the values that the floors below are made of.

Responsible for: translating the configuration; nothing is opened or started here.
Not responsible for: what the values mean to whom they are handed.
Read next: `app.running`.
"""

from headframe.bitcoin.address import normalise_address, script_of_address
from headframe.bitcoin.networks import NETWORKS, Network
from headframe.bitcoin.target import target_of_difficulty
from headframe.config import Config, Source
from headframe.gateway.payouts import PayoutPolicy
from headframe.mining.extranonce import ExtranonceLayout
from headframe.mining.vardiff import VardiffPolicy
from headframe.net.limits import LimitSettings
from headframe.sources.node.settings import NodeSettings
from headframe.stratum.v1.limits import V1Limits

EXTRANONCE1_SIZE = 4
EXTRANONCE2_SIZE = 8
"""With own nodes only; rental markets ask for 4 to 7."""


def network_of(config: Config) -> Network:
    """All sources share one."""
    return NETWORKS[config.source[0].network]


def payout_policy(config: Config) -> PayoutPolicy:
    network = network_of(config)
    payout = config.payout
    operator = None
    if payout.mode == "operator" and payout.address is not None:
        operator = script_of_address(normalise_address(payout.address), network)
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


def extranonce_layout(config: Config) -> ExtranonceLayout:
    return ExtranonceLayout(EXTRANONCE1_SIZE, config.stratum.extranonce2_size or EXTRANONCE2_SIZE)


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


def node_settings(source: Source, tag: str) -> NodeSettings:
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
