"""What user names and passwords of real firmware, and of nobody's firmware, come out as."""

import pytest

from headframe.mining.identity import PasswordOptions, User, parse_password, parse_user

ADDRESS = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"


@pytest.mark.parametrize(
    ("user", "identity", "worker"),
    [
        (f"{ADDRESS}.bitaxe", ADDRESS, "bitaxe"),
        (ADDRESS, ADDRESS, ""),
        (f"{ADDRESS}.", ADDRESS, ""),
        (f"{ADDRESS.upper()}.Garage", ADDRESS, "Garage"),
        ("alice.garage.s19", "alice", "garage.s19"),
        ("alice_garage", "alice_garage", ""),
        ("alice.shed_2", "alice", "shed_2"),
        (".worker", "", "worker"),
        ("", "", ""),
        ("  alice . shed  ", "alice", "shed"),
        ("Zoë.Küche", "Zoë", "Küche"),
        (f"{ADDRESS}.a/b:c", ADDRESS, "a/b:c"),
    ],
)
def test_the_first_dot_splits_identity_from_worker(user: str, identity: str, worker: str) -> None:
    assert parse_user(user) == User(identity, worker)


@pytest.mark.parametrize(
    "user",
    [
        f"{ADDRESS}\n.rig\r",
        f"{ADDRESS}\x00.ri\x1b\x7fg",
        f"{ADDRESS}\u202e.rig\ud800",
        f"\ufeff{ADDRESS}.\u2028rig",
    ],
)
def test_what_cannot_be_printed_is_dropped(user: str) -> None:
    assert parse_user(user) == User(ADDRESS, "rig")


def test_a_worker_is_cut_at_63_characters() -> None:
    assert parse_user("alice." + "w" * 64) == User("alice", "w" * 63)


def test_a_name_is_cut_at_128_bytes_and_never_inside_a_character() -> None:
    assert parse_user("a" * 200) == User("a" * 128, "")
    assert parse_user("é" * 65) == User("é" * 64, "")
    assert parse_user("aé" * 50) == User(("aé" * 43)[:-1], "")
    assert parse_user("a" * 1_000_000 + ".w").identity == "a" * 128


@pytest.mark.parametrize(
    ("password", "options"),
    [
        ("x", PasswordOptions()),
        ("", PasswordOptions()),
        ("d=512", PasswordOptions(floor_difficulty=512)),
        ("diff=0.001", PasswordOptions(floor_difficulty=0.001)),
        ("md=1e3", PasswordOptions(floor_difficulty=1000)),
        ("fd=65536", PasswordOptions(fixed_difficulty=65536)),
        ("th=1.2", PasswordOptions(hashrate_ths=1.2)),
        ("x,D=16;TH=200 fd=.5", PasswordOptions(16, 0.5, 200)),
        ("d=1,d=2", PasswordOptions(floor_difficulty=2)),
        ("d=2,d=nonsense", PasswordOptions(floor_difficulty=2)),
        ("secret=5 hunter2", PasswordOptions()),
    ],
)
def test_wishes_are_read_from_a_password(password: str, options: PasswordOptions) -> None:
    assert parse_password(password) == options


@pytest.mark.parametrize(
    "value",
    ["", "0", "-1", "nan", "inf", "Infinity", "1e999", "1_000", "0x10", "٣", "1e", "--1", "1=2", "1e-999", "5k"],
)
@pytest.mark.parametrize("key", ["d", "diff", "md", "fd", "th"])
def test_a_wish_that_is_no_positive_number_is_ignored(key: str, value: str) -> None:
    assert parse_password(f"{key}={value}") == PasswordOptions()


def test_only_the_beginning_of_a_long_password_is_read() -> None:
    assert parse_password("x" * 127 + " d=5") == PasswordOptions()
    assert parse_password("d=5 " + "x" * 10_000_000) == PasswordOptions(floor_difficulty=5)
