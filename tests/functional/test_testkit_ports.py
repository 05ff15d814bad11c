"""Ports for programs that cannot be given port 0: nobody else gets them."""

import socket
import subprocess
import sys

import pytest

from headframe.testing.ports import FIRST, KEPT_CLAIMS, LAST, NoPort, Ports, free_port

TAKE_TEN = "from headframe.testing.ports import Ports; p = Ports({first}); print(*(p.take() for _ in range(10)))"


def test_a_port_is_not_given_twice() -> None:
    taken = [free_port() for _ in range(2 * KEPT_CLAIMS)]
    assert len(set(taken)) == len(taken)
    assert all(FIRST <= port <= LAST for port in taken)


def test_another_process_that_begins_at_the_same_place_gets_others() -> None:
    mine = {free_port() for _ in range(10)}
    done = subprocess.run(
        [sys.executable, "-c", TAKE_TEN.format(first=min(mine))], capture_output=True, text=True, timeout=60, check=True
    )
    theirs = {int(word) for word in done.stdout.split()}
    assert len(theirs) == 10
    assert not mine & theirs


def test_a_port_that_somebody_listens_on_is_passed_over() -> None:
    with socket.create_server(("127.0.0.1", free_port())) as listening:
        port = listening.getsockname()[1]
        assert Ports(port).take() > port


def test_the_range_begins_again_at_its_end() -> None:
    ports = Ports(LAST)
    assert sorted([ports.take(), ports.take()])[0] < FIRST + KEPT_CLAIMS


def test_when_every_port_is_taken_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headframe.testing.ports._bound", lambda port, kind: None)
    with pytest.raises(NoPort):
        Ports(FIRST).take()
