"""The desk: where settings are changed while the server runs.

Responsible for: one change at a time, from what is wished over the file's text and a check of the whole to the file and
what runs; saying what it did; showing the settings. It is `service.steering.Steering`.
Not responsible for: what a wish means for the text (`app.desk_plans`), the file (`app.desk_file`), making a configuration
so (`app.house`), who may (`service.commands`).
Read next: `app.desk_plans`.

A change either happens whole (file, running parts) or not at all: what is refused is never written, and when it cannot be
made so the file is put back. What else was changed in the file by hand meanwhile is taken over with it.
"""

import asyncio
import tomllib
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import structlog

from headframe.app import desk_bans, desk_plans, desk_values, desk_weights
from headframe.app.desk_difference import before_and_after, not_default
from headframe.app.desk_document import Edit, edited
from headframe.app.desk_file import SettingsFile, revision_of
from headframe.app.desk_machine import Machine, find_nodes, profiles
from headframe.app.desk_test import test_source
from headframe.app.desk_values import Tree
from headframe.app.desk_weights import Fleet
from headframe.app.desk_workers import DIFFICULTY, PIN, Decision, decided
from headframe.app.reload import Reload, diff
from headframe.config import MAX_FILE_BYTES, Config, ConfigError, Loaded, Problem, parse_with_doubts
from headframe.net.clock import Clock
from headframe.service.balance_views import PolicyPreview, PolicyTrial
from headframe.service.refusals import Conflict, Invalid, NotFound, ProblemView, Refused, Unavailable
from headframe.service.settings_views import (
    Change,
    ChangeResult,
    FoundNode,
    ProfilesView,
    SettingsView,
    TestReport,
    WeightPreview,
)
from headframe.service.steering import Worker, WorkersChanged

Apply = Callable[[Config], Awaitable[Reload]]
"""Makes a checked configuration so (`app.house`) and says what came of it. One at a time with every other reload."""

Try = Callable[[str], Awaitable[PolicyTrial]]
"""What a policy would decide now (`app.policies`)."""

_Plan = Callable[[str, Tree], tuple[str, Sequence[Problem]]]

TESTS_AT_ONCE = 4

log = structlog.get_logger("headframe.app")


def _as_it_is(config: Config) -> Config:
    return config


