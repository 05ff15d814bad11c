"""The miners that are here now, and acts on them.

Responsible for: views of live sessions, of the last shares and moves, of who mines where; the acts on sessions and
addresses.
Not responsible for: who may act (`service.commands`), workers that are not here (`service.history`), what who may see
(`service.veil`).
Read next: `gateway.census`, `gateway.recent`.
"""

import ipaddress
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice

from headframe.bitcoin.target import DIFFICULTY_1_TARGET, difficulty_of_target
from headframe.gateway.census import LiveMiner, issued_target
from headframe.gateway.hub import Hub
from headframe.gateway.recent import KeptShare
from headframe.gateway.seat import Seat
from headframe.gateway.watch import MAX_WATCHES, TooManyWatches
from headframe.mining.devices import normalise_user_agent
from headframe.mining.submission import RejectReason
from headframe.net.clock import Clock
from headframe.net.limits import address_key, address_text
from headframe.net.listener import Listener
from headframe.service.history_views import Flow, Shaft
from headframe.service.many_miners import name
from headframe.service.miner_views import BanView, MoveView, ShareView, WireLine, WireLog, miner_alias, miner_key
from headframe.service.refusals import Conflict, Invalid, NotFound, TooMany
from headframe.service.veil_text import shown
from headframe.service.views import SessionView

SHARES_SHOWN = 50

CLOSED_BY_OPERATOR = "closed by the operator"

_NO_SESSION = "the miner may have reconnected: look at its page again"
_EXEMPT_REMEDY = (
    "take its network out of [limits] exempt if its miners may be locked out, or disconnect the sessions one by one"
)

__all__ = [
    "LiveFloor",
    "LiveMiner",
    "bans",
    "live_miners",
    "moves",
    "session_view",
    "sessions_of",
    "shaft",
    "shares_of",
]


# -- looking --------------------------------------------------------------------------------------------------------


def live_miners(hub: Hub) -> dict[tuple[str, str], LiveMiner]:
    """(identity, worker) -> its live sessions put together, at most some two seconds old. Of a house with many sessions
    it is gathered in slices: asking is cheap, also once a second."""
    return hub.census.take()


def sessions_of(hub: Hub, clock: Clock, identity: str, worker: str) -> tuple[SessionView, ...]:
    """The live sessions of one miner, oldest first; of new ones it is known within some two seconds."""
    now, miner = clock.monotonic(), live_miners(hub).get((identity, worker))
    seats = [hub.seat_of(session_id) for session_id in miner.session_ids] if miner is not None else []
    return tuple(session_view(seat, now) for seat in seats if seat is not None)


def session_view(seat: Seat, now: float) -> SessionView:
    """One session."""
    target = issued_target(seat)
    return SessionView(
        session_id=seat.session_id,
        peer=seat.wire.peer,
        transport_kind=seat.wire.transport_kind,
        protocol=seat.session.protocol,
        user_agent=shown(normalise_user_agent(seat.session.user_agent)),
        device_class=seat.wishes.device.name,
        workers=tuple(account.worker for account in seat.accounts.values()) if seat.accounts else (),
        source=seat.source,
        difficulty=difficulty_of_target(target) if target is not None else None,
        connected_s=now - seat.connected_at,
        last_share_age_s=now - seat.last_share_at if seat.last_share_at is not None else None,
        accepted=seat.accepted,
        rejected=seat.rejected,
        fixed=seat.vardiff is not None and seat.vardiff.fixed is not None,
    )


def shares_of(hub: Hub, clock: Clock, identity: str, worker: str, limit: int = SHARES_SHOWN) -> tuple[ShareView, ...]:
    """The last shares of one miner that are still remembered, newest first."""
    found = (
        share for share in reversed(hub.recent.shares) if share[1].worker == worker and share[1].identity == identity
    )
    age = wall_ms(clock)
    return tuple(_share_view(share, age) for share in islice(found, limit))


def last_shares(hub: Hub, clock: Clock, limit: int = SHARES_SHOWN) -> tuple[ShareView, ...]:
    """The last shares of everybody, newest first."""
    age = wall_ms(clock)
    return tuple(_share_view(share, age) for share in islice(reversed(hub.recent.shares), limit))


