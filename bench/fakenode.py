#!/usr/bin/env python3
"""A stand-in Bitcoin node for load measurements: serves a mainnet-like block template.

usage: fakenode.py PORT [TXS]
Answers the JSON-RPC calls that pool servers make at start and while running; any
user/password is taken. The template holds TXS (default 3000) made-up transactions and a
mainnet target, so that no bench share is ever a block. Longpoll requests hang for 60 s, or for $FAKENODE_LONGPOLL_S; then
there is a new template on the same block.
"""

import hashlib
import json
import os
import random
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = int(sys.argv[1])
NTX = int(sys.argv[2]) if len(sys.argv) > 2 else 3000
rnd = random.Random(7)


def dsha(b):
    return hashlib.sha256(hashlib.sha256(b).digest()).digest()


BITS, TARGET = "17021369", f"{0x021369 << (8 * (0x17 - 3)):064x}"
PREV = "0" * 19 + rnd.randbytes(32).hex()[:45]
TXS = []
for _ in range(NTX):
    # a syntactically valid legacy transaction: one input, one output
    raw = (
        bytes.fromhex("0100000001")
        + rnd.randbytes(36)
        + b"\x6b"
        + rnd.randbytes(107)
        + b"\xff\xff\xff\xff\x01"
        + rnd.randbytes(6)
        + b"\x00\x00\x16\x00\x14"
        + rnd.randbytes(20)
        + b"\0\0\0\0"
    )
    txid = dsha(raw)[::-1].hex()
    TXS.append(
        {"data": raw.hex(), "txid": txid, "hash": txid, "depends": [], "fee": 1500, "sigops": 4, "weight": len(raw) * 4}
    )


def commitment():
    layer = [b"\0" * 32] + [bytes.fromhex(t["hash"])[::-1] for t in TXS]
    while len(layer) > 1:
        if len(layer) % 2:
            layer.append(layer[-1])
        layer = [dsha(layer[i] + layer[i + 1]) for i in range(0, len(layer), 2)]
    return "6a24aa21a9ed" + dsha(layer[0] + b"\0" * 32).hex()


WC = commitment()
HEIGHT = 900001
SUBMITTED = []


def template():
    now = int(time.time())
    return {
        "capabilities": ["proposal"],
        "version": 0x20000000,
        "rules": ["csv", "!segwit", "taproot"],
        "vbavailable": {},
        "vbrequired": 0,
        "previousblockhash": PREV,
        "transactions": TXS,
        "coinbaseaux": {},
        "coinbasevalue": 312500000 + 1500 * NTX,
        "longpollid": f"{PREV}{now}",
        "target": TARGET,
        "mintime": now - 3600,
        "mutable": ["time", "transactions", "prevblock"],
        "noncerange": "00000000ffffffff",
        "sigoplimit": 80000,
        "sizelimit": 4000000,
        "weightlimit": 4000000,
        "curtime": now,
        "bits": BITS,
        "height": HEIGHT,
        "default_witness_commitment": WC,
    }


def answer(m, p):
    if m == "getblocktemplate":
        if p and isinstance(p[0], dict) and p[0].get("longpollid"):
            time.sleep(float(os.environ.get("FAKENODE_LONGPOLL_S", "60")))
        return template()
    if m == "getblockcount":
        return HEIGHT - 1
    if m in ("getbestblockhash", "getblockhash"):
        return PREV
    if m == "getblockheader" or m == "getblock":
        return {
            "hash": PREV,
            "height": HEIGHT - 1,
            "confirmations": 1,
            "time": int(time.time()) - 60,
            "mediantime": int(time.time()) - 3600,
            "difficulty": 1.0e14,
            "bits": BITS,
            "tx": [],
        }
    if m == "getblockchaininfo":
        return {
            "chain": "main",
            "blocks": HEIGHT - 1,
            "headers": HEIGHT - 1,
            "bestblockhash": PREV,
            "difficulty": 1.0e14,
            "bits": BITS,
            "target": TARGET,
            "time": int(time.time()),
            "mediantime": int(time.time()) - 3600,
            "verificationprogress": 1.0,
            "initialblockdownload": False,
            "chainwork": "0" * 64,
            "size_on_disk": 1,
            "pruned": False,
            "warnings": [],
        }
    if m == "getnetworkinfo":
        return {
            "version": 300000,
            "subversion": "/Satoshi:30.0.0/",
            "protocolversion": 70016,
            "connections": 10,
            "networkactive": True,
            "warnings": [],
            "localservices": "0",
            "relayfee": 1e-5,
        }
    if m == "getmininginfo":
        return {
            "blocks": HEIGHT - 1,
            "difficulty": 1.0e14,
            "networkhashps": 7e20,
            "pooledtx": NTX,
            "chain": "main",
            "bits": BITS,
            "target": TARGET,
            "warnings": [],
            "next": {"height": HEIGHT, "bits": BITS, "difficulty": 1.0e14, "target": TARGET},
        }
    if m == "getnetworkhashps":
        return 7e20
    if m == "validateaddress":
        a = p[0]
        return {
            "isvalid": True,
            "address": a,
            "scriptPubKey": "0014" + "11" * 20,
            "isscript": False,
            "iswitness": True,
            "witness_version": 0,
            "witness_program": "11" * 20,
        }
    if m == "getzmqnotifications":
        return []
    if m == "submitblock":
        SUBMITTED.append(p[0][:160])
        print("submitblock", p[0][:160], flush=True)
        return None
    if m == "uptime":
        return 1000
    if m in ("getpeerinfo", "getmempoolinfo"):
        return [] if m == "getpeerinfo" else {"size": NTX}
    raise KeyError(m)


class H(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *a):
        pass

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))))

        def one(q):
            try:
                return {"result": answer(q["method"], q.get("params") or []), "error": None, "id": q.get("id")}
            except KeyError as e:
                print("unknown", e, flush=True)
                return {
                    "result": None,
                    "error": {"code": -32601, "message": f"Method not found {e}"},
                    "id": q.get("id"),
                }

        out = json.dumps([one(q) for q in body] if isinstance(body, list) else one(body)).encode() + b"\n"
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(out)))
        self.end_headers()
        self.wfile.write(out)


if os.environ.get("FAKENODE_DUMP"):
    print(json.dumps(template())[:2000])
ThreadingHTTPServer.daemon_threads = True
ThreadingHTTPServer(("127.0.0.1", PORT), H).serve_forever()
