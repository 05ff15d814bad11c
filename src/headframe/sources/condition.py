"""What state a source is in, in words.

Responsible for: the shape of a table of states (kind, text, remedy) and of one that applies, filled in.
Not responsible for: the tables (`sources.node.health`, `sources.pool.health`), telling them (`sources.base.Noted`, `Down`).
Read next: `sources.node.health`.
"""

from dataclasses import dataclass
from enum import Enum


class State(Enum):
    """Base of a table: each member is (kind of note, text, remedy); one state of each kind applies at a time, and braces
    are filled from the details given."""

    def __init__(self, kind: str, text: str, remedy: str) -> None:
        self.kind = kind
        self.text = text
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Condition:
    """A state that applies, in words."""

    state: State
    text: str

    @property
    def kind(self) -> str:
        return self.state.kind

    @property
    def name(self) -> str:
        return self.state.name.lower()

    @property
    def remedy(self) -> str:
        return self.state.remedy


def condition(state: State, endpoint: object = "", detail: object = "") -> Condition:
    """The state with its words filled in."""
    return Condition(state, state.text.format(endpoint=endpoint, detail=detail))
