"""One output turn per turn of the loop.

Responsible for: gathering who has something to say during one turn of the loop, running a hook first (the hub writes the
journal there), then letting each of them write once.
Not responsible for: what is written, what the hook does, the loop itself.
Read next: `gateway.hub`.

This is how an accepted share is on record before its reply leaves, at the price of one journal write per turn and not
one per share. If the hook fails, nothing leaves: whoever was waiting is handed to `on_failure` instead.
"""

from collections.abc import Callable, Sequence
from typing import Protocol


class Speaker(Protocol):
    """Somebody with output."""

    def speak(self) -> None:
        """Write all pending output, in one write. Called once per turn in which it was marked."""
        ...


class Turn:
    """Marks and flushes. Mutable, owned by the hub; bounded by the number of endpoints."""

    __slots__ = ("_before", "_call_soon", "_on_failure", "_waiting")

    def __init__(
        self,
        call_soon: Callable[[Callable[[], None]], object],
        before: Callable[[], bool],
        on_failure: Callable[[Sequence[Speaker]], None],
    ) -> None:
        """`call_soon` is the loop's; `before` returns whether the turn's output may leave."""
        self._call_soon = call_soon
        self._before = before
        self._on_failure = on_failure
        self._waiting: dict[Speaker, None] = {}

    def mark(self, speaker: Speaker) -> None:
        """It has output to send at the end of this turn. Marking twice is marking once."""
        waiting = self._waiting
        if not waiting:
            self._call_soon(self.flush)
        waiting[speaker] = None

    def forget(self, speaker: Speaker) -> None:
        """Its connection is gone."""
        self._waiting.pop(speaker, None)

    def flush(self) -> None:
        """Run the hook, then let everybody speak. Also for the end, when no loop will turn again.

        Whoever is marked meanwhile waits for the next turn and its hook. One speaker's failure is our bug and is
        raised, but only after the others have spoken.
        """
        if not self._waiting:
            return  # flushed by hand before the loop came to it
        try:
            passed = self._before()
        except BaseException:
            # Our bug; but output that may not be on record must not leave whatever happened.
            failed, self._waiting = self._waiting, {}
            self._on_failure(list(failed))
            raise
        # Taken only now: what the hook itself marks goes with this turn.
        waiting, self._waiting = self._waiting, {}
        if not passed:
            self._on_failure(list(waiting))
            return
        bug: Exception | None = None
        for speaker in waiting:
            try:
                speaker.speak()
            except Exception as error:
                bug = bug or error
        if bug is not None:
            raise bug
