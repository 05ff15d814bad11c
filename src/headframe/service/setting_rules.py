"""What of a setting needs more than the permission for settings.

Responsible for: which paths a change touches, what permission each needs besides, and whether it needs a recent proof.
Not responsible for: which settings need a proof (`service.permissions` has the table), changing them (`service.commands`).
Read next: `service.commands`.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from headframe.service.allowed import require, require_proof
from headframe.service.permissions import Actor, Permission, names_a_file, setting_needs_proof
from headframe.service.settings_views import ChangeResult

HIDDEN: Final = "***"
_SECRETS: Final = frozenset({"password"})
"""Of sources."""

_NEEDED_BY_PATH: Final = (
    ("payout", Permission.OWNERS),
    ("source", Permission.SOURCES),
    ("pin", Permission.MINERS),
    ("fixed_difficulty", Permission.MINERS),
    ("ban", Permission.MINERS),
)
"""What a setting needs besides `settings`."""


def require_files(actor: Actor, keys: Iterable[str]) -> None:
    """Which file the server reads or writes is for owners alone: a password_file beside an address of one's own would
    carry any file's first line out of the machine, a log could be written over anything."""
    if any(map(names_a_file, keys)):
        require(actor, Permission.OWNERS)


def require_stay(actor: Actor, keys: Iterable[str]) -> None:
    """Where a source that is there already is reached is for owners: its kept password or cookie would go to the new place.
    A pool's address may change together with a new password."""
    if _leads_elsewhere(frozenset(keys)):
        require(actor, Permission.OWNERS)


def require_for_test(actor: Actor, values: Mapping[str, object], name: str, now_ms: int) -> None:
    """A test connects: what it would carry out of the machine is for owners who have shown lately that it is them. With
    `name` the secrets of that source go with it."""
    elsewhere = bool(name) and _leads_elsewhere(frozenset(given(values)))
    if elsewhere or any(map(names_a_file, values)):
        require(actor, Permission.OWNERS)
        require_proof(actor, now_ms)


def require_paths(actor: Actor, paths: Iterable[str]) -> None:
    """The permissions that these settings need besides."""
    paths = tuple(paths)
    require_files(actor, (path.rpartition(".")[2] for path in paths))
    whole = {path for path in paths if path.startswith("source.") and path.count(".") == 1}
    by_source: dict[str, set[str]] = {}
    for path in paths:
        source, _, key = path.rpartition(".")
        if source.startswith("source.") and source not in whole:  # a whole one is new, and brings its own secrets
            by_source.setdefault(source, set()).add(key)
    for keys in by_source.values():
        require_stay(actor, keys)
    for path in paths:
        for root, permission in _NEEDED_BY_PATH:
            if path == root or path.startswith((f"{root}.", f"{root}[")):
                require(actor, permission)


def require_proof_for(actor: Actor, paths: Iterable[str], now_ms: int) -> None:
    """The proof that some of these settings need. Raises ProofNeeded."""
    if any(map(setting_needs_proof, paths)):
        require_proof(actor, now_ms)


def paths_of(plan: ChangeResult) -> Iterable[str]:
    """All that a change touches: of what runs, and of the file (which may wait for a restart, as what was changed before
    does: that is not asked for again), and within whole sources."""
    yield from plan.changed
    for path, value in plan.after.items():
        if value == plan.before.get(path):
            continue
        yield path
        if isinstance(value, Mapping):
            yield from (f"{path}.{key}" for key in value)


def given(values: Mapping[str, object]) -> Iterable[str]:
    """The keys but of secrets whose value is the stars that stand for the kept one."""
    return (key for key, value in values.items() if not (key in _SECRETS and value == HIDDEN))


def _leads_elsewhere(keys: frozenset[str]) -> bool:
    return "rpc" in keys or ("url" in keys and "password" not in keys)
