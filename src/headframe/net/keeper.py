"""Who is connected, and the sweep that looks after them.

Responsible for: admitting connections, keeping the roster, finding by one periodic sweep who is late, idle, stuck or done
with lingering, slowing and banning as `net.limits` decides, the log lines of the connection floor.
Not responsible for: the arithmetic (`net.limits`), sockets that listen (`net.listener`).
Read next: `net.limits`.

The roster is bounded by `LimitSettings.connections`; the two smaller maps (held, stalled) hold only members of it.
"""

import asyncio
import enum
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import structlog

from headframe.net.clock import Clock
from headframe.net.endpoint import Wire
from headframe.net.limits import Limits, LimitSettings, LogBudget, Measure, Refusal, address_text
from headframe.net.pump import NOBODY, RECEIVE_BYTES, Connection, State
from headframe.net.sniff import Door, Sniffer

SWEEP_S: Final = 1.0
SLICE: Final = 500
"""Connections looked at before the loop gets its turn: about a tenth of a millisecond."""

log = structlog.get_logger("headframe.net")


class Hold(enum.Flag):
    """Why a connection is not read from."""

    SLOWED = enum.auto()
    WAITING = enum.auto()


@dataclass(frozen=True, slots=True)
class FloorCounts:
    """For views and metrics; `refused` by `Refusal` value, totals since start."""

    open: int
    addresses: int
    accepted: int
    refused: dict[str, int]
    banned: int


