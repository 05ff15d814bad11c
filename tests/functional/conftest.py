"""Fixtures of the functional tests: real processes and sockets, loopback only."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from headframe.testing.bitcoind import NodeUnavailable, RegtestNode, bitcoind_command
from headframe.testing.server import ServerProcess, serving

MakeNode = Callable[..., RegtestNode]
MakeServer = Callable[..., ServerProcess]


@pytest.fixture(scope="session")
def bitcoind_words() -> tuple[str, ...]:
    """The command of a real bitcoind; skips loudly where there is none."""
    try:
        return bitcoind_command()
    except NodeUnavailable as reason:
        pytest.skip(f"NO REAL NODE: {reason}")


@pytest.fixture
def make_node(bitcoind_words: tuple[str, ...], tmp_path: Path) -> Iterator[MakeNode]:
    """Makes started regtest nodes (`start=False` leaves that to you); all are stopped at the end."""
    nodes: list[RegtestNode] = []

    def make(*, start: bool = True, **settings: object) -> RegtestNode:
        node = RegtestNode(tmp_path / f"node{len(nodes)}", **settings)  # type: ignore[arg-type]
        nodes.append(node)
        return node.start() if start else node

    yield make
    for node in nodes:
        node.kill()


@pytest.fixture
def bitcoind(make_node: MakeNode) -> RegtestNode:
    """One fresh regtest node with ZMQ, at genesis."""
    return make_node()


@pytest.fixture
def make_server(tmp_path: Path) -> Iterator[MakeServer]:
    """Makes started servers (`healthy=False`: that need not have work); all are killed at the end, without a fault."""
    with ExitStack() as stack:

        def make(settings: str, **options: Any) -> ServerProcess:
            directory = tmp_path / f"server{sum(1 for _ in tmp_path.glob('server*'))}"
            return stack.enter_context(serving(directory, settings, **options))

        yield make
