"""What a check says.

Responsible for: one line of a report (ok, warn or fail, in words, with a remedy), and whether the whole may run.
Not responsible for: checking (`app.check_node`, `app.check_pool`, `cli.check_machine`), showing (`cli.commands`, `app.desk_test`).
Read next: `app.check_node`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class State(Enum):
    """`fail` keeps Headframe from working; `warn` does not, yet somebody should know."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One thing looked at. `name` is stable ("port 0.0.0.0:3333"); `remedy` is "" when there is nothing to do."""

    name: str
    state: State
    text: str
    remedy: str = ""


def ok(name: str, text: str) -> CheckResult:
    return CheckResult(name, State.OK, text)


def warn(name: str, text: str, remedy: str) -> CheckResult:
    return CheckResult(name, State.WARN, text, remedy)


def fail(name: str, text: str, remedy: str) -> CheckResult:
    return CheckResult(name, State.FAIL, text, remedy)


def may_run(results: Iterable[CheckResult]) -> bool:
    """Whether nothing failed."""
    return all(result.state is not State.FAIL for result in results)
