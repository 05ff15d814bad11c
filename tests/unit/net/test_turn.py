"""One output turn per turn of the loop: hook first, then one write each, nothing if the hook says no."""

from collections.abc import Callable, Sequence

import pytest

from headframe.net.turn import Speaker, Turn


class Stage:
    """A fake loop and a log of what happened."""

    def __init__(self) -> None:
        self.asked: list[Callable[[], None]] = []
        self.happened: list[object] = []
        self.answer = True
        self.turn = Turn(self.asked.append, self.before, self.failed)

    def before(self) -> bool:
        self.happened.append("before")
        return self.answer

    def failed(self, waiting: Sequence[Speaker]) -> None:
        self.happened.append(("failed", list(waiting)))

    def turn_over(self) -> None:
        asked, self.asked[:] = list(self.asked), []
        for call in asked:
            call()


class Person:
    def __init__(self, stage: Stage, name: str, says: Callable[[], None] | None = None) -> None:
        self.stage, self.name, self.says = stage, name, says

    def speak(self) -> None:
        self.stage.happened.append(self.name)
        if self.says is not None:
            self.says()


def test_many_marks_are_one_call_one_hook_and_one_word_each() -> None:
    stage = Stage()
    anna, ben = Person(stage, "anna"), Person(stage, "ben")
    for person in (anna, ben, anna, ben, anna):
        stage.turn.mark(person)
    assert len(stage.asked) == 1
    stage.turn_over()
    assert stage.happened == ["before", "anna", "ben"]


def test_nothing_marked_asks_for_nothing() -> None:
    stage = Stage()
    stage.turn.flush()
    assert stage.happened == []
    assert stage.asked == []


def test_when_the_hook_fails_nobody_speaks() -> None:
    stage = Stage()
    stage.answer = False
    anna, ben = Person(stage, "anna"), Person(stage, "ben")
    stage.turn.mark(anna)
    stage.turn.mark(ben)
    stage.turn_over()
    assert stage.happened == ["before", ("failed", [anna, ben])]
    stage.answer = True
    stage.turn.mark(ben)
    stage.turn_over()
    assert stage.happened[2:] == ["before", "ben"]


def test_when_the_hook_has_a_bug_nobody_speaks_either_and_it_is_raised() -> None:
    stage = Stage()
    anna = Person(stage, "anna")

    def broken() -> bool:
        raise RuntimeError("bug")

    turn = Turn(stage.asked.append, broken, stage.failed)
    turn.mark(anna)
    with pytest.raises(RuntimeError, match="bug"):
        stage.turn_over()
    assert stage.happened == [("failed", [anna])]


def test_whoever_is_marked_while_others_speak_waits_for_the_next_hook() -> None:
    stage = Stage()
    ben = Person(stage, "ben")
    anna = Person(stage, "anna", says=lambda: stage.turn.mark(ben))
    stage.turn.mark(anna)
    stage.turn_over()
    assert stage.happened == ["before", "anna"]
    stage.turn_over()
    assert stage.happened == ["before", "anna", "before", "ben"]


def test_what_the_hook_marks_goes_with_the_same_turn() -> None:
    stage = Stage()
    anna, ben = Person(stage, "anna"), Person(stage, "ben")

    def before() -> bool:
        turn.mark(ben)
        return True

    turn = Turn(stage.asked.append, before, stage.failed)
    turn.mark(anna)
    stage.turn_over()
    assert stage.happened == ["anna", "ben"]
    assert stage.asked == []


def test_one_speakers_bug_does_not_silence_the_others() -> None:
    stage = Stage()

    def broken() -> None:
        raise RuntimeError("bug")

    anna, ben = Person(stage, "anna", says=broken), Person(stage, "ben")
    stage.turn.mark(anna)
    stage.turn.mark(ben)
    with pytest.raises(RuntimeError, match="bug"):
        stage.turn_over()
    assert stage.happened == ["before", "anna", "ben"]


def test_who_is_forgotten_does_not_speak() -> None:
    stage = Stage()
    anna, ben = Person(stage, "anna"), Person(stage, "ben")
    stage.turn.mark(anna)
    stage.turn.mark(ben)
    stage.turn.forget(anna)
    stage.turn.forget(anna)
    stage.turn_over()
    assert stage.happened == ["before", "ben"]


def test_a_turn_flushed_by_hand_leaves_nothing_for_the_loop() -> None:
    stage = Stage()
    stage.turn.mark(Person(stage, "anna"))
    stage.turn.flush()
    stage.turn_over()
    assert stage.happened == ["before", "anna"]
