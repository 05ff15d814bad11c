"""The seam to whoever holds the configuration.

Responsible for: what `service.commands` asks of it, as an interface.
Not responsible for: files and settings (`app.desk` implements this), permissions and audit (`service.commands`).
Read next: `service.settings_views`, `service.commands`.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from headframe.service.balance_views import PolicyPreview
from headframe.service.refusals import Refused
from headframe.service.settings_views import (
    Change,
    ChangeResult,
    FoundNode,
    ProfilesView,
    SettingsView,
    TestReport,
    WeightPreview,
)

Worker: TypeAlias = tuple[str, str]
"""(identity, worker)"""
WorkersChanged: TypeAlias = tuple[ChangeResult, Mapping[Worker, Refused]]
"""What was done, and why not for those for whom it could not be. With a single worker that refusal is raised instead."""


class Steering(Protocol):
    """All raise `service.refusals.Refused` and change nothing then. Changes are checked whole, written to the file (with
    a backup) and taken over live where possible; two at once are done one after the other."""

    def settings(self) -> SettingsView:
        """Reads and checks the file, which takes a quarter of a second with ten thousand pins: callable from any thread."""
        ...

    async def change(self, changes: Sequence[Change], *, revision: str = "", check_only: bool = False) -> ChangeResult:
        """`revision` "" does not ask whether somebody else changed something meanwhile."""
        ...

    async def add_source(self, values: Mapping[str, Any], *, check_only: bool = False) -> ChangeResult:
        """`values` are the keys of one [[source]], its name and kind too."""
        ...

    async def remove_source(self, name: str) -> ChangeResult: ...

    async def pin(self, workers: Sequence[Worker], source: str | None) -> WorkersChanged:
        """`source` None: not pinned any more. One change of the file, however many workers."""
        ...

    async def fix_difficulty(self, workers: Sequence[Worker], difficulty: float | None) -> WorkersChanged:
        """None: automatic again. One change of the file, however many workers."""
        ...

    async def ban(self, addresses: Sequence[str], until_ms: int) -> ChangeResult:
        """Keep these addresses out until then. What is over goes out of the file with it."""
        ...

    async def unban(self, address: str) -> ChangeResult | None:
        """None: the configuration does not ban it."""
        ...

    async def test_source(self, values: Mapping[str, Any], name: str = "") -> TestReport:
        """Connect as these settings say and look, as `headframe check` does; nothing is submitted. With the `name` of a
        source, what `values` leaves out is taken from it (its secrets, above all)."""
        ...

    def preview_weights(self, weights: Mapping[str, int], without: Collection[str] = ()) -> WeightPreview:
        """`without`: as if these sources got no work, being paused or removed."""
        ...

    async def preview_policy(self, policy: str) -> PolicyPreview:
        """What this policy would decide now, and what that would move. Nothing is changed."""
        ...

    def export(self) -> str:
        """The configuration as TOML, without its secrets. Blocks as `settings` does."""
        ...

    async def import_(self, text: str, *, check_only: bool) -> ChangeResult:
        """Take this TOML in place of the file; secrets that it leaves out stay as they are."""
        ...

    def profiles(self) -> ProfilesView: ...

    def find_nodes(self) -> Sequence[FoundNode]: ...
