"""All that anybody may do to a running server.

Responsible for: asking for the permission and, where it takes one, for a recent proof; doing it, writing it down with
before and after.
Not responsible for: how it is done (`service.steering` for all that is configured, `Floor` for what lives), what of a
setting needs more than settings do (`service.setting_rules`), accounts (`service.accounts` does all three for itself).
Read next: `service.permissions` (the matrix), `service.steering`.

Every public method has a permission from `needs`; a test holds that there is none without. An act that was refused, or
that failed on the way, is written down as well; input that cannot be taken is not, since nothing was tried.
"""

import asyncio
import functools
import inspect
import ipaddress
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

import msgspec

from headframe.net.clock import Clock
from headframe.service.allowed import require, require_for_act
from headframe.service.asking import aside
from headframe.service.audit import DONE, FAILED, REFUSED, Audit
from headframe.service.balance_views import PolicyPreview
from headframe.service.many_miners import Chosen, Floor
from headframe.service.miner_views import WireLog
from headframe.service.permissions import Actor, Permission
from headframe.service.refusals import Invalid, NotAllowed, NotFound, ProblemView, Refused
from headframe.service.setting_rules import (
    HIDDEN,
    given,
    paths_of,
    require_files,
    require_for_test,
    require_paths,
    require_proof_for,
    require_stay,
)
from headframe.service.settings_views import (
    Change,
    ChangeResult,
    ManyResult,
    ProfilesView,
    SettingsView,
    TestReport,
    WeightPreview,
)
from headframe.service.steering import Steering, Worker, WorkersChanged

__all__ = ["HIDDEN", "Commands", "Floor", "command_permissions", "hidden"]

MAX_BAN_S: Final = 31 * 86_400

_P = ParamSpec("_P")
_T = TypeVar("_T")
_Command = Callable[Concatenate["Commands", Actor, _P], Awaitable[_T]]

_SECRET_WORDS: Final = ("password", "secret", "token", "passphrase", "private_key")
_MAX_WATCHES: Final = 200


