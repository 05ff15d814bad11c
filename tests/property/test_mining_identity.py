"""Names and passwords off the wire: any text gives something bounded and printable, and the same again."""

from hypothesis import given, settings
from hypothesis import strategies as st

from headframe.mining.identity import MAX_USER_BYTES, MAX_WORKER_CHARACTERS, parse_password, parse_user

fixed = settings(derandomize=True, deadline=None, database=None, max_examples=300)
anything = st.text(st.characters(), max_size=300)


@fixed
@given(anything)
def test_any_name_is_bounded_printable_and_stays_what_it_is_when_read_again(name: str) -> None:
    user = parse_user(name)
    whole = f"{user.identity}.{user.worker}" if user.worker else user.identity
    assert len(whole.encode()) <= MAX_USER_BYTES
    assert len(user.worker) <= MAX_WORKER_CHARACTERS
    assert whole.isprintable()
    assert "." not in user.identity
    assert parse_user(whole) == user


@fixed
@given(anything)
def test_any_password_gives_options_that_are_positive_or_nothing(password: str) -> None:
    options = parse_password(password)
    for value in (options.floor_difficulty, options.fixed_difficulty, options.hashrate_ths):
        assert value is None or 0 < value < float("inf")


@fixed
@given(st.floats(1e-300, 1e300), st.sampled_from([",", ";", " ", ", ", ";;"]))
def test_a_number_as_python_writes_it_is_read_exactly(value: float, separator: str) -> None:
    options = parse_password(separator.join(["x", f"d={value}", f"fd={value!r}", f"th={value:.17g}"]))
    assert (options.floor_difficulty, options.fixed_difficulty, options.hashrate_ths) == (value, value, value)
