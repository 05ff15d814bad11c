"""What an embedded node says about its chain.

Responsible for: the JSON shapes of bitcoind's answers, made from a `Chain`.
Not responsible for: HTTP, longpolling, faults (`testing.regtest_node`), any judgement (`testing.chain`).
Read next: `testing.regtest_node`.

Hashes and hex in JSON are in display order, as bitcoind prints them.
"""

from typing import Any

from headframe.bitcoin.address import AddressError, script_of_address
from headframe.bitcoin.networks import NETWORKS
from headframe.bitcoin.target import difficulty_of_target, target_of_bits
from headframe.bitcoin.transaction import Transaction
from headframe.testing.block_rules import MAX_SIGOPS_COST, MAX_WEIGHT, commitment_of
from headframe.testing.chain import Chain, ChainBlock, Offer

NODE_VERSION = 290_000
SUBVERSION = "/Headframe-embedded:29.0.0/"

Json = dict[str, Any]


def shown(internal: bytes) -> str:
    """A hash as people and JSON write it."""
    return internal[::-1].hex()


def template(offer: Offer, longpoll_id: str) -> Json:
    """getblocktemplate."""
    positions = {transaction.txid: number for number, transaction in enumerate(offer.transactions, 1)}
    # A stand-in for the coinbase: the commitment leaves its place empty.
    leaves = [Transaction(0, (), (), (), 0), *(Transaction.parse(each.raw) for each in offer.transactions)]
    return {
        "capabilities": ["proposal"],
        "version": 0x20000000,
        "rules": ["csv", "!segwit", "taproot"],
        "vbavailable": {},
        "vbrequired": 0,
        "previousblockhash": shown(offer.prev_hash),
        "transactions": [
            {
                "data": transaction.raw.hex(),
                "txid": shown(transaction.txid),
                "hash": shown(transaction.wtxid),
                "depends": [positions[parent] for parent in transaction.parents if parent in positions],
                "fee": transaction.fee_sats,
                "sigops": transaction.sigops,
                "weight": transaction.weight,
            }
            for transaction in offer.transactions
        ],
        "coinbaseaux": {},
        "coinbasevalue": offer.reward_sats,
        "longpollid": longpoll_id,
        "target": f"{target_of_bits(offer.bits):064x}",
        "mintime": offer.min_time,
        "mutable": ["time", "transactions", "prevblock"],
        "noncerange": "00000000ffffffff",
        "sigoplimit": MAX_SIGOPS_COST,
        "sizelimit": MAX_WEIGHT,
        "weightlimit": MAX_WEIGHT,
        "curtime": offer.time,
        "bits": f"{offer.bits:08x}",
        "height": offer.height,
        "default_witness_commitment": "6a24aa21a9ed" + commitment_of(leaves).hex(),
    }


def header(chain: Chain, entry: ChainBlock) -> Json:
    """getblockheader, verbose."""
    fields = entry.header
    answer: Json = {
        "hash": shown(entry.hash),
        "confirmations": chain.confirmations(entry),
        "height": entry.height,
        "version": fields.version,
        "versionHex": f"{fields.version:08x}",
        "merkleroot": shown(fields.merkle_root),
        "time": fields.ntime,
        "mediantime": chain.median_time(entry),
        "nonce": fields.nonce,
        **_hardness(fields.bits),
        "chainwork": f"{entry.chain_work:064x}",
        "nTx": 1 + len(entry.transactions),
    }
    if entry.height:
        answer["previousblockhash"] = shown(fields.prev_hash)
    following = chain.at(entry.height + 1)
    if following is not None and following.header.prev_hash == entry.hash:
        answer["nextblockhash"] = shown(following.hash)
    return answer


def block(chain: Chain, entry: ChainBlock, verbosity: int) -> Json | str:
    """getblock: 0 raw hex, 1 with txids, 2 and more with each transaction's ids, hex and outputs."""
    if verbosity <= 0:
        return entry.raw.hex()
    transactions = entry.block.transactions
    stripped = len(entry.raw) - sum(
        len(tx.serialize(witness=True)) - len(tx.serialize(witness=False)) for tx in transactions
    )
    return {
        **header(chain, entry),
        "strippedsize": stripped,
        "size": len(entry.raw),
        "weight": 3 * stripped + len(entry.raw),
        "tx": [shown(tx.txid) if verbosity == 1 else _transaction(tx) for tx in transactions],
    }


def chain_info(chain: Chain, *, name: str, initial_download: bool, pruned: bool) -> Json:
    """getblockchaininfo."""
    tip = chain.tip
    return {
        "chain": name,
        "blocks": tip.height,
        "headers": tip.height,
        "bestblockhash": shown(tip.hash),
        **_hardness(tip.header.bits),
        "time": tip.header.ntime,
        "mediantime": chain.median_time(tip),
        "verificationprogress": 0.42 if initial_download else 1.0,
        "initialblockdownload": initial_download,
        "chainwork": f"{tip.chain_work:064x}",
        "size_on_disk": 0,
        "pruned": pruned,
        "warnings": [],
    }


def mining_info(chain: Chain, *, name: str) -> Json:
    """getmininginfo, with the `next` that says what the next block's bits are."""
    bits = chain.next_bits(chain.tip)
    return {
        "blocks": chain.tip.height,
        **_hardness(chain.tip.header.bits),
        "networkhashps": 0,
        "pooledtx": len(chain.mempool),
        "chain": name,
        "next": {"height": chain.tip.height + 1, **_hardness(bits)},
        "warnings": [],
    }


def network_info(*, peers: int) -> Json:
    """getnetworkinfo."""
    return {
        "version": NODE_VERSION,
        "subversion": SUBVERSION,
        "protocolversion": 70016,
        "localservices": "0000000000000409",
        "localrelay": True,
        "timeoffset": 0,
        "networkactive": True,
        "connections": peers,
        "connections_in": 0,
        "connections_out": peers,
        "networks": [],
        "relayfee": 0.00001,
        "incrementalfee": 0.00001,
        "localaddresses": [],
        "warnings": [],
    }


def peer_info(*, peers: int) -> list[Json]:
    """getpeerinfo: as many as the operator is to believe in."""
    return [{"id": n, "addr": f"192.0.2.{n + 1}:18444", "inbound": False, "subver": SUBVERSION} for n in range(peers)]


def address_info(address: str) -> Json:
    """validateaddress, for regtest."""
    try:
        script = script_of_address(address, NETWORKS["regtest"])
    except AddressError as error:
        return {"isvalid": False, "error_locations": [], "error": str(error)}
    return {"isvalid": True, "address": address, "scriptPubKey": script.hex()}


def _hardness(bits: int) -> Json:
    target = target_of_bits(bits)
    return {"bits": f"{bits:08x}", "target": f"{target:064x}", "difficulty": difficulty_of_target(target)}


def _transaction(transaction: Transaction) -> Json:
    return {
        "txid": shown(transaction.txid),
        "hash": shown(transaction.wtxid),
        "hex": transaction.serialize(witness=True).hex(),
        "vout": [
            {"value": paid.value_sats / 100_000_000, "n": number, "scriptPubKey": {"hex": paid.script.hex()}}
            for number, paid in enumerate(transaction.outputs)
        ],
    }
