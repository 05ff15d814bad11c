"""What one SV1 connection may take up, and what its mistakes cost.

Responsible for: the bounds of a session, and the list of misbehaviours that it reports.
Not responsible for: acting on them (`net.limits`, the hub).
Read next: `stratum.v1.session`.
"""

from dataclasses import dataclass

from headframe.stratum.session import PeerMisbehaved


@dataclass(frozen=True, slots=True)
class V1Limits:
    """Bounds of one connection; each says what happens beyond it.

    line_bytes       a longer line is dropped to its end. The longest honest one is a few hundred bytes
    output_bytes     while this much of our replies waits to be sent, what the miner asks is dropped unread. What the hub
                     sends of its own accord is not counted: it takes the output whenever it sends
    offers           jobs remembered; the oldest goes. At one job in 30 s the hub forgets them long before
    workers          names on one connection; one more is refused. Proxies carry tens
    name_chars       a longer worker name is refused; a taproot address has 62, DATUM allows 191 in all
    text_chars       user agents, passwords and texts to show are cut here
    """

    line_bytes: int = 16 * 1024
    output_bytes: int = 64 * 1024
    offers: int = 256
    workers: int = 64
    name_chars: int = 255
    text_chars: int = 255


# Costs are on a scale of 0 to 100. What an honest device does once in a while stays far below what a flood adds up to.
LINE_TOO_LONG = PeerMisbehaved("line too long", 20)
NOT_JSON = PeerMisbehaved("not a line of JSON", 10)
NOT_A_REQUEST = PeerMisbehaved("JSON, but no request", 5)
UNKNOWN_METHOD = PeerMisbehaved("unknown method", 1)
BAD_PARAMETERS = PeerMisbehaved("parameters that make no sense", 2)
TOO_MANY_WORKERS = PeerMisbehaved("too many workers", 2)
READS_TOO_SLOWLY = PeerMisbehaved("asks faster than it reads", 20)
