"""The keeper's decisions over fake transports and a clock moved by hand."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from headframe.net.endpoint import Endpoint, Wire
from headframe.net.keeper import Keeper
from headframe.net.limits import LimitSettings
from headframe.net.pump import NOBODY, RECEIVE_BYTES, Connection, State
from headframe.net.sniff import Door, is_json_lines
from headframe.testing.fake_clock import FakeClock
from headframe.testing.loopback import Echo, Echoes


class FakeTransport:
    """What a keeper and a connection ask of a transport; the loss that follows a close is delivered by the test."""

    def __init__(self, peer: str | None) -> None:
        self.peer = peer
        self.max_size = 256 * 1024
        self.written = b""
        self.unsent = 0
        self.high = 0
        self.reading = True
        self.ended = ""

    def get_extra_info(self, name: str) -> Any:
        assert name == "peername"
        return None if self.peer is None else (self.peer, 40_000)

    def set_write_buffer_limits(self, high: int) -> None:
        self.high = high

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def write(self, data: bytes) -> None:
        self.written += data

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def is_closing(self) -> bool:
        return bool(self.ended)

    def close(self) -> None:
        self.ended = self.ended or "closed"

    def abort(self) -> None:
        self.ended = "aborted"


class Floor:
    def __init__(self, **settings: Any) -> None:
        self.clock = FakeClock()
        self.echoes = Echoes()
        self.soon: list[Any] = []
        doors = (Door("sv1", is_json_lines, self.echoes.accept),)
        self.keeper = Keeper(
            LimitSettings(**settings), self.clock, doors, lambda call, *args: self.soon.append((call, args))
        )

    def connect(self, peer: str | None = "203.0.113.1", *, open_: bool = True) -> tuple[Connection, FakeTransport]:
        connection, transport = Connection(self.keeper), FakeTransport(peer)
        connection.connection_made(transport)  # type: ignore[arg-type]
        if open_:
            connection.data_received(b"{")
            assert connection.state is State.OPEN
        return connection, transport

    def later(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.keeper.sweep()


def lose(connection: Connection) -> None:
    connection.connection_lost(None)


def test_bytes_go_to_the_endpoint_and_back() -> None:
    floor = Floor()
    connection, transport = floor.connect()
    connection.data_received(b"abc")
    assert floor.echoes.made[0].chunks == [b"{", b"abc"]
    assert transport.written == b"{abc"
    assert (connection.peer, connection.transport_kind) == ("203.0.113.1", "tcp")


def test_a_connection_brings_its_bounds_to_the_transport() -> None:
    _, transport = Floor(write_buffer_bytes=1234).connect()
    assert (transport.high, transport.max_size) == (1234, RECEIVE_BYTES)


def test_a_close_tells_the_endpoint_once_and_why() -> None:
    floor = Floor()
    connection, transport = floor.connect()
    connection.close("bored")
    connection.close("again")
    connection.write(b"late")
    assert (transport.ended, transport.written) == ("closed", b"{")
    lose(connection)
    assert floor.echoes.made[0].endings == ["bored"]
    assert floor.keeper.counts().open == 0
    assert connection.endpoint is NOBODY


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (None, "peer closed"),
        (ConnectionResetError(104, "x"), "reset by peer"),
        (TimeoutError(110, "x"), "peer unreachable"),
        (BrokenPipeError(32, "x"), "peer gone"),
        (OSError(5, "Input/output error"), "network error: Input/output error"),
        (ValueError("ours"), "internal error"),
    ],
)
def test_a_loss_is_described_in_words(error: Exception | None, reason: str) -> None:
    floor = Floor()
    connection, _ = floor.connect()
    connection.connection_lost(error)
    assert floor.echoes.made[0].endings == [reason]


def test_a_peer_that_says_nothing_is_closed_at_the_handshake_deadline_and_not_charged() -> None:
    floor = Floor(handshake_s=30.0, exempt=())
    connection, transport = floor.connect(open_=False)
    floor.later(30)
    assert transport.ended == ""
    floor.later(1)
    assert (transport.ended, connection.reason) == ("closed", "handshake took too long")
    lose(connection)
    assert floor.keeper.counts().addresses == 0  # nothing to remember it by


def test_bytes_that_decide_nothing_do_not_move_the_handshake_deadline() -> None:
    floor = Floor(handshake_s=30.0)
    connection, transport = floor.connect(open_=False)
    for _ in range(4):
        connection.heard = True
        floor.later(10)
    assert transport.ended == "closed"


def test_idle_is_counted_from_the_last_byte() -> None:
    floor = Floor(idle_s=900.0)
    connection, transport = floor.connect()
    for _ in range(3):
        floor.later(600)
        assert transport.ended == ""
        connection.data_received(b"x")
    floor.later(1)  # heard now
    floor.later(900)
    assert transport.ended == ""
    floor.later(1)
    assert (transport.ended, connection.reason) == ("closed", "idle")


def test_a_peer_over_the_write_bound_is_cut_at_once() -> None:
    floor = Floor()
    connection, transport = floor.connect()
    other, other_transport = floor.connect()
    connection.pause_writing()
    assert (transport.ended, connection.reason) == ("aborted", "does not read")
    assert (other_transport.ended, other.reason) == ("", "")


def test_bytes_that_lie_unsent_too_long_end_the_connection_and_progress_saves_it() -> None:
    floor = Floor(write_stall_s=60.0)
    connection, transport = floor.connect()
    transport.unsent = 100
    floor.later(1)
    floor.later(59)
    transport.unsent = 0
    floor.later(1)
    transport.unsent = 100
    floor.later(1)
    floor.later(60)
    assert transport.ended == ""
    floor.later(1)
    assert (transport.ended, connection.reason) == ("aborted", "does not read")


def test_a_close_that_lingers_is_cut() -> None:
    floor = Floor(linger_s=5.0)
    connection, transport = floor.connect()
    connection.close("bored")
    floor.later(5)
    assert transport.ended == "closed"
    floor.later(1)
    assert (transport.ended, connection.reason) == ("aborted", "bored")


def test_a_misbehaving_peer_is_slowed_then_read_again() -> None:
    floor = Floor(cost_soft=100, cost_hard=1_000, slow_s=10.0, exempt=())
    connection, transport = floor.connect()
    connection.misbehaved(100)
    assert not transport.reading
    floor.later(0.5)
    assert not transport.reading
    floor.later(1)
    assert transport.reading
    assert not transport.ended


def test_the_silence_of_a_slowed_peer_is_not_idleness() -> None:
    floor = Floor(cost_soft=10, cost_hard=1_000, slow_s=100.0, idle_s=20.0, exempt=())
    connection, transport = floor.connect()
    floor.later(1)
    connection.misbehaved(900)
    for _ in range(4):
        floor.later(20)
    assert (transport.reading, transport.ended) == (False, "")
    floor.later(20)
    assert (transport.reading, transport.ended) == (True, "")


def test_two_reasons_to_hold_are_both_waited_for() -> None:
    floor = Floor(cost_soft=100, cost_hard=1_000, slow_s=10.0, exempt=())
    connection, transport = floor.connect()
    connection.hold(True)
    connection.misbehaved(100)
    floor.later(11)
    assert not transport.reading
    connection.hold(False)
    assert transport.reading
    connection.hold(False)


def test_an_endpoint_whose_wire_closes_while_it_is_taken_in_hears_of_the_end() -> None:
    floor = Floor()
    taken: list[Echo] = []

    def accept(wire: Wire) -> Endpoint:
        taken.append(Echo(wire))
        wire.close("changed its mind")
        return taken[0]

    floor.keeper._doors = (Door("sv1", is_json_lines, accept),)
    connection, transport = floor.connect(open_=False)
    connection.data_received(b"{")
    lose(connection)
    assert (transport.ended, taken[0].endings) == ("closed", ["changed its mind"])


def test_a_flood_is_banned_and_said_once() -> None:
    floor = Floor(cost_soft=100, cost_hard=1_000, ban_s=900.0, exempt=())
    guilty, transport = floor.connect()
    neighbour, neighbours = floor.connect()
    with capture_logs() as lines:
        for _ in range(20):
            guilty.misbehaved(100)
    assert [line["event"] for line in lines] == ["peer_slowed", "address_banned"]
    assert (transport.ended, guilty.reason) == ("closed", "banned")
    assert (neighbours.ended, neighbour.reason) == ("", "")
    lose(guilty)
    late, refused = floor.connect(open_=False)
    assert (refused.ended, late.reason) == ("aborted", "banned")
    floor.later(901)
    floor.connect()
    assert floor.keeper.counts().banned == 1


def test_refused_connections_are_counted_by_reason_and_never_reach_an_endpoint() -> None:
    floor = Floor(connections=2, connections_per_ip=1)
    floor.connect("203.0.113.1")
    with capture_logs() as lines:
        floor.connect("203.0.113.1", open_=False)
        floor.connect("203.0.113.2")
        refused, transport = floor.connect("203.0.113.3", open_=False)
    assert transport.ended == "aborted"
    refused.data_received(b"{")
    lose(refused)
    assert len(floor.echoes.made) == 2
    counts = floor.keeper.counts()
    assert (counts.open, counts.accepted) == (2, 2)
    assert counts.refused["too many connections"] == 1
    assert counts.refused["too many connections from this address"] == 1
    assert [line["event"] for line in lines] == ["connection_refused"] * 2


def test_a_connection_that_was_gone_before_we_looked_leaves_no_trace() -> None:
    floor = Floor()
    connection, transport = floor.connect(None, open_=False)
    lose(connection)
    assert transport.ended == "aborted"
    assert floor.keeper.counts().open == floor.keeper.counts().accepted == 0


def test_a_flood_of_refusals_writes_a_few_lines_and_later_their_number() -> None:
    floor = Floor(connections=1)
    floor.connect()
    with capture_logs() as lines:
        for _ in range(1_000):
            refused, _ = floor.connect("203.0.113.2", open_=False)
            lose(refused)
        floor.later(61)
    assert len(lines) == 21
    assert lines[-1]["event"] == "log_lines_suppressed"
    assert lines[-1]["count"] == 980


def test_the_peers_last_word_is_answered_before_the_close() -> None:
    floor = Floor()
    connection, transport = floor.connect()
    assert connection.eof_received() is True
    assert not transport.ended
    connection.write(b"answer")
    [(call, args)] = floor.soon
    call(*args)
    assert (transport.ended, transport.written) == ("closed", b"{answer")


def test_a_sweep_works_in_slices_and_sees_everybody() -> None:
    floor = Floor(idle_s=1.0, connections_per_ip=2_000)
    everybody = [floor.connect() for _ in range(1_200)]
    floor.later(0.1)
    floor.clock.advance(5)
    slices = floor.keeper.sweep_in_slices()
    next(slices)
    closed = sum(bool(transport.ended) for _, transport in everybody)
    assert 0 < closed < 1_200
    assert len(list(slices)) == 2
    assert all(transport.ended for _, transport in everybody)


def test_when_all_have_left_nothing_is_kept() -> None:
    floor = Floor(cost_soft=1, cost_hard=1_000, exempt=("203.0.113.0/24",))
    connections = [floor.connect() for _ in range(10)]
    for connection, transport in connections:
        transport.unsent = 1
        connection.misbehaved(5)
    floor.later(0.1)
    for connection, _ in connections:
        lose(connection)
    keeper = floor.keeper
    for left in (keeper._roster, keeper._held, keeper._slowed_until, keeper._stalled_since):
        assert not left
    floor.later(100)
    assert keeper.counts().addresses == 0


def test_a_ban_by_hand_closes_all_connections_of_the_address_and_no_others() -> None:
    floor = Floor()
    first, second = floor.connect("203.0.113.1"), floor.connect("203.0.113.1")
    other = floor.connect("203.0.113.2")
    floor.keeper.use_bans({"203.0.113.1": 60.0})
    assert first[0].reason == second[0].reason == "banned by the operator"
    assert not other[0].reason
    refused, transport = floor.connect("203.0.113.1", open_=False)
    assert (refused.reason, transport.ended) == ("banned", "aborted")


def test_a_ban_that_is_said_again_is_no_new_one() -> None:
    floor = Floor()
    for seconds in (60.0, 59.0):
        floor.keeper.use_bans({"203.0.113.1": seconds})
    assert floor.keeper.counts().banned == 1
    floor.keeper.use_bans({})
    connection, _ = floor.connect("203.0.113.1")
    assert not connection.reason


def test_an_exempt_address_stays_connected() -> None:
    floor = Floor()
    connection, _ = floor.connect("192.168.1.5")
    floor.keeper.use_bans({"192.168.1.5": 60.0})
    assert not connection.reason


@pytest.mark.parametrize("order", [("2001:db8::7", "2001:db8::8"), ("2001:db8::8", "2001:db8::7")])
def test_an_exempt_address_stays_connected_when_its_neighbours_are_banned(order: tuple[str, str]) -> None:
    floor = Floor(exempt=("2001:db8::7/128",))
    connected = {peer: floor.connect(peer)[0] for peer in order}
    floor.keeper.use_bans({"2001:db8::/64": 60.0})
    assert not connected["2001:db8::7"].reason
    assert connected["2001:db8::8"].reason == "banned by the operator"


def test_an_endpoint_can_be_exchanged_while_the_connection_lives() -> None:
    floor = Floor()
    connection, _ = floor.connect()
    first, second = floor.echoes.made[0], Echo(connection)
    connection.adopt(second, settled=True)
    connection.data_received(b"x")
    assert (first.chunks, second.chunks) == ([b"{"], [b"x"])
