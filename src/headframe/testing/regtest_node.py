"""A Bitcoin node in a drawer: JSON-RPC over HTTP around an embedded chain.

Responsible for: answering on 127.0.0.1 as bitcoind does, in the process and loop of whoever starts it (the demo, tests):
passwords, errors, longpolling, submitting; ZMQ announcements if asked; and misbehaving on request (`Faults`).
Not responsible for: judging blocks (`testing.chain`), JSON shapes (`testing.node_answers`), peers and wallets: it has none.
Read next: `testing.chain`.

Bounds: a request is at most 32 MiB; at most `MAX_LONGPOLLS` requests wait, further ones are answered at once; the last
`MAX_SUBMITTED` submissions are remembered.
"""

import asyncio
import base64
import contextlib
import json
import secrets
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

import zmq
from aiohttp import web

from headframe.bitcoin.hashing import sha256d
from headframe.bitcoin.target import target_of_bits, work_of_target
from headframe.net.clock import Clock, SystemClock
from headframe.testing import node_answers as answers
from headframe.testing.block_rules import decode_block
from headframe.testing.chain import Chain, ChainBlock
from headframe.testing.node_answers import Json
from headframe.testing.node_settings import Faults, NodeSettings, SubmitFault, Submitted
from headframe.testing.pace import FixedBits, PacedBits
from headframe.testing.rival import draft_block

MAX_LONGPOLLS = 64
MAX_SUBMITTED = 1_000
_MAX_REQUEST = 32 * 1024 * 1024
_MINEABLE_WORK = 1 << 18


