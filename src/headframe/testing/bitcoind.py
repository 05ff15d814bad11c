"""A real node on regtest, for tests and for trying things out.

Responsible for: starting, stopping, killing and restarting bitcoind in a folder of its own, and a tiny JSON-RPC to it.
Not responsible for: finding the program (`testing.bitcoind_fetch`), our own way of speaking to nodes (`sources.node`):
this one is plain and synchronous on purpose, so that tests do not prove our client with our client.
Read next: `testing.bitcoind_fetch`.
"""

import base64
import contextlib
import http.client
import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from headframe.testing.bitcoind_fetch import NodeUnavailable, bitcoind_command
from headframe.testing.ports import free_port

__all__ = ["NodeUnavailable", "RegtestNode", "RpcFault", "bitcoind_command", "wait_for"]

START_TIMEOUT_S = 60.0
_UNSPENDABLE = "bcrt1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqdku202"
"""P2WPKH of twenty zero bytes: where blocks pay that nobody needs."""


class RpcFault(Exception):
    """The node answered with an error."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{message} ({code})")
        self.code = code
        self.message = message


def wait_for(condition: Callable[[], object], *, timeout_s: float = 20.0, what: str = "condition") -> None:
    """Poll until `condition()` is true; raises TimeoutError with `what` after `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {timeout_s} s in vain for {what}")
        time.sleep(0.02)


@dataclass
class RegtestNode:
    """One bitcoind. `chain` is regtest unless a test is about another (never connected to anyone). `user` "" means cookie authentication only; ports stay the same over restarts."""

    directory: Path
    user: str = "u"
    password: str = "p"
    zmq: bool = True
    chain: str = "regtest"
    extra_args: tuple[str, ...] = ()
    rpc_port: int = field(default_factory=free_port)
    p2p_port: int = field(default_factory=free_port)
    hashblock_port: int = field(default_factory=free_port)
    rawblock_port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def rpc_url(self) -> str:
        return f"http://127.0.0.1:{self.rpc_port}"

    @property
    def zmq_hashblock(self) -> str:
        """ "" when the node publishes nothing."""
        return f"tcp://127.0.0.1:{self.hashblock_port}" if self.zmq else ""

    @property
    def zmq_rawblock(self) -> str:
        return f"tcp://127.0.0.1:{self.rawblock_port}" if self.zmq else ""

    @property
    def cookie_file(self) -> Path:
        folder = {"main": "", "test": "testnet3"}.get(self.chain, self.chain)
        return self.directory / folder / ".cookie"

    def launch(self) -> None:
        """Start the process and return at once."""
        self.directory.mkdir(parents=True, exist_ok=True)
        words = [
            *bitcoind_command(),
            f"-chain={self.chain}",
            f"-datadir={self.directory}",
            f"-rpcport={self.rpc_port}",
            f"-bind=127.0.0.1:{self.p2p_port}",
            "-rpcbind=127.0.0.1",
            "-rpcallowip=127.0.0.1",
            "-listenonion=0",
            "-dnsseed=0",
            "-fixedseeds=0",
            "-discover=0",
            "-natpmp=0",
            "-fallbackfee=0.0001",
            # By itself a wallet gives change of the payee's kind: after a payment to a legacy address, coins without witness.
            "-changetype=bech32",
            "-dbcache=8",
            "-par=1",
            "-rpcthreads=8",
            "-printtoconsole=0",
            *([f"-rpcuser={self.user}", f"-rpcpassword={self.password}"] if self.user else []),
            *([f"-zmqpubhashblock={self.zmq_hashblock}", f"-zmqpubrawblock={self.zmq_rawblock}"] if self.zmq else []),
            *self.extra_args,
        ]
        with (self.directory / "stderr.txt").open("ab") as stderr:
            self.process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=stderr)

    def start(self) -> "RegtestNode":
        """Start and wait until it answers. Raises RuntimeError with the node's own words when it exits instead."""
        self.launch()
        wait_for(self._answers, timeout_s=START_TIMEOUT_S, what="bitcoind to answer")
        return self

    def _answers(self) -> bool:
        if self.process is None or self.process.poll() is not None:
            said = (self.directory / "stderr.txt").read_text(errors="replace")[-2000:]
            raise RuntimeError(f"bitcoind exited at start: {said}")
        try:
            self.rpc("getblockchaininfo")
        except (OSError, http.client.HTTPException, RpcFault):
            return False
        return True

    def stop(self) -> None:
        """Orderly; kills it when it does not go within 30 s."""
        if self.process is None:
            return
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(30)
        self.kill()

    def kill(self) -> None:
        """As `kill -9` does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def restart(self) -> "RegtestNode":
        self.stop()
        return self.start()

    def rpc(self, method: str, *params: object, wallet: str = "", timeout_s: float = 60.0) -> Any:
        """Call the node; raises RpcFault for its errors, OSError when it cannot be reached."""
        credentials = f"{self.user}:{self.password}" if self.user else self.cookie_file.read_text()
        headers = {"Authorization": "Basic " + base64.b64encode(credentials.encode()).decode()}
        body = json.dumps({"jsonrpc": "1.0", "id": 1, "method": method, "params": params})
        connection = http.client.HTTPConnection("127.0.0.1", self.rpc_port, timeout=timeout_s)
        try:
            connection.request("POST", f"/wallet/{wallet}" if wallet else "/", body, headers)
            reply = connection.getresponse()
            data = reply.read()
        finally:
            connection.close()
        if not data:
            raise RpcFault(-reply.status, f"HTTP {reply.status}")
        answer = json.loads(data)
        if answer.get("error"):
            raise RpcFault(answer["error"]["code"], answer["error"]["message"])
        return answer["result"]

    @property
    def height(self) -> int:
        value: int = self.rpc("getblockcount")
        return value

    @property
    def tip_hex(self) -> str:
        value: str = self.rpc("getbestblockhash")
        return value

    def generate(self, count: int = 1, address: str = _UNSPENDABLE) -> list[str]:
        """Mine blocks to `address`; their hashes as the node shows them."""
        hashes: list[str] = self.rpc("generatetoaddress", count, address)
        return hashes

    def wallet(self, name: str = "test", *, fund: bool = True) -> str:
        """Make (or load) a wallet and, with `fund`, give it one spendable coinbase (101 blocks). Returns its name."""
        loaded: list[str] = self.rpc("listwallets")
        if name not in loaded:
            known = [entry["name"] for entry in self.rpc("listwalletdir")["wallets"]]
            self.rpc("loadwallet" if name in known else "createwallet", name)
        if fund and self.rpc("getbalance", wallet=name) < 1:
            self.generate(1, self.new_address(wallet=name))
            self.generate(100)
        return name

    def new_address(self, kind: str = "bech32", *, wallet: str = "test") -> str:
        """A fresh address: kind is "legacy", "p2sh-segwit", "bech32" or "bech32m"."""
        address: str = self.rpc("getnewaddress", "", kind, wallet=wallet)
        return address

    def pay(self, address: str, amount: float, *, wallet: str = "test") -> str:
        """Put a payment into the mempool; its txid."""
        txid: str = self.rpc("sendtoaddress", address, amount, wallet=wallet)
        return txid

    def connect(self, other: "RegtestNode") -> None:
        """Become a peer of `other` and wait until both say so."""
        self.rpc("addnode", f"127.0.0.1:{other.p2p_port}", "add")
        for node in (self, other):
            wait_for(lambda node=node: node.rpc("getconnectioncount") > 0, what="the nodes to connect")  # type: ignore[misc]
