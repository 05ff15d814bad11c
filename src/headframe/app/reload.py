"""What another configuration changes in a running program.

Responsible for: comparing the configuration in force with a new one: which sources come, go, begin anew or are only
adjusted, which sections have other values, what waits for a restart, and what is in force afterwards.
Not responsible for: reading it (`config`), making it so (`app.running`).
Read next: docs/operating/configuration.md.

Pure. What can change is a mark on the setting itself (`config.section.RESTART`, `ADJUSTS`), so that the reference, this
and the program cannot disagree. Sources are known by their names: another name is another source.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from headframe.config import AnySource, Config, NodeSource
from headframe.config.section import Section


@dataclass(frozen=True, slots=True)
class Reload:
    """What to do, and what to say.

    added, removed   sources that were not there, or are no longer
    rebuilt          sources that begin anew with these settings: their sessions go elsewhere meanwhile, and come back
    adjusted         sources that go on, with another weight, tier, cap or pause
    sections         other sections with values to take over: "stratum", "data", "payout", "limits", "difficulty",
                     "logging", "routing", "pin", "fixed_difficulty", "ban" (their new values are in `in_force`)
    changed          key paths of all that is taken over ("source.ocean.weight"), for the log; never a value
    needs_restart    key paths of what is different and is not taken over
    in_force         the configuration after it: the new one, but for what needs a restart
    """

    added: tuple[AnySource, ...]
    removed: tuple[str, ...]
    rebuilt: tuple[AnySource, ...]
    adjusted: tuple[AnySource, ...]
    sections: frozenset[str]
    changed: tuple[str, ...]
    needs_restart: tuple[str, ...]
    in_force: Config

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to take over."""
        return not self.changed


LISTS = ("pin", "fixed_difficulty", "ban")
"""Lists of tables that are taken over as a whole; sources are not among them."""


@dataclass(frozen=True, slots=True)
class _Difference:
    path: str
    needs_restart: bool
    adjusts: bool


def diff(old: Config, new: Config) -> Reload:
    """From `old`, which is in force, to `new`, which has been checked.

    A network cannot be left while running: then all of the new configuration waits for the restart, since its addresses
    are of the other network.
    """
    moved = tuple(_other_networks(old, new))
    if moved:
        return Reload((), (), (), (), frozenset(), (), moved, old)
    found = [one for name in _plain_sections() for one in _differences(getattr(old, name), getattr(new, name), name)]
    found += [_Difference(name, False, False) for name in LISTS if getattr(old, name) != getattr(new, name)]
    before = {source.name: source for source in old.source}
    after = {source.name: source for source in new.source}
    tag_is_new = old.payout.tag != new.payout.tag
    rebuilt: list[AnySource] = []
    adjusted: list[AnySource] = []
    of_sources: list[str] = []
    for name, source in after.items():
        if name not in before:
            of_sources.append(f"source.{name}")
            continue
        inner = _source_differences(before[name], source)
        of_sources += [one.path for one in inner]
        if not all(one.adjusts for one in inner) or (tag_is_new and isinstance(source, NodeSource)):
            rebuilt.append(source)
        elif inner:
            adjusted.append(source)
    removed = tuple(name for name in before if name not in after)
    live = [one.path for one in found if not one.needs_restart]
    return Reload(
        added=tuple(source for name, source in after.items() if name not in before),
        removed=removed,
        rebuilt=tuple(rebuilt),
        adjusted=tuple(adjusted),
        sections=frozenset(path.partition(".")[0] for path in live),
        changed=(*live, *of_sources, *(f"source.{name}" for name in removed)),
        needs_restart=tuple(one.path for one in found if one.needs_restart),
        in_force=_keeping_what_needs_a_restart(old, new),
    )


def _plain_sections() -> Iterator[str]:
    for name, field in Config.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            yield name


def _other_networks(old: Config, new: Config) -> Iterator[str]:
    running = {source.chain: source.network for source in old.source}
    for source in new.source:
        if running.get(source.chain, source.network) != source.network:
            yield f"source.{source.name}.network"


def _source_differences(old: AnySource, new: AnySource) -> list[_Difference]:
    if type(old) is not type(new):
        return [_Difference(f"source.{new.name}.kind", needs_restart=False, adjusts=False)]
    return list(_differences(old, new, f"source.{new.name}"))


def _differences(old: Section, new: Section, path: str) -> Iterator[_Difference]:
    for name, field in type(new).model_fields.items():
        before, after = getattr(old, name), getattr(new, name)
        if isinstance(after, Section):
            yield from _differences(before, after, f"{path}.{name}")
        elif before != after:
            marks = _marks(field.json_schema_extra)
            yield _Difference(f"{path}.{name}", marks.get("needs_restart", False), marks.get("adjusts", False))


def _marks(extra: Any) -> dict[str, Any]:
    return extra if isinstance(extra, dict) else {}


def _keeping_what_needs_a_restart(old: Config, new: Config) -> Config:
    return new.model_copy(update={name: _kept(getattr(old, name), getattr(new, name)) for name in _plain_sections()})


def _kept(old: Section, new: Section) -> Section:
    """`new`, but for the settings that only a restart applies."""
    update: dict[str, Any] = {}
    for name, field in type(new).model_fields.items():
        after = getattr(new, name)
        if isinstance(after, Section):
            update[name] = _kept(getattr(old, name), after)
        elif _marks(field.json_schema_extra).get("needs_restart", False):
            update[name] = getattr(old, name)
    return new.model_copy(update=update)
