"""Names that are not (or no longer) ours, and what to write instead.

Responsible for: one table; keys are dotted paths without indexes ("mining.pool_fee_percent") or "setting=value".
Not responsible for: misspellings of names that we know (`config.problems.nearest`).
Read next: `config.problems`.

It begins with what people bring along from other solo pool servers (WarpPool's TOML, ckpool's JSON keys), so that a
file half converted is refused with directions rather than with a shrug.
"""

OBSOLETE: dict[str, str] = {
    # sections and keys of WarpPool's TOML
    "mining": "use [payout] (mode, address, fee, tag) instead of [mining]",
    "node": 'use [[source]] with kind = "node" instead of [node]',
    "server": "use [stratum] and [web] instead of [server]",
    "vardiff": "use [difficulty] (start, min, max, shares_per_minute) instead of [vardiff]",
    "ratelimit": "use [limits] instead of [ratelimit]",
    "profile": "Headframe has no profiles; set what you need in [payout], [limits] and [difficulty]",
    "logging.debug": 'use logging.level = "debug"',
    "logging.net_debug": 'use logging.level = "debug"',
    "logging.json": 'use logging.format = "json"',
    # keys of ckpool's JSON, at the top of the file
    "btcd": 'use [[source]] with kind = "node", rpc, user and password instead of btcd',
    "btcaddress": "use payout.address",
    "btcsig": "use payout.tag",
    "serverurl": "use stratum.listen",
    "mindiff": "use difficulty.min",
    "startdiff": "use difficulty.start",
    "maxdiff": "use difficulty.max",
    "donation": "use payout.fee with basis_points (1 % is 100)",
    "logdir": "use logging.file",
    "maxclients": "use limits.connections",
    "blockpoll": "not needed: Headframe listens to longpoll and ZMQ and polls below them",
    "update_interval": "not needed: jobs are refreshed every 30 s",
    "zmqblock": "use zmq_hashblock in [[source]]",
    "nonce1length": "not needed: extranonce sizes are chosen to fit the sources; see stratum.extranonce2_size",
    "nonce2length": "use stratum.extranonce2_size",
    # plausible spellings inside our own sections
    "payout.payout_mode": "use payout.mode",
    "payout.payout_address": "use payout.address",
    "payout.pool_fee_percent": "use payout.fee with basis_points (1 % is 100)",
    "payout.fee_percent": "use payout.fee with basis_points (1 % is 100)",
    "payout.fee.percent": "use basis_points (1 % is 100)",
    "payout.pooltag_prefix": "use payout.tag",
    "stratum.port": 'use stratum.listen = ["0.0.0.0:3333"]',
    "stratum.pool_listen": "use stratum.listen",
    "web.port": 'use web.listen = "127.0.0.1:8855"',
    "web.status_listen": "use web.listen",
    "source.rpc_url": "use rpc, a list of addresses in order of preference",
    "source.url": "use rpc, a list of addresses in order of preference",
    "source.rpc_user": "use user",
    "source.rpc_password": "use password or password_file",
    "source.pass": "use password or password_file",
    "source.cookie": "use cookie_file",
    "source.zmq": "use zmq_hashblock or zmq_rawblock",
    "source.zmq_hashblock_addr": "use zmq_hashblock",
    "source.zmq_rawblock_addr": "use zmq_rawblock",
    "source.chain": "use network",
    "sources": "write [[source]], in the singular, once for each",
    # values
    "network=main": "mainnet",
    "network=bitcoin": "mainnet",
    "network=test": "testnet3",
    "network=testnet": "testnet3, or testnet4",
    "mode=solo": "miner (each miner's own address), or operator",
    "mode=pool": "operator",
    "kind=bitcoind": "node",
    "level=warn": "warning",
    "level=trace": "debug",
}
"""A text that starts with "use"/"not needed" is shown as it is; a value's successor is shown as "did you mean ...?"."""
