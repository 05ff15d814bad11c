"""What a face may see and ask of the settings.

Responsible for: these shapes.
Not responsible for: the settings themselves (`config`, which only `app` knows), changing them (`service.steering`).
Read next: `service.steering`.
"""

from typing import Any

import msgspec

from headframe.service.refusals import ProblemView


class SettingView(msgspec.Struct, frozen=True):
    """One setting. `path` is dotted; settings of sources are under "source.NAME.key", of their kinds (no NAME) under
    "source..key" in `SettingsView.of_sources`. `value` and `default` are JSON; secrets show as "***" when set, None when
    not. `set_by` is default, file or environment; what the environment sets cannot be changed here. `choices` are the
    words allowed, empty for anything. `shape` is bool, int, float, text, secret, choice, list (of texts), table (of
    texts), tables: a list of tables like "pin", whose value is set as a whole and whose columns are rows of their own,
    without values, under "pin..worker" (section "pin")."""

    path: str
    section: str
    key: str
    shape: str
    kind: str
    """In words, as in the reference: "address:port", "whole number"."""
    help: str
    default: Any
    value: Any
    choices: tuple[str, ...]
    minimum: float | None
    maximum: float | None
    set_by: str
    needs_restart: bool
    secret: bool
    variant: str = ""


class SectionView(msgspec.Struct, frozen=True):
    """`variant`: the kind of source that it is the section of; "source" stands here once for each."""

    path: str
    help: str
    repeated: bool
    variant: str = ""


class SourceSettings(msgspec.Struct, frozen=True):
    """One source as configured: its settings by key, secrets as "***"."""

    name: str
    kind: str
    values: dict[str, Any]


class SettingsView(msgspec.Struct, frozen=True):
    """`file` is the name of the configuration file, "" when there is none (changes then hold until the end).
    `revision` names this state: a change made from an older one is refused."""

    file: str
    revision: str
    sections: tuple[SectionView, ...]
    settings: tuple[SettingView, ...]
    of_sources: tuple[SettingView, ...]
    sources: tuple[SourceSettings, ...]
    waiting: tuple[str, ...]
    """Paths whose values in the file wait for a restart."""
    problems: tuple[ProblemView, ...] = ()
    """What is wrong with the file as it is now (somebody changed it by hand); the values are those in force then."""


class Change(msgspec.Struct, frozen=True):
    """Set `path` to `value` (JSON); `value` None takes the setting out of the file, so that its default holds."""

    path: str
    value: Any


class ChangeResult(msgspec.Struct, frozen=True):
    """What a change did, or would do. `changed`: what holds at once; `needs_restart`: all that waits, since earlier changes
    too; `before` and `after`: what this change is about. `doubts`: allowed, but hardly meant. `backup` is the name of the
    file's copy."""

    applied: bool
    changed: tuple[str, ...]
    needs_restart: tuple[str, ...]
    doubts: tuple[ProblemView, ...]
    before: dict[str, Any]
    after: dict[str, Any]
    revision: str
    backup: str = ""


class LeftOut(msgspec.Struct, frozen=True):
    """A miner that something was not done to, and why: as an error says it."""

    key: str
    name: str
    code: str
    text: str
    remedy: str


class ManyResult(msgspec.Struct, frozen=True):
    """What came of an act on several miners, by their keys. `change`: what it changed in the configuration, if that is where
    it is."""

    done: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    change: ChangeResult | None = None


class PlannedMove(msgspec.Struct, frozen=True):
    """Hashrate that would go from a source to another, and about how many miners that is; 0: a part of one miner's time.
    `hashrate` None: not measured yet."""

    from_source: str
    to_source: str
    hashrate: float | None
    miners: int


class WeightPreview(msgspec.Struct, frozen=True):
    """Shares as they are wanted now and would be wanted then (0..1), and what would have to move. `pins`: the first of the
    `pinned` workers whose pins lead to sources that would get no work."""

    now: dict[str, float]
    then: dict[str, float]
    moves: tuple[PlannedMove, ...]
    pinned: int = 0
    pins: tuple[str, ...] = ()


class TestStep(msgspec.Struct, frozen=True):
    """One thing that was looked at, and at which address: `state` is ok, warn or fail."""

    name: str
    address: str
    state: str
    text: str
    remedy: str


class TestReport(msgspec.Struct, frozen=True):
    """Whether it would work."""

    ok: bool
    steps: tuple[TestStep, ...]


class Profile(msgspec.Struct, frozen=True):
    """A set of defaults; `changes` is what it would set."""

    name: str
    help: str
    changes: tuple[Change, ...]
    recommended: bool


class ProfilesView(msgspec.Struct, frozen=True):
    """What the machine has, and the profiles."""

    memory_bytes: int | None
    cores: int
    open_files: int
    profiles: tuple[Profile, ...]


class FoundNode(msgspec.Struct, frozen=True):
    """A node of this machine that was found by its cookie file."""

    network: str
    cookie_file: str
    rpc: str
