"""A job, taken apart.

Responsible for: saying what its coinbase pays to whom, carries and leaves to the miner.
Not responsible for: which job that is (`service.job_choice`), making jobs (`mining.jobmaker`, `mining.splice`).
Read next: `mining.job`.

What a pool's coinbase says is a stranger's: bytes that cannot be read as a transaction are shown as bytes alone.
"""

from collections.abc import Iterable
from typing import Final

from headframe.bitcoin.address import address_of_script
from headframe.bitcoin.networks import NETWORKS, Network
from headframe.bitcoin.subsidy import subsidy_sats
from headframe.bitcoin.target import difficulty_of_target
from headframe.bitcoin.transaction import ByteReader, Transaction, TransactionOutput, compact_size
from headframe.mining.job import Job
from headframe.mining.template import Template
from headframe.mining.units import Sats
from headframe.service.history_views import CoinbaseOutput, CurrentJob
from headframe.service.job_choice import POOL, UNMINED

SHORTEST_TEXT: Final = 3
"""Characters in a row that are taken for text and not for chance."""
_COMMITMENT: Final = bytes.fromhex("6a24aa21a9ed")
_OP_RETURN: Final = 0x6A
_MOST_SATS: Final = 21_000_000 * 100_000_000
"""A coinbase that claims to pay more is not believed."""
_HEADER_SIZE: Final = 80
_WITNESS_OF_COINBASE: Final = 2 + 1 + 1 + 32
"""Marker and flag, one stack of one item of 32 bytes."""


def reward_of(job: Job) -> Sats | None:
    """What its block pays in all: as our template says, or as a pool's coinbase can be read; None where it cannot."""
    if job.reward_sats:
        return job.reward_sats
    transaction = _read(job.coinbase1 + bytes(job.layout.size) + job.coinbase2)
    paid = sum(each.value_sats for each in transaction.outputs) if transaction is not None else 0
    return paid if 0 < paid <= _MOST_SATS else None


def job_view(
    job: Job, *, kind: str, network: str, age_s: float, weight: int | None, miners: int | None = None
) -> CurrentJob:
    """`kind` and `network` are its source's; `weight` of its template's transactions, where it is known; `miners` how
    many mine for its source."""
    where = NETWORKS.get(network)
    # The miner's bytes are shown as zeros.
    coinbase = job.coinbase1 + bytes(job.layout.size) + job.coinbase2
    transaction = _read(coinbase)
    paid = transaction.outputs if transaction is not None else ()
    template = job.origin if isinstance(job.origin, Template) else None
    commitment = next((each.script for each in paid if each.script.startswith(_COMMITMENT)), b"")
    return CurrentJob(
        source=job.source,
        source_kind=kind,
        job_id=job.job_id if job.seq != UNMINED else "",
        height=job.height,
        prev_hash_hex=job.prev_hash[::-1].hex(),
        version_hex=f"{job.version:08x}",
        ntime=job.ntime,
        network_difficulty=difficulty_of_target(job.network_target),
        age_s=age_s,
        reward_sats=reward_of(job),
        fees_sats=_fees(job, where) if template is not None else None,
        transactions=len(template.transactions) if template is not None else None,
        weight=None if weight is None else weight + _own_weight(template, coinbase),
        coinbase_hex=coinbase.hex(),
        tag=readable(_before_extranonce(job)),
        extranonce_at=len(job.coinbase1),
        outputs=tuple(_outputs(paid, POOL if template is None else "", where)),
        commitment_hex=commitment[len(_COMMITMENT) :].hex(),
        extranonce_size=job.layout.size,
        miners=miners,
    )


def transactions_weight(transactions: Iterable[bytes]) -> int:
    """Of raw transactions (BIP141). Walks over them all: belongs into a thread. Raises ValueError for what is none."""
    return sum(3 * _stripped_size(raw) + len(raw) for raw in transactions)


def readable(data: bytes) -> str:
    """The runs of printable ASCII in it, with spaces between."""
    text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "\0" for byte in data)
    return " ".join(run.strip() for run in text.split("\0") if len(run.strip()) >= SHORTEST_TEXT)


def _read(coinbase: bytes) -> Transaction | None:
    try:
        return Transaction.parse(coinbase)
    except ValueError:
        return None


def _before_extranonce(job: Job) -> bytes:
    """Of the coinbase's input: after its height, before what varies; and after it, where pools may write on."""
    at = 4 + 1 + 36
    size = job.coinbase1[at] if len(job.coinbase1) > at else 0
    script = (job.coinbase1 + bytes(job.layout.size) + job.coinbase2)[at + 1 : at + 1 + size]
    height_size = script[0] if script and script[0] <= 5 else 0
    varied = len(job.coinbase1) - job.visit_size - (at + 1)
    return script[1 + height_size : varied] + b"\0" + script[varied + job.visit_size + job.layout.size :]


def _outputs(paid: Iterable[TransactionOutput], kind: str, network: Network | None) -> Iterable[CoinbaseOutput]:
    """Our own coinbases pay the miner or the operator first, then what was cut from it."""
    own = iter(("payout",))
    for each in paid:
        script = each.script
        if script.startswith(_COMMITMENT):
            what = "commitment"
        elif script[:1] == bytes([_OP_RETURN]):
            what = "data"
        else:
            what = kind or next(own, "fee")
        address = address_of_script(script, network) if network is not None else None
        yield CoinbaseOutput(what, each.value_sats, address or "", script.hex())


def _fees(job: Job, network: Network | None) -> int | None:
    """What is beyond the subsidy; None on a chain of its own rules."""
    fees = job.reward_sats - subsidy_sats(job.height, network) if network is not None else -1
    return fees if fees >= 0 else None


def _own_weight(template: Template | None, coinbase: bytes) -> int:
    """Of header, count of transactions, and coinbase."""
    count = 1 + (len(template.transactions) if template is not None else 0)
    witness = _WITNESS_OF_COINBASE if template is not None and template.commitment is not None else 0
    return 4 * (_HEADER_SIZE + len(compact_size(count)) + len(coinbase)) + witness


def _stripped_size(raw: bytes) -> int:
    """Without the witness."""
    if raw[4:6] != b"\x00\x01":
        return len(raw)
    reader = ByteReader(raw, 6)
    for _ in range(reader.compact_size()):
        reader.take(36)
        reader.take(reader.compact_size() + 4)
    for _ in range(reader.compact_size()):
        reader.take(8)
        reader.take(reader.compact_size())
    return reader.position - 2 + 4