class Desk:
    """See the module. One owner: `app.running`.

    `file` None: changes are kept in memory until the end, and begin from `text`, or else from what is in force when
    `environment` sets nothing of it (a demo's). `changing`: held from reading the file to taking it over, by whoever does.
    `overriding`: what the command line says over any configuration, here as when the file is read again.
    """

    def __init__(
        self,
        file: Path | None,
        environment: Mapping[str, str],
        in_force: Callable[[], Config],
        apply: Apply,
        fleet: Fleet,
        clock: Clock,
        *,
        text: str | None = None,
        changing: asyncio.Lock | None = None,
        try_policy: Try | None = None,
        overriding: Callable[[Config], Config] = _as_it_is,
    ) -> None:
        if file is None and text is None:
            text = "" if desk_plans.sets_anything(environment) else text_of(in_force())
        self._file = SettingsFile(file, text or "")
        self._environment = environment
        self._in_force = in_force
        self._apply = apply
        self._fleet = fleet
        self._clock = clock
        self._lock = changing or asyncio.Lock()
        self._try_policy = try_policy
        self._overriding = overriding
        self._tests = asyncio.Semaphore(TESTS_AT_ONCE)
        self._shown: tuple[str, Config, SettingsView] | None = None

    # -- showing ------------------------------------------------------------------------------------------------

    def settings(self) -> SettingsView:
        text, running = self._read(), self._in_force()
        if self._shown is not None and self._shown[0] == text and self._shown[1] is running:
            return self._shown[2]
        found = self._settings(text, running)
        self._shown = (text, running, found)
        return found

    def _settings(self, text: str, running: Config) -> SettingsView:
        config, tree, problems = running, Tree({}, {}), tuple[ProblemView, ...]()
        try:
            config = self._parse(text).config
            tree = Tree.of(text, self._environment)
        except ConfigError as error:
            problems = desk_plans.problem_views(error.problems, _tree_or_none(text, self._environment))
        return SettingsView(
            file=self._file.name,
            revision=revision_of(text),
            sections=desk_values.section_views(),
            settings=tuple(desk_values.setting_views(tree, config)),
            of_sources=tuple(desk_values.source_kind_views()),
            sources=desk_values.source_settings(tree, config),
            waiting=waiting(running, config, diff(running, config)),
            problems=problems,
        )

    def export(self) -> str:
        try:
            return desk_plans.without_secrets(self._read())
        except tomllib.TOMLDecodeError:
            raise _broken() from None

    def profiles(self) -> ProfilesView:
        return profiles(Machine.this())

    def find_nodes(self) -> Sequence[FoundNode]:
        return find_nodes(self._environment)

    def preview_weights(self, weights: Mapping[str, int], without: Collection[str] = ()) -> WeightPreview:
        standing = self._fleet.standing()
        unknown = sorted((weights.keys() | set(without)) - {one.name for one in standing})
        if unknown:
            raise NotFound(f'no source is called "{unknown[0]}"')
        wrong = [name for name, weight in weights.items() if isinstance(weight, bool) or weight < 0]
        if wrong:
            raise Invalid(f"the weight of {wrong[0]} is not a whole number from 0 on")
        pins = [(pin.worker, pin.source) for pin in self._in_force().pin] if without else ()
        return desk_weights.preview(standing, weights, without, pins)

    async def preview_policy(self, policy: str) -> PolicyPreview:
        if self._try_policy is None:
            raise NotFound("nothing here balances")
        trial = await self._try_policy(policy)
        return PolicyPreview(trial, desk_weights.preview(self._fleet.standing(), trial.weights))

    # -- changing -----------------------------------------------------------------------------------------------

    async def change(self, changes: Sequence[Change], *, revision: str = "", check_only: bool = False) -> ChangeResult:
        return await self._make(lambda text, tree: desk_plans.changed(text, tree, changes), revision, check_only)

    async def add_source(self, values: Mapping[str, Any], *, check_only: bool = False) -> ChangeResult:
        return await self._make(lambda text, tree: desk_plans.with_source(text, tree, values), "", check_only)

    async def remove_source(self, name: str) -> ChangeResult:
        environment = self._environment
        return await self._make(lambda text, tree: (desk_plans.without_source(text, tree, name, environment), ()))

    async def pin(self, workers: Sequence[Worker], source: str | None) -> WorkersChanged:
        return await self._decide(PIN, workers, source)

    async def fix_difficulty(self, workers: Sequence[Worker], difficulty: float | None) -> WorkersChanged:
        bounds = self._in_force().difficulty
        if difficulty is not None and not bounds.min <= difficulty <= bounds.max:
            text = f"the difficulty must be between {bounds.min:g} and {bounds.max:g}"
            remedy = "change [difficulty] min and max for another range"
            raise Invalid(text, remedy, [ProblemView("difficulty", text, remedy)])
        whole = difficulty is not None and difficulty.is_integer()
        return await self._decide(DIFFICULTY, workers, int(difficulty or 0) if whole else difficulty)

    async def ban(self, addresses: Sequence[str], until_ms: int) -> ChangeResult:
        now_ms = self._clock.unix_ms()
        return await self._make(lambda text, tree: (desk_bans.banned(text, tree, addresses, until_ms, now_ms), ()))

    async def unban(self, address: str) -> ChangeResult | None:
        now_ms = self._clock.unix_ms()
        tree = _tree_or_none(await asyncio.to_thread(self._read), self._environment)
        if tree is not None and not desk_bans.is_banned(tree, address):
            return None
        return await self._make(lambda text, tree: (desk_bans.pardoned(text, tree, address, now_ms), ()))

    async def _decide(self, decision: Decision, workers: Sequence[Worker], value: Any) -> WorkersChanged:
        why: dict[Worker, Refused] = {}

        def plan(text: str, tree: Tree) -> tuple[str, Sequence[Problem]]:
            made, refused = decided(text, tree, decision, workers, value)
            why.update(refused)
            return made, ()

        return await self._make(plan), why

    async def import_(self, text: str, *, check_only: bool) -> ChangeResult:
        def plan(_: str, tree: Tree) -> tuple[str, Sequence[Problem]]:
            try:
                return desk_plans.with_secrets_of(text, tree)
            except tomllib.TOMLDecodeError:
                return text, ()  # the check of the whole says where

        return await self._make(plan, "", check_only, over_anything=True)

    async def test_source(self, values: Mapping[str, Any], name: str = "") -> TestReport:
        text = await asyncio.to_thread(self._read)
        tree = _tree_or_none(text, self._environment)
        async with self._tests:
            return await test_source(values, name, tree, self._environment, self._file.path, self._clock)

    async def _make(
        self, plan: _Plan, revision: str = "", check_only: bool = False, *, over_anything: bool = False
    ) -> ChangeResult:
        """`over_anything`: what is there need not be TOML."""
        async with self._lock:
            text = await asyncio.to_thread(self._read)
            if revision and revision != revision_of(text):
                raise Conflict(
                    "the settings were changed meanwhile",
                    "load them again and repeat your change",
                    code="changed_meanwhile",
                )
            new_text, loaded, doubts = await asyncio.to_thread(self._plan, plan, text, over_anything)
            running = self._in_force()
            before, after = await asyncio.to_thread(self._difference, text, running, loaded.config)
            reload, backup = diff(running, loaded.config), ""
            waits = waiting(running, loaded.config, reload)
            if not check_only:
                reload, backup = await self._carry_out(text, new_text, loaded.config, running)
            return ChangeResult(
                applied=not check_only,
                changed=reload.changed,
                needs_restart=waits,
                doubts=doubts,
                before=before,
                after=after,
                revision=revision_of(text if check_only else new_text),
                backup=backup,
            )

    def _plan(self, plan: _Plan, text: str, over_anything: bool) -> tuple[str, Loaded, tuple[ProblemView, ...]]:
        """The new text, what it means and what is doubtful of it. Raises Invalid with everything that is wrong."""
        tree = _tree_or_none(text, self._environment)
        if tree is None and not over_anything:
            raise _broken()
        new_text, problems = plan(text, tree or Tree({}, {}))
        if len(new_text.encode()) > MAX_FILE_BYTES:
            raise Invalid(
                f"the file would be larger than {MAX_FILE_BYTES} bytes", "take out what is not needed any more"
            )
        seen = {problem.path for problem in problems}
        try:
            loaded = self._parse(new_text)
        except ConfigError as error:
            problems = [*problems, *(problem for problem in error.problems if problem.path not in seen)]
            raise desk_plans.refused(problems, _tree_or_none(new_text, self._environment)) from None
        if problems:
            raise desk_plans.refused(problems, tree)
        doubts = desk_plans.problem_views(
            loaded.doubts, _tree_or_none(new_text, self._environment) if loaded.doubts else None
        )
        return new_text, loaded, doubts

    def _difference(self, text: str, running: Config, new: Config) -> tuple[dict[str, Any], dict[str, Any]]:
        try:
            old = self._parse(text).config
        except ConfigError:
            old = running
        return before_and_after(old, new)

    async def _carry_out(self, text: str, new_text: str, config: Config, running: Config) -> tuple[Reload, str]:
        """File first, so that what runs is never ahead of it. Returns what was taken over, and the backup's name."""
        backup = ""
        if new_text != text:
            try:
                backup = await asyncio.to_thread(self._file.write, new_text, self._clock.unix_ms())
            except OSError as error:
                raise _unwritable(error) from None
        try:
            return await self._apply(config), backup
        except Exception as error:
            log.exception("change_failed", backup=backup)
            await self._undo(text, new_text, running, existed=bool(backup))
            raise Unavailable(
                f"it could not be made so: {type(error).__name__}", "the log says why; the settings are as they were"
            ) from error

    async def _undo(self, text: str, new_text: str, running: Config, *, existed: bool) -> None:
        """Both as far as it goes: the file must be right even when what runs is not."""
        try:
            if new_text != text:
                await asyncio.to_thread(self._file.put_back, text, existed=existed)
            await self._apply(running)
        except Exception:
            log.exception("change_not_undone")

    def _read(self) -> str:
        try:
            return self._file.read()
        except (OSError, UnicodeDecodeError) as error:
            reason = (getattr(error, "strerror", None) or "it is not UTF-8 text").lower()
            raise Unavailable(
                f"{self._file.name} cannot be read: {reason}", "check the file and who may read it"
            ) from None

    def _parse(self, text: str) -> Loaded:
        path = self._file.path
        folder = None if path is None else path.absolute().parent
        loaded = parse_with_doubts(text, self._environment, name=self._file.name, folder=folder)
        return loaded._replace(config=self._overriding(loaded.config))


def waiting(running: Config, config: Config, reload: Reload) -> tuple[str, ...]:
    """The paths that wait for a restart. With another network everything else waits too, and is named: the address that
    is paid must not change unseen."""
    if reload.in_force is not running:
        return reload.needs_restart
    return tuple(dict.fromkeys((*reload.needs_restart, *before_and_after(running, config)[1])))


def text_of(config: Config) -> str:
    """A configuration as a file would say it, its secrets too."""
    sections, sources = not_default(config)
    edits = [Edit(path, value) for path, value in sections]
    return edited("", [*edits, *(Edit(("source", index), values) for index, values in enumerate(sources))])


def _tree_or_none(text: str, environment: Mapping[str, str]) -> Tree | None:
    """None for what is no TOML."""
    try:
        return Tree.of(text, environment)
    except tomllib.TOMLDecodeError:
        return None


def _broken() -> Conflict:
    return Conflict(
        "the configuration file is not valid TOML at the moment", "put it right by hand, or import a whole one"
    )


def _unwritable(error: OSError) -> Unavailable:
    return Unavailable(
        f"the configuration file cannot be written: {(error.strerror or str(error)).lower()}",
        "let the user that Headframe runs as write the file and its folder, or change it by hand and reload",
    )