def needs(permission: Permission, action: str, target: str = "") -> Callable[[_Command[_P, _T]], _Command[_P, _T]]:
    """Ask for `permission` before anything else, and for what the table of acts says of this one unless it is only checked
    (`check_only`); whoever is refused is written down. `action` is the name in the audit, `target` the parameter that says
    what it was done to."""

    def guard(method: _Command[_P, _T]) -> _Command[_P, _T]:
        signature = inspect.signature(method)

        @functools.wraps(method)
        async def guarded(self: "Commands", actor: Actor, /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
            arguments = signature.bind(self, actor, *args, **kwargs).arguments
            try:
                require(actor, permission)
                if not arguments.get("check_only"):
                    require_for_act(actor, action, self._clock.unix_ms())
                return await method(self, actor, *args, **kwargs)
            except NotAllowed as refusal:
                named = arguments.get(target, "")
                named = named if isinstance(named, str) else ""
                await self.audit.record(actor, action, named, None, {"refused": refusal.code}, REFUSED)
                raise

        guarded.needs = permission  # type: ignore[attr-defined]
        return guarded

    return guard


class Act:
    """What the audit will say of an act that is done; `quiet` when nothing was."""

    def __init__(self) -> None:
        self.before: Any = None
        self.after: Any = None
        self.quiet = False


class Commands:
    """On the event loop. Changes of the configuration are made one after the other. `tell(action, target, actor)` hears of
    every act that was done."""

    def __init__(
        self,
        steering: Steering,
        floor: Floor,
        audit: Audit,
        clock: Clock,
        tell: Callable[[str, str, str], None] = lambda action, target, actor: None,
    ) -> None:
        self._steering = steering
        self._floor = floor
        self._clock = clock
        self._turn = asyncio.Lock()
        self._watches: dict[tuple[str, str], int] = {}
        self.audit = audit
        self._tell = tell

    # -- sources ------------------------------------------------------------------------------------------------

    @needs(Permission.WEIGHTS, "weights.set")
    async def set_weights(self, actor: Actor, weights: Mapping[str, int]) -> ChangeResult:
        """By source; those not named stay as they are."""
        changes = [Change(f"source.{name}.weight", weight) for name, weight in weights.items()]
        return await self._change(actor, "weights.set", "", changes)

    @needs(Permission.WEIGHTS, "source.pause", "source")
    async def pause(self, actor: Actor, source: str, paused: bool) -> ChangeResult:
        return await self._change(actor, "source.pause", source, [Change(f"source.{source}.paused", paused)])

    @needs(Permission.WEIGHTS, "weights.preview")
    async def preview_weights(
        self, actor: Actor, weights: Mapping[str, int], without: Collection[str] = ()
    ) -> WeightPreview:
        """With the weights that are given, and as if the sources `without` were paused or removed. Names of miners are for
        who may see what is private."""
        found = self._steering.preview_weights(weights, without)
        return found if actor.may(Permission.VIEW_PRIVATE) else msgspec.structs.replace(found, pins=())

    @needs(Permission.SETTINGS, "policy.preview")
    async def preview_policy(self, actor: Actor, policy: str) -> PolicyPreview:
        """What a policy of [routing] would do now: for whoever may choose it. Asks the feeds that it needs once."""
        return await self._steering.preview_policy(policy)

    @needs(Permission.SOURCES, "source.add")
    async def add_source(self, actor: Actor, values: Mapping[str, Any], check_only: bool = False) -> ChangeResult:
        """`values` as in the file's [[source]]."""
        name = values.get("name", "")
        require_files(actor, values)
        async with self._acting(actor, "source.add", name if isinstance(name, str) else "") as act, self._turn:
            return await self._told(act, await self._steering.add_source(values, check_only=check_only))

    @needs(Permission.SOURCES, "source.change", "name")
    async def change_source(
        self, actor: Actor, name: str, values: Mapping[str, Any], check_only: bool = False
    ) -> ChangeResult:
        require_files(actor, values)
        require_stay(actor, given(values))
        if not check_only:
            require_proof_for(actor, (f"source.{name}.{key}" for key in given(values)), self._clock.unix_ms())
        changes = [Change(f"source.{name}.{key}", value) for key, value in values.items()]
        return await self._change(actor, "source.change", name, changes, check_only=check_only)

    @needs(Permission.SOURCES, "source.remove", "name")
    async def remove_source(self, actor: Actor, name: str) -> ChangeResult:
        async with self._acting(actor, "source.remove", name) as act, self._turn:
            return await self._told(act, await self._steering.remove_source(name))

    @needs(Permission.SOURCES, "source.test", "name")
    async def test_source(self, actor: Actor, values: Mapping[str, Any], name: str = "") -> TestReport:
        """Written down too: it connects to where somebody says."""
        require_for_test(actor, values, name, self._clock.unix_ms())
        called = name or values.get("name", "")
        async with self._acting(actor, "source.test", called if isinstance(called, str) else "") as act:
            report = await self._steering.test_source(values, name)
            act.after = {"ok": report.ok, "values": hidden(values)}
            return report

    # -- settings -----------------------------------------------------------------------------------------------

    @needs(Permission.SETTINGS, "settings.read")
    async def settings(self, actor: Actor) -> SettingsView:
        return await aside(self._steering.settings)

    @needs(Permission.SETTINGS, "settings.profiles")
    async def profiles(self, actor: Actor) -> ProfilesView:
        return self._steering.profiles()

    @needs(Permission.SETTINGS, "settings.export")
    async def export_settings(self, actor: Actor) -> str:
        async with self._acting(actor, "settings.export"):
            return await aside(self._steering.export)

    @needs(Permission.SETTINGS, "settings.change")
    async def change_settings(
        self, actor: Actor, changes: Sequence[Change], revision: str = "", check_only: bool = False
    ) -> ChangeResult:
        """Where the money goes (`payout`) is for owners, sources for who may change sources, pins for who may pin."""
        require_paths(actor, (change.path for change in changes))
        async with self._acting(actor, "settings.change") as act, self._turn:
            plan = await self._steering.change(changes, revision=revision, check_only=True)
            require_paths(actor, paths_of(plan))
            if check_only:
                return await self._told(act, plan)
            require_proof_for(actor, paths_of(plan), self._clock.unix_ms())
            return await self._told(act, await self._steering.change(changes, revision=revision))

    @needs(Permission.SETTINGS, "settings.import")
    async def import_settings(self, actor: Actor, text: str, check_only: bool) -> ChangeResult:
        """What it would change is looked at first: see `change_settings`."""
        async with self._acting(actor, "settings.import") as act, self._turn:
            plan = await self._steering.import_(text, check_only=True)
            require_paths(actor, paths_of(plan))
            if check_only:
                return await self._told(act, plan)
            require_proof_for(actor, paths_of(plan), self._clock.unix_ms())
            return await self._told(act, await self._steering.import_(text, check_only=False))

    # -- miners -------------------------------------------------------------------------------------------------

    @needs(Permission.MINERS, "miner.pin", "key")
    async def pin(self, actor: Actor, key: str, source: str | None) -> ChangeResult:
        """`source` None: not pinned any more."""
        return _of_one(await self._pin(actor, (key,), source))

    @needs(Permission.MINERS, "miner.pin")
    async def pin_many(self, actor: Actor, keys: Sequence[str], source: str | None) -> ManyResult:
        """As one change of the file; says of each that it could not be done for why not."""
        return await self._pin(actor, keys, source)

    @needs(Permission.MINERS, "miner.difficulty", "key")
    async def fix_difficulty(self, actor: Actor, key: str, difficulty: float | None) -> ChangeResult:
        """For all its sessions, and until it is taken back. None: automatic again."""
        return _of_one(await self._fix_difficulty(actor, (key,), difficulty))

    @needs(Permission.MINERS, "miner.difficulty")
    async def fix_difficulty_of_many(self, actor: Actor, keys: Sequence[str], difficulty: float | None) -> ManyResult:
        return await self._fix_difficulty(actor, keys, difficulty)

    @needs(Permission.MINERS, "miner.disconnect")
    async def disconnect_many(self, actor: Actor, keys: Sequence[str]) -> ManyResult:
        """All sessions of these miners."""
        chosen = Chosen(self._floor, keys)
        async with self._acting(actor, "miner.disconnect", chosen.title) as act:
            act.before = {"sessions": chosen.each(self._floor.disconnect_all)}
            act.after = {"left_out": chosen.refused} if chosen.left_out else None
            act.quiet = not chosen.done
            return chosen.result()

    @needs(Permission.MINERS, "session.disconnect", "session_id")
    async def disconnect(self, actor: Actor, session_id: str) -> None:
        async with self._acting(actor, "session.disconnect", session_id) as act:
            act.before = {"session": self._floor.disconnect(session_id)}

    @needs(Permission.MINERS, "address.ban", "address")
    async def ban(self, actor: Actor, address: str, seconds: float) -> ChangeResult:
        """Also after a restart, until its time or a pardon."""
        until_ms = self._until_ms(seconds)
        address = self._floor.bannable(_checked_address(address))
        async with self._acting(actor, "address.ban", address) as act, self._turn:
            return _told_to(actor, await self._told(act, await self._steering.ban((address,), until_ms)))

    @needs(Permission.MINERS, "miner.ban")
    async def ban_many(self, actor: Actor, keys: Sequence[str], seconds: float) -> ManyResult:
        """The addresses that these miners are connected from, as one change of the file."""
        until_ms = self._until_ms(seconds)
        chosen = Chosen(self._floor, keys)
        found = chosen.each(self._floor.addresses_of)
        if not found:
            return chosen.result()
        addresses = tuple(dict.fromkeys(address for each in found.values() for address in each))
        async with self._acting(actor, "miner.ban", chosen.title) as act, self._turn:
            result = await self._steering.ban(addresses, until_ms)
            await self._told(act, result)
            act.after = {**act.after, "addresses": found} | ({"left_out": chosen.refused} if chosen.left_out else {})
            return chosen.result(_told_to(actor, result))

    @needs(Permission.MINERS, "address.unban", "address")
    async def unban(self, actor: Actor, address: str) -> None:
        """Whoever banned it: the operator, or its misbehaviour."""
        address = _checked_address(address)
        async with self._acting(actor, "address.unban", address) as act, self._turn:
            result = await self._steering.unban(address)
            if result is not None:
                await self._told(act, result)
            if not self._floor.pardon(address) and result is None:
                raise NotFound("this address is not banned", "look at the list again: its ban may be over")

    @needs(Permission.VIEW_PRIVATE, "session.watch", "session_id")
    async def watch(self, actor: Actor, session_id: str) -> WireLog:
        """Asked for again and again while somebody looks; written down when it begins."""
        async with self._acting(actor, "session.watch", session_id) as act:
            log = self._floor.watch(session_id)
            now_ms = self._clock.unix_ms()
            watched = (actor.name, session_id)
            act.quiet = self._watches.pop(watched, 0) > now_ms
            self._watches[watched] = log.ends_ms
            while len(self._watches) > _MAX_WATCHES:
                del self._watches[next(iter(self._watches))]
            return log

    def _until_ms(self, seconds: float) -> int:
        if not 1 <= seconds <= MAX_BAN_S:
            raise _invalid("seconds", "a ban lasts from a second to 31 days", "give the seconds that it should last")
        return self._clock.unix_ms() + round(seconds * 1000)

    async def _pin(self, actor: Actor, keys: Sequence[str], source: str | None) -> ManyResult:
        return await self._decide(actor, "miner.pin", keys, lambda workers: self._steering.pin(workers, source))

    async def _fix_difficulty(self, actor: Actor, keys: Sequence[str], difficulty: float | None) -> ManyResult:
        if difficulty is not None and not (math.isfinite(difficulty) and difficulty > 0):
            raise _invalid("difficulty", "this is not a difficulty", "give a number above 0, or none for automatic")
        fix = self._steering.fix_difficulty
        return await self._decide(actor, "miner.difficulty", keys, lambda workers: fix(workers, difficulty))

    async def _decide(
        self,
        actor: Actor,
        action: str,
        keys: Sequence[str],
        change: Callable[[Sequence[Worker]], Awaitable[WorkersChanged]],
    ) -> ManyResult:
        """One change of the file for all of them, and one entry in the audit."""
        chosen = Chosen(self._floor, keys)
        if not chosen.workers:
            return chosen.result()
        async with self._acting(actor, action, chosen.title) as act, self._turn:
            result, why = await change(chosen.workers)
            chosen.leave_out(why)
            await self._told(act, result)
            act.quiet |= not chosen.done
            if chosen.left_out:
                act.after = {**act.after, "left_out": chosen.refused}
            return chosen.result(_told_to(actor, result))

    # -- doing it -----------------------------------------------------------------------------------------------

    async def _change(
        self, actor: Actor, action: str, target: str, changes: Sequence[Change], *, check_only: bool = False
    ) -> ChangeResult:
        async with self._acting(actor, action, target) as act, self._turn:
            return await self._told(act, await self._steering.change(changes, check_only=check_only))

    @asynccontextmanager
    async def _acting(self, actor: Actor, action: str, target: str = "") -> AsyncIterator[Act]:
        """Write down how it ends. Whoever goes away meanwhile (a closed browser) does not take the entry with them."""
        self.audit.check()
        act = Act()
        try:
            yield act
        except (Invalid, NotFound, NotAllowed):
            raise  # nothing was tried, or `needs` writes it down
        except Refused as refusal:
            await self.audit.record(actor, action, target, None, {"refused": refusal.code}, REFUSED)
            raise
        except BaseException as failure:
            self.audit.note(actor, action, target, act.before, {"failed": type(failure).__name__}, FAILED)
            raise
        if not act.quiet:
            self._tell(action, target, actor.name)
            await self.audit.record(actor, action, target, act.before, act.after, DONE)

    async def _told(self, act: Act, result: ChangeResult) -> ChangeResult:
        shown = await aside(self._steering.settings)
        secret = {view.path for view in shown.settings if view.secret}
        act.before, act.after = hidden(result.before, secret), hidden(result.after, secret)
        act.quiet = not result.applied
        return result


def command_permissions() -> dict[str, Permission | None]:
    """What each command needs; None would be a mistake. For the reference and for tests."""
    return {
        name: getattr(method, "needs", None)
        for name, method in inspect.getmembers(Commands, inspect.isfunction)
        if not name.startswith("_")
    }


def hidden(values: Mapping[str, Any], secret_paths: Iterable[str] = ()) -> dict[str, Any]:
    """Without what is secret: by its path, or by its name wherever it stands."""
    secret = frozenset(secret_paths)
    return {
        path: HIDDEN if value is not None and _secret(path, secret) else _inside(value)
        for path, value in values.items()
    }


def _inside(value: Any) -> Any:
    if isinstance(value, Mapping):
        return hidden({str(key): inner for key, inner in value.items()})
    if isinstance(value, (list, tuple)):
        return [_inside(inner) for inner in value]
    return value


def _secret(path: str, secret: frozenset[str]) -> bool:
    key = path.rpartition(".")[2]
    return path in secret or (not key.endswith("_file") and any(word in key for word in _SECRET_WORDS))


def _checked_address(address: str) -> str:
    try:
        return str(ipaddress.ip_address(address.strip().removesuffix("/64")))
    except ValueError:
        raise _invalid("address", "this is not an IP address", "give one as 192.0.2.7 or 2001:db8::7") from None


def _invalid(path: str, text: str, remedy: str) -> Invalid:
    return Invalid(text, remedy, (ProblemView(path, text, remedy),))


def _told_to(actor: Actor, result: ChangeResult) -> ChangeResult:
    """Tables of miners and addresses hold more than the asker named: whole only for who may see what is private."""
    if actor.may(Permission.VIEW_PRIVATE):
        return result
    return msgspec.structs.replace(result, before={}, after={}, doubts=())


def _of_one(result: ManyResult) -> ChangeResult:
    assert result.change is not None
    return result.change
