"""The minimal server that every figure is compared with: asyncio streams, json, hashlib; nothing else.

usage: baseline.py PORT NODE_PORT
Same checks as ours for a share (worker, job, lengths, version mask, time, duplicate, target, network target), one
reply, counters; no journal, no vardiff, no limits, no metrics. It is a ruler, not a product.
"""

import asyncio
import base64
import hashlib
import json
import struct
import sys
import urllib.request


def sha256d(data: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def template(port: int) -> dict:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/",
        json.dumps({"id": 1, "method": "getblocktemplate", "params": [{"rules": ["segwit"]}]}).encode(),
        {"Authorization": "Basic " + base64.b64encode(b"u:p").decode()},
    )
    with urllib.request.urlopen(request) as reply:
        return json.load(reply)["result"]


class Job:
    def __init__(self, node_port: int) -> None:
        answer = template(node_port)
        level = [bytes.fromhex(tx["txid"])[::-1] for tx in answer["transactions"]]
        self.branch = []
        while level:
            self.branch.append(level[0])
            rest = level[1:]
            if len(rest) % 2:
                rest.append(rest[-1])
            level = [sha256d(rest[i] + rest[i + 1]) for i in range(0, len(rest), 2)]
        self.coinbase1 = bytes(150)
        self.coinbase2 = bytes(138)
        self.version = answer["version"]
        self.previous = bytes.fromhex(answer["previousblockhash"])[::-1]
        self.bits = int(answer["bits"], 16)
        self.ntime = answer["curtime"]
        self.network_target = int(answer["target"], 16)
        self.seen: set[bytes] = set()
        swapped = b"".join(self.previous[i : i + 4][::-1] for i in range(0, 32, 4))
        self.notify = (
            json.dumps(
                {
                    "id": None,
                    "method": "mining.notify",
                    "params": [
                        "1",
                        swapped.hex(),
                        self.coinbase1.hex(),
                        self.coinbase2.hex(),
                        [node.hex() for node in self.branch],
                        f"{self.version:08x}",
                        f"{self.bits:08x}",
                        f"{self.ntime:08x}",
                        True,
                    ],
                }
            ).encode()
            + b"\n"
        )


MASK = 0x1FFFE000
TARGET = 2**256 - 1
counters = {"accepted": 0, "rejected": 0, "next": 0}


def judge(job: Job, extranonce1: bytes, params: list) -> str | None:
    _, job_id, extranonce2, ntime, nonce, bits = params
    if job_id != "1":
        return "Job not found"
    if len(extranonce2) != 16 or len(ntime) != 8 or len(nonce) != 8:
        return "Invalid nonce2 length"
    rolled = int(bits, 16)
    if rolled & ~MASK:
        return "Invalid version mask"
    when = int(ntime, 16)
    if not job.ntime <= when <= job.ntime + 7000:
        return "Ntime out of range"
    root = sha256d(job.coinbase1 + extranonce1 + bytes.fromhex(extranonce2) + job.coinbase2)
    for node in job.branch:
        root = sha256d(root + node)
    version = (job.version & ~MASK) | (rolled & MASK)
    header = struct.pack("<I32s32sIII", version, job.previous, root, when, job.bits, int(nonce, 16))
    digest = sha256d(header)
    value = int.from_bytes(digest, "little")
    if value <= job.network_target:
        print("block", header.hex(), flush=True)
    if value > TARGET:
        return "Difficulty too low"
    if digest in job.seen:
        return "Duplicate share"
    job.seen.add(digest)
    return None


async def serve(job: Job, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    counters["next"] += 1
    extranonce1 = counters["next"].to_bytes(4, "big")

    def reply(request: dict, result: object, error: object = None) -> None:
        writer.write(json.dumps({"id": request["id"], "result": result, "error": error}).encode() + b"\n")

    try:
        while line := await reader.readline():
            request = json.loads(line)
            method = request["method"]
            if method == "mining.submit":
                reason = judge(job, extranonce1, request["params"])
                counters["rejected" if reason else "accepted"] += 1
                reply(request, None if reason else True, [20, reason, None] if reason else None)
            elif method == "mining.subscribe":
                reply(request, [[["mining.notify", "1"]], extranonce1.hex(), 8])
            elif method == "mining.configure":
                reply(request, {"version-rolling": True, "version-rolling.mask": f"{MASK:08x}"})
            elif method == "mining.authorize":
                reply(request, True)
                writer.write(b'{"id":null,"method":"mining.set_difficulty","params":[0.0000000001]}\n')
                writer.write(job.notify)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def main() -> None:
    port, node_port = int(sys.argv[1]), int(sys.argv[2])
    job = Job(node_port)
    server = await asyncio.start_server(lambda r, w: serve(job, r, w), "127.0.0.1", port, backlog=8192)
    print("ready", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
