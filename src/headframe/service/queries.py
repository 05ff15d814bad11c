"""All that a face may ask.

Responsible for: the questions, as an interface; answers are `service.views`.
Not responsible for: how a face shows them; commands that change something (later, `service.commands`).
Read next: `service.operator` (the implementation).
"""

from collections.abc import Sequence
from typing import Protocol

from headframe.service.views import BlockView, Overview, SessionView, WorkerView


class Queries(Protocol):
    """Read-only questions; each answer is a frozen snapshot. None blocks the loop for long."""

    def overview(self) -> Overview: ...

    def sessions(self) -> Sequence[SessionView]: ...

    def workers(self) -> Sequence[WorkerView]: ...

    def blocks(self, limit: int = 100) -> Sequence[BlockView]: ...

    def healthy(self) -> tuple[bool, Sequence[str]]:
        """Whether miners get work now, and if not, why (for /healthz)."""
        ...