class Keeper:
    """All connections of one listener. Mutable; implements what `net.pump.Connection` needs."""

    def __init__(
        self,
        settings: LimitSettings,
        clock: Clock,
        doors: tuple[Door, ...],
        call_soon: Callable[..., object],
    ) -> None:
        self.settings = settings
        self.limits = Limits(settings)
        self.clock = clock
        self._doors = doors
        self._call_soon = call_soon
        self._roster: set[Connection] = set()
        self._held: dict[Connection, Hold] = {}
        self._slowed_until: dict[Connection, float] = {}
        self._stalled_since: dict[Connection, float] = {}
        self._budget = LogBudget()
        self._accepted = 0
        self._banned = 0
        self._refused = dict.fromkeys((refusal.value for refusal in Refusal), 0)
        self._empty = asyncio.Event()
        self._empty.set()

    def use(self, settings: LimitSettings) -> None:
        """Other bounds from now on; an open connection keeps the write bound it came with."""
        self.settings = settings
        self.limits.use(settings)

    # What a Connection calls

    def arrived(self, connection: Connection, transport: asyncio.Transport) -> None:
        now = self.clock.monotonic()
        name = transport.get_extra_info("peername")
        if not name:  # gone again before we looked
            connection.reason = "peer closed"
            transport.abort()
            return
        peer = str(name[0])
        account = self.limits.admit(peer, now)
        if isinstance(account, Refusal):
            connection.reason = account.value
            self._refused[account.value] += 1
            self.tell("connection_refused", peer=peer, reason=account.value)
            transport.abort()
            return
        self._accepted += 1
        connection.peer, connection.account, connection.since = peer, account, now
        connection.endpoint = Sniffer(connection, self._doors)
        transport.set_write_buffer_limits(high=self.settings.write_buffer_bytes)
        if hasattr(transport, "max_size"):  # stock asyncio; see RECEIVE_BYTES
            transport.max_size = RECEIVE_BYTES
        self._roster.add(connection)
        self._empty.clear()

    def closing(self, connection: Connection, reason: str) -> None:
        connection.reason = reason
        connection.state = State.CLOSING
        connection.since = self.clock.monotonic()

    def ended(self, connection: Connection) -> None:
        account, connection.account = connection.account, None
        if account is None:
            return  # was refused
        self.limits.release(account, self.clock.monotonic())
        self._roster.discard(connection)
        self._held.pop(connection, None)
        self._slowed_until.pop(connection, None)
        self._stalled_since.pop(connection, None)
        if not self._roster:
            self._empty.set()

    def clogged(self, connection: Connection) -> None:
        if not connection.reason:
            self.tell("slow_reader_closed", peer=connection.peer, unsent_bytes=self.settings.write_buffer_bytes)
        connection.abort("does not read")

    def half_closed(self, wire: Wire) -> None:
        # call_soon keeps the order: the flush of this turn was asked for before, so replies leave first.
        self._call_soon(wire.close, "peer closed")

    def charge(self, connection: Connection, cost: int) -> None:
        if connection.account is None:
            return
        now = self.clock.monotonic()
        measure, seconds, fresh = self.limits.charge(connection.account, cost, now)
        if measure is Measure.SLOW:
            if connection not in self._slowed_until:
                self.tell("peer_slowed", peer=connection.peer, seconds=round(seconds, 1))
            self._slowed_until[connection] = now + seconds
            self._hold(connection, Hold.SLOWED)
        elif measure is Measure.BAN:
            if fresh:
                self._banned += 1
                self.tell("address_banned", address=str(connection.account), seconds=round(seconds))
            connection.close("banned")

    def hold(self, connection: Connection, on: bool) -> None:
        if on:
            self._hold(connection, Hold.WAITING)
        else:
            self._release(connection, Hold.WAITING)

    # What the listener calls

    def counts(self) -> FloorCounts:
        return FloorCounts(
            open=len(self._roster),
            addresses=self.limits.addresses,
            accepted=self._accepted,
            refused=dict(self._refused),
            banned=self._banned,
        )

    def sweep(self) -> None:
        """One whole sweep, now."""
        for _ in self.sweep_in_slices():
            pass

    def sweep_in_slices(self) -> Iterator[None]:
        """The same, stopping after every slice so that the loop can do other work."""
        self._housekeep(self.clock.monotonic())
        everybody = list(self._roster)
        for start in range(0, len(everybody), SLICE):
            now = self.clock.monotonic()
            for connection in everybody[start : start + SLICE]:
                self._look_at(connection, now)
            yield

    def use_bans(self, seconds: Mapping[str, float]) -> None:
        """The operator bans these addresses for so long, and no others; connections of those that are new are closed.
        Who is exempt within a banned /64 stays in."""
        fresh = self.limits.use_bans(seconds, self.clock.monotonic())
        self._banned += len(fresh)
        for key, left in fresh.items():
            self.tell("address_banned", address=address_text(key), seconds=round(left))
        theirs = [one for one in self._roster if one.account is not None and one.account.key in fresh] if fresh else []
        for connection in theirs:
            if not self.limits.is_exempt(connection.peer):
                connection.close("banned by the operator")

    def close_all(self, reason: str) -> None:
        for connection in list(self._roster):
            connection.close(reason)

    def abort_all(self, reason: str) -> None:
        for connection in list(self._roster):
            connection.abort(reason)

    async def emptied(self) -> None:
        """Until nobody is connected."""
        await self._empty.wait()

    def tell(self, event: str, **what: object) -> None:
        """A log line, if this event's budget allows one."""
        if self._budget.permit(event):
            log.info(event, **what)

    # The sweep

    def _look_at(self, connection: Connection, now: float) -> None:
        settings, state = self.settings, connection.state
        if state is State.OPEN:
            if connection.heard:
                connection.heard = False
                connection.since = now
            elif now - connection.since > settings.idle_s and connection not in self._held:
                self.tell("idle_closed", peer=connection.peer, idle_s=settings.idle_s)
                connection.close("idle")
            if connection.transport.get_write_buffer_size():
                self._watch_stall(connection, now)
            elif self._stalled_since:
                self._stalled_since.pop(connection, None)
        elif state is State.SNIFFING:
            if now - connection.since > settings.handshake_s:
                # Not charged: SV2 heartbeats and port probes connect and say nothing.
                connection.close("handshake took too long")
        elif state is State.CLOSING and now - connection.since > settings.linger_s:
            connection.abort(connection.reason)

    def _watch_stall(self, connection: Connection, now: float) -> None:
        since = self._stalled_since.setdefault(connection, now)
        if now - since > self.settings.write_stall_s:
            self.tell("slow_reader_closed", peer=connection.peer, stalled_s=self.settings.write_stall_s)
            connection.abort("does not read")

    def _housekeep(self, now: float) -> None:
        for connection, until in list(self._slowed_until.items()):
            if until <= now:
                del self._slowed_until[connection]
                self._release(connection, Hold.SLOWED)
        self.limits.forgive(now)
        for event, count in self._budget.suppressed(now):
            log.info("log_lines_suppressed", suppressed_event=event, count=count)

    def _hold(self, connection: Connection, why: Hold) -> None:
        held = self._held.get(connection)
        self._held[connection] = why if held is None else held | why
        if held is None:
            connection.transport.pause_reading()

    def _release(self, connection: Connection, why: Hold) -> None:
        held = self._held.get(connection)
        if held is None:
            return
        left = held & ~why
        if left:
            self._held[connection] = left
            return
        del self._held[connection]
        connection.heard = True  # its silence was ours
        if connection.endpoint is not NOBODY and not connection.transport.is_closing():
            connection.transport.resume_reading()