def moves(hub: Hub, clock: Clock, limit: int = 100, miner: tuple[str, str] | None = None) -> tuple[MoveView, ...]:
    """The last moves, of everybody or of one miner (identity, worker), newest first."""
    time_ms = wall_ms(clock)
    found = (
        MoveView(
            time_ms=time_ms(at),
            key=miner_key(account.identity, account.worker) if account is not None else "",
            alias=shown(miner_alias(account.identity, account.worker)) if account is not None else "",
            session_id=session_id,
            from_source=before,
            to_source=to,
            reason=reason,
        )
        for at, account, session_id, before, to, reason in reversed(hub.recent.moves)
        if miner is None or (account is not None and (account.identity, account.worker) == miner)
    )
    return tuple(islice(found, limit))


def moves_by_step(hub: Hub, clock: Clock, from_s: int, step_s: int, steps: int) -> tuple[int, ...]:
    """How many moves fell into each of these steps; as far back as they are remembered."""
    counts, time_ms = [0] * steps, wall_ms(clock)
    for move in hub.recent.moves:
        index = (time_ms(move[0]) // 1000 - from_s) // step_s
        if 0 <= index < steps:
            counts[index] += 1
    return tuple(counts)


def shaft(hub: Hub, clock: Clock) -> Shaft:
    """Who mines where: the strongest miners by name, the rest together. What is not measured yet is unknown, not 0."""
    standing = hub.census.standing()
    flows = [
        Flow(key, alias, source, rate or None)
        for miner in standing.strongest
        for key, alias in ((miner_key(miner.identity, miner.worker), shown(miner_alias(miner.identity, miner.worker))),)
        for source, rate in miner.hashrates.items()
    ]
    flows += [Flow("", "", source, rate or None, count) for source, (rate, count) in standing.others.items()]
    return Shaft(clock.unix_ms(), tuple(flows))


def bans(listener: Listener, clock: Clock) -> tuple[BanView, ...]:
    """Who is locked out: by the operator's word, or for what it cost us. An IPv6 address stands for its /64."""
    now_ms = clock.unix_ms()
    return tuple(
        BanView(
            address.removesuffix("/64"),
            now_ms + int(left * 1000),
            "operator" if listener.is_ordered(address) else "misbehaviour",
        )
        for address, left in sorted(listener.bans().items())
    )


def _share_view(share: KeptShare, time_ms: Callable[[float], int]) -> ShareView:
    at, account, session_id, source, seq, target, header_hash, reason, why = share
    required = difficulty_of_target(target) if target else None
    value = int.from_bytes(header_hash, "little") if header_hash is not None else 0
    met = DIFFICULTY_1_TARGET / value if value else None
    explanation: dict[str, str | int | float] = {
        name: shown(given) if isinstance(given, str) else given for name, given in (why or {}).items()
    }
    if reason is RejectReason.ABOVE_TARGET and met is not None and required is not None:
        explanation |= {"met": met, "required": required}
    return ShareView(
        time_ms=time_ms(at),
        key=miner_key(account.identity, account.worker),
        alias=shown(miner_alias(account.identity, account.worker)),
        session_id=session_id,
        source=source,
        job_id=_job_id(seq),
        difficulty=required,
        share_difficulty=met,
        reason=reason.label if reason is not None else "",
        explanation=explanation,
    )


def _job_id(seq: int) -> str:
    """As on the wire; "" for none."""
    if not seq:
        return ""
    digits = f"{seq:x}"
    return digits if len(digits) % 2 == 0 else "0" + digits


def wall_ms(clock: Clock) -> Callable[[float], int]:
    """Monotonic seconds to Unix milliseconds."""
    now, now_ms = clock.monotonic(), clock.unix_ms()
    return lambda at: now_ms - int((now - at) * 1000)


# -- acting ---------------------------------------------------------------------------------------------------------


class LiveFloor:
    """Acts on sessions; what `service.many_miners.Floor` asks for. `known` finds a miner that is not here now by its key."""

    def __init__(
        self,
        hub: Hub,
        listener: Listener,
        clock: Clock,
        known: Callable[[str], tuple[str, str] | None] = lambda key: None,
    ) -> None:
        self._hub = hub
        self._listener = listener
        self._clock = clock
        self._known = known

    def workers_of(self, keys: Sequence[str]) -> Mapping[str, tuple[str, str]]:
        """(identity, worker) of miners by their keys; of live ones first."""
        wanted = set(keys)
        found = {key: who for who in live_miners(self._hub) if (key := miner_key(*who)) in wanted}
        for key in wanted - found.keys():
            who = self._known(key)
            if who is not None:
                found[key] = who
        return found

    def disconnect(self, session_id: str) -> str:
        """Close a session; what it was. Its miner will most likely come back at once. Raises NotFound."""
        seat = self._seat(session_id)
        account = seat.first_account
        who = ".".join(part for part in (account.identity, account.worker) if part) if account is not None else ""
        agent = normalise_user_agent(seat.session.user_agent)
        what = shown(" ".join(part for part in (who or "a nameless miner", f"from {seat.wire.peer}", agent) if part))
        seat.wire.close(CLOSED_BY_OPERATOR)
        return what

    def disconnect_all(self, identity: str, worker: str) -> list[str]:
        """Every session of a miner, as `disconnect` does. Raises NotFound when there is none."""
        miner = live_miners(self._hub).get((identity, worker))
        there = [each for each in miner.session_ids if self._hub.seat_of(each)] if miner is not None else []
        if not there:
            raise NotFound("this miner is not connected")
        return [self.disconnect(session_id) for session_id in there]

    def addresses_of(self, identity: str, worker: str) -> list[str]:
        """From where a miner is connected, as they can be banned. Raises NotFound when it is not, and Conflict, without the
        address: not all who may ban may see those."""
        there = sessions_of(self._hub, self._clock, identity, worker)
        if not there:
            raise NotFound("this miner is not connected")
        called = name(identity, worker)
        return list(dict.fromkeys(self._as_banned(_address(session.peer), called) for session in there))

    def bannable(self, address: str) -> str:
        """An address as it is banned: an IPv6 one by its /64. Raises Invalid, Conflict where it is never banned."""
        address = _address(address)
        return self._as_banned(address, address)

    def _as_banned(self, address: str, called: str) -> str:
        if self._listener.is_exempt(address):
            raise Conflict(f"{shown(called)} is in a network that is never banned", _EXEMPT_REMEDY)
        return address_text(address_key(address))

    def pardon(self, address: str) -> bool:
        """Lift a ban for misbehaviour; False if there is none. Raises Invalid."""
        return self._listener.pardon(_address(address))

    def watch(self, session_id: str) -> WireLog:
        """What its miner and we say to each other from now on, and what was heard since it was first asked for; it ends by
        itself when nobody asks for five minutes. Raises NotFound, TooMany."""
        try:
            watch = self._hub.watches.watch(session_id, self._hub.seat_of(session_id))
        except TooManyWatches:
            raise TooMany(f"{MAX_WATCHES} sessions are watched already", "wait until one ends by itself") from None
        if watch is None:
            raise NotFound("there is no such session", _NO_SESSION)
        time_ms = wall_ms(self._clock)
        return WireLog(session_id, time_ms(watch.ends_at), tuple(_lines(watch.lines)))

    def _seat(self, session_id: str) -> Seat:
        seat = self._hub.seat_of(session_id)
        if seat is None:
            raise NotFound("there is no such session", _NO_SESSION)
        return seat


def _lines(lines: Iterable[tuple[int, int, bool, str]]) -> Iterable[WireLine]:
    return (WireLine(number, time_ms, from_miner, text) for number, time_ms, from_miner, text in lines)


def _address(text: str) -> str:
    """An IP address, or an IPv6 /64 as `bans` shows it. Raises Invalid."""
    try:
        ipaddress.ip_address(text.strip().removesuffix("/64"))
    except ValueError:
        raise Invalid("this is no IP address", "write it as 203.0.113.9 or 2001:db8::1") from None
    return text.strip()
