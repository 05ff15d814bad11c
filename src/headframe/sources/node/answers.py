"""What bitcoind answers, as typed values.

Responsible for: the fields that we read of each RPC answer, with their JSON types.
Not responsible for: whether they make sense (`sources.node.templates`, `sources.node.health`).
Read next: `sources.node.templates`.

Field names are the node's. Hashes are reversed hex here, as on the wire.
"""

from typing import Annotated, Generic, TypeVar

import msgspec

T = TypeVar("T")

Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
UInt32 = Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)]
SatsField = Annotated[int, msgspec.Meta(ge=0, le=21_000_000 * 100_000_000)]


class RpcFault(msgspec.Struct, frozen=True):
    """The error member of a JSON-RPC answer."""

    code: int = 0
    message: str = ""


class Envelope(msgspec.Struct, Generic[T], frozen=True):
    """A JSON-RPC answer."""

    result: T | None = None
    error: RpcFault | None = None


class TemplateTransaction(msgspec.Struct, frozen=True, gc=False):
    """One transaction of a template; `depends` are 1-based places of those it spends from."""

    data: str
    txid: str
    hash: str
    fee: SatsField
    weight: Count
    sigops: Count
    depends: list[int] = []


class TemplateAnswer(msgspec.Struct, frozen=True):
    """getblocktemplate."""

    version: int
    rules: list[str]
    previousblockhash: str
    transactions: list[TemplateTransaction]
    coinbasevalue: SatsField
    target: str
    mintime: UInt32
    curtime: UInt32
    bits: str
    height: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
    sigoplimit: Count
    weightlimit: Count
    sizelimit: Count = 4_000_000
    longpollid: str = ""
    vbrequired: int = 0
    default_witness_commitment: str | None = None
    signet_challenge: str | None = None


class TemplateGlance(msgspec.Struct, frozen=True):
    """The two fields that say whether a template is news, read without building the rest."""

    previousblockhash: str
    longpollid: str = ""


class ChainInfo(msgspec.Struct, frozen=True):
    """getblockchaininfo."""

    chain: str
    blocks: Count
    headers: Count
    bestblockhash: str
    initialblockdownload: bool = False
    pruned: bool = False
    verificationprogress: float = 1.0


class NetworkInfo(msgspec.Struct, frozen=True):
    """getnetworkinfo."""

    connections: Count = 0
    subversion: str = ""


class HeaderAnswer(msgspec.Struct, frozen=True):
    """getblockheader, verbose. `confirmations` is -1 off the active chain; `nTx` is 0 while only the header is known."""

    hash: str
    confirmations: int
    height: Count
    mediantime: UInt32
    bits: str
    previousblockhash: str = ""
    time: UInt32 = 0
    nTx: Count = 1  # noqa: N815 - the node's name


class Publisher(msgspec.Struct, frozen=True):
    """One entry of getzmqnotifications."""

    type: str = ""
    address: str = ""


class WaitedTip(msgspec.Struct, frozen=True):
    """waitfornewblock."""

    hash: str
    height: Count = 0