class RpcError(Exception):
    """An error answer of the node."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class _HangUp(Exception):
    """The connection is to die unanswered."""


class EmbeddedNode:
    """Start it, read `url`, stop it; started again it keeps its port and its chain. `faults` may be set at any time."""

    def __init__(self, chain: Chain, settings: NodeSettings | None = None, *, clock: Clock | None = None) -> None:
        self.chain = chain
        self.settings = settings or NodeSettings()
        self.faults = Faults()
        self.submitted: deque[Submitted] = deque(maxlen=MAX_SUBMITTED)
        self.calls: dict[str, int] = {}
        self._clock = clock or SystemClock()
        self._port = 0
        self._zmq_port = 0
        self._runner: web.AppRunner | None = None
        self._publisher: zmq.Socket[bytes] | None = None
        self._announced = 0
        self._cookie = ""
        self._changed = asyncio.Event()
        self._stopping = asyncio.Event()
        self._waiting = 0
        self._last_template: Json = {}
        self._methods: dict[str, Callable[[list[Any]], Any]] = {
            "getbestblockhash": lambda _: answers.shown(chain.tip.hash),
            "getblock": self._block,
            "getblockchaininfo": lambda _: self._chain_info(),
            "getblockcount": lambda _: chain.tip.height,
            "getblockhash": self._block_hash,
            "getblockheader": self._block_header,
            "getblocktemplate": self._block_template,
            "getconnectioncount": lambda _: self.faults.peers,
            "getindexinfo": lambda _: {},
            "getmempoolinfo": lambda _: {"loaded": True, "size": len(chain.mempool)},
            "getmininginfo": lambda _: answers.mining_info(chain, name=self.settings.network),
            "getnetworkinfo": lambda _: answers.network_info(peers=self.faults.peers),
            "getpeerinfo": lambda _: answers.peer_info(peers=self.faults.peers),
            "getzmqnotifications": lambda _: self._zmq_notifications(),
            "submitblock": self._submit_block,
            "uptime": lambda _: 1,
            "validateaddress": lambda params: answers.address_info(str(params[0]) if params else ""),
        }
        if isinstance(chain.pace, FixedBits):
            # Whoever hears of a tip before there is a template for it will guess that its bits stay what they were,
            # as they do on regtest; on a paced chain the longpoll alone tells of a tip, and it brings the template.
            self._methods["waitfornewblock"] = self._wait_for_new_block

    # Life

    @property
    def url(self) -> str:
        """http://127.0.0.1:port, without credentials. Known once started."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def zmq_endpoint(self) -> str:
        """Where hashblock and rawblock are published; "" when they are not."""
        return f"tcp://127.0.0.1:{self._zmq_port}" if self.settings.announce else ""

    async def start(self) -> None:
        """Listen. Raises OSError when the port it had before is taken."""
        self._stopping.clear()
        self._changed = asyncio.Event()
        if self.settings.cookie_file is not None:
            self._cookie = secrets.token_hex(32)
            self.settings.cookie_file.write_text(f"__cookie__:{self._cookie}")
        app = web.Application(client_max_size=_MAX_REQUEST)
        app.router.add_post("/{anything:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = self._runner.addresses[0][1]
        if self.settings.announce:
            self._publisher = zmq.Context.instance().socket(zmq.PUB)
            self._publisher.setsockopt(zmq.LINGER, 0)
            self._publisher.bind(f"tcp://127.0.0.1:{self._zmq_port or '*'}")
            self._zmq_port = int(self._publisher.getsockopt(zmq.LAST_ENDPOINT).rstrip(b"\0").rpartition(b":")[2])

    async def stop(self) -> None:
        """Close the port and every connection. The chain stays, so `start` is a node come back."""
        self._stopping.set()
        self._changed.set()
        if self._publisher is not None:
            self._publisher.close()
            self._publisher = None
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> "EmbeddedNode":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    # What others on the network do

    def extend(self, count: int = 1, *, parent: ChainBlock | None = None, mark: bytes = b"rival") -> ChainBlock:
        """Blocks found by somebody else, on the tip or on `parent`. On a chain too hard to mine here they come without
        proof of work. Returns the last one."""
        for _ in range(count):
            base = self.chain.tip if parent is None else parent
            mineable = work_of_target(target_of_bits(self.chain.next_bits(base))) <= _MINEABLE_WORK
            draft = draft_block(self.chain, self._now, parent=base, mark=mark)
            raw = draft.seal(work=mineable)
            refused = self._take(raw, check_work=mineable)
            if refused not in (None, "inconclusive"):
                raise RuntimeError(f"our own rival's block was refused: {refused}")
            parent = None if parent is None else self.chain.find(sha256d(raw[:80]))
        return self.chain.tip if parent is None else parent

    # HTTP

    @property
    def _now(self) -> int:
        return self._clock.unix_ms() // 1000

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        try:
            if self.faults.hang:
                await self._stopping.wait()
                raise _HangUp
            if not self._may(request.headers.get("Authorization", "")):
                return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="jsonrpc"'})
            try:
                call = json.loads(await request.read())
            except ValueError:
                return _reply(500, _failure(RpcError(-32700, "Parse error"), None))
            if isinstance(call, list):
                return _reply(200, [(await self._one(each))[1] for each in call])
            status, answer = await self._one(call)
            return _reply(status, answer)
        except _HangUp:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=503)

    def _may(self, header: str) -> bool:
        known = f"__cookie__:{self._cookie}" if self._cookie else f"{self.settings.user}:{self.settings.password}"
        expected = "Basic " + base64.b64encode(known.encode()).decode()
        return secrets.compare_digest(header.encode(), expected.encode())

    async def _one(self, call: object) -> tuple[int, Json]:
        if not isinstance(call, dict) or not isinstance(call.get("method"), str):
            return 400, _failure(RpcError(-32600, "Invalid Request object"), None)
        identity, modern = call.get("id"), call.get("jsonrpc") == "2.0"
        try:
            result = await self._call(call["method"], call.get("params") or [])
        except RpcError as error:
            status = {-32600: 400, -32601: 404}.get(error.code, 500)
            failure = _failure(error, identity)
            return (
                (200, {"jsonrpc": "2.0", **{k: v for k, v in failure.items() if k != "result"}})
                if modern
                else (status, failure)
            )
        if modern:
            return 200, {"jsonrpc": "2.0", "result": result, "id": identity}
        return 200, {"result": result, "error": None, "id": identity}

    async def _call(self, method: str, params: object) -> Any:
        if self.faults.warming_up:
            raise RpcError(-28, self.faults.warming_up)
        if not isinstance(params, list):
            raise RpcError(-8, "this node takes parameters by position only")
        answer = self._methods.get(method)
        if answer is None:
            raise RpcError(-32601, "Method not found")
        self.calls[method] = self.calls.get(method, 0) + 1
        result = answer(params)
        return await result if isinstance(result, Coroutine) else result

    # Calls

    async def _block_template(self, params: list[Any]) -> Any:
        request = params[0] if params else {}
        if not isinstance(request, dict):
            raise RpcError(-3, "JSON value of type string is not of expected type object")
        mode = request.get("mode", "template")
        if mode == "proposal":
            return self._judge_proposal(_hex(request.get("data")))
        if mode != "template":
            raise RpcError(-8, "Invalid mode")
        if self.settings.network == "main" and not self.faults.peers:
            raise RpcError(-9, "Bitcoin Core is not connected!")
        if self.settings.network == "main" and self.faults.initial_block_download:
            raise RpcError(-10, "Bitcoin Core is in initial sync and waiting for blocks...")
        if "longpollid" in request:
            await self._news(str(request["longpollid"]))
        if "segwit" not in request.get("rules", []):
            raise RpcError(
                -8, 'getblocktemplate must be called with the segwit rule set (call with {"rules": ["segwit"]})'
            )
        if not (self.faults.stale_template and self._last_template):
            self.chain.invent_transactions(min(self.settings.mempool_size, len(self.chain.mempool) + 10))
            offer = self.chain.offer(self._now)
            self._last_template = answers.template(offer, self._longpoll_id())
        spoil = self.faults.spoil_template
        return spoil(dict(self._last_template)) if spoil else self._last_template

    def _longpoll_id(self) -> str:
        return f"{answers.shown(self.chain.tip.hash)}{len(self.chain.mempool)}"

    async def _news(self, longpoll_id: str) -> None:
        """Return when the tip is another one, or a while after there are other transactions."""
        if self._waiting >= MAX_LONGPOLLS:
            return
        self._waiting += 1
        try:
            while self._same_tip(longpoll_id) and not self._stopping.is_set():
                changed = self._changed
                try:
                    await asyncio.wait_for(changed.wait(), self.settings.mempool_poll_s)
                except TimeoutError:
                    if self.settings.mempool_size:
                        return
        finally:
            self._waiting -= 1
        if self._stopping.is_set():
            raise RpcError(-9, "Shutting down")

    async def _wait_for_new_block(self, params: list[Any]) -> Json:
        timeout_ms = params[0] if params and isinstance(params[0], int) else 0
        before = self.chain.tip
        if self._waiting < MAX_LONGPOLLS:
            self._waiting += 1
            try:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(timeout_ms / 1000 if timeout_ms > 0 else None):
                        while self.chain.tip is before and not self._stopping.is_set():
                            await self._changed.wait()
            finally:
                self._waiting -= 1
        tip = self.chain.tip
        return {"hash": answers.shown(tip.hash), "height": tip.height}

    def _same_tip(self, longpoll_id: str) -> bool:
        # A node with stale templates has not heard of the new tip.
        return self.faults.stale_template or longpoll_id.startswith(answers.shown(self.chain.tip.hash))

    def _judge_proposal(self, raw: bytes) -> str | None:
        block = decode_block(raw)
        if block is None:
            raise RpcError(-22, "Block decode failed")
        if self.chain.find(block.header.hash) is not None:
            return "duplicate"
        if block.header.prev_hash != self.chain.tip.hash:
            return "inconclusive-not-best-prevblk"
        return self.chain.refusal(block, self._now, check_work=False)

    def _submit_block(self, params: list[Any]) -> str | None:
        raw = _hex(params[0] if params else None)
        if self.faults.submit is SubmitFault.UNREACHED:
            raise _HangUp
        if self.faults.submit_reply:
            return self.faults.submit_reply
        answer = self._take(raw)
        if answer == "decode":
            raise RpcError(-22, "Block decode failed")
        self.submitted.append(Submitted(sha256d(raw[:80]), answer))
        if self.faults.submit is SubmitFault.UNANSWERED:
            raise _HangUp
        return answer

    def _take(self, raw: bytes, *, check_work: bool = True) -> str | None:
        before = self.chain.tip
        answer = self.chain.submit(raw, self._now, check_work=check_work)
        if self.chain.tip is not before:
            self._changed.set()
            self._changed = asyncio.Event()
            self._announce(self.chain.tip)
        return answer

    def _announce(self, tip: ChainBlock) -> None:
        if self._publisher is None:
            return
        number = self._announced.to_bytes(4, "little")
        self._announced += 1
        # bitcoind publishes the hash in display order.
        self._publisher.send_multipart([b"hashblock", tip.hash[::-1], number], zmq.NOBLOCK)
        self._publisher.send_multipart([b"rawblock", tip.raw, number], zmq.NOBLOCK)

    def _chain_info(self) -> Json:
        return answers.chain_info(
            self.chain,
            name=self.settings.network,
            initial_download=self.faults.initial_block_download,
            pruned=self.faults.pruned,
        )

    def _zmq_notifications(self) -> list[Json]:
        if self._publisher is None:
            return []
        topics = ("pubhashblock", "pubrawblock")
        return [{"type": topic, "address": self.zmq_endpoint, "hwm": 1000} for topic in topics]

    def _block_hash(self, params: list[Any]) -> str:
        height = params[0] if params else None
        if not isinstance(height, int):
            raise RpcError(-3, "JSON value is not an integer as expected")
        entry = self.chain.at(height)
        if entry is None:
            raise RpcError(-8, "Block height out of range")
        return answers.shown(entry.hash)

    def _block_header(self, params: list[Any]) -> Json | str:
        entry = self._entry(params)
        if len(params) > 1 and not params[1]:
            return entry.header.pack().hex()
        return answers.header(self.chain, entry)

    def _block(self, params: list[Any]) -> Json | str:
        return answers.block(self.chain, self._entry(params), int(params[1]) if len(params) > 1 else 1)

    def _entry(self, params: list[Any]) -> ChainBlock:
        wanted = _hex(params[0] if params else None)
        entry = self.chain.find(wanted[::-1])
        if entry is None:
            raise RpcError(-5, "Block not found")
        return entry


def _hex(value: object) -> bytes:
    try:
        return bytes.fromhex(value if isinstance(value, str) else "?")
    except ValueError:
        raise RpcError(-22, "Block decode failed") from None


def demo_node(clock: Clock | None = None) -> EmbeddedNode:
    """The node behind `headframe demo`: its first block within seconds, then one about every nine."""
    clock = clock or SystemClock()
    now = clock.unix_ms() // 1000
    chain = Chain(pace=PacedBits(), born_at=now - 60, halving_interval=210_000, seed=now)
    return EmbeddedNode(chain, clock=clock)


def _failure(error: RpcError, identity: object) -> Json:
    return {"result": None, "error": {"code": error.code, "message": error.message}, "id": identity}


def _reply(status: int, answer: object) -> web.Response:
    return web.Response(status=status, body=json.dumps(answer).encode() + b"\n", content_type="application/json")
