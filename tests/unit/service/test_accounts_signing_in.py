"""Signing in, and what a session is worth."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyotp
import pytest
from argon2 import PasswordHasher

from headframe.service.accounts_core import MAX_SESSIONS
from headframe.service.accounts_passwords import Passwords
from headframe.service.permissions import MATRIX, Actor, Permission, Role
from headframe.service.refusals import Conflict, Invalid, NotAllowed, NotFound, NotSignedIn, TooMany, Unavailable
from headframe.testing.people import ADDRESS, BROWSER, PASSWORD, People

DAY_S = 86_400


@pytest.fixture
def people(tmp_path: Path):
    people = People(tmp_path)
    yield people
    people.close()


def actions(people: People, owner: Actor) -> list[tuple[str, str, str]]:
    return [(each.actor, each.action, each.outcome) for each in reversed(people.accounts.audit(owner))]


def with_totp(people: People, actor: Actor) -> tuple[pyotp.TOTP, tuple[str, ...]]:
    offer = people.accounts.totp_begin(actor)
    totp = pyotp.TOTP(offer.secret)
    codes = people.accounts.totp_confirm(actor, now_code(people, totp))
    people.clock.advance(60)  # so that the next code is a later one
    return totp, codes


def now_code(people: People, totp: pyotp.TOTP, off_s: int = 0) -> str:
    return totp.at(people.clock.unix_ms() // 1000 + off_s)


# -- the first owner


def test_the_secret_of_the_terminal_makes_one_owner_and_no_second(people: People) -> None:
    secret = people.accounts.setup_secret
    assert secret
    assert not people.accounts.owner_exists()
    signed_in = people.accounts.create_first_owner(secret, "ada", PASSWORD, ADDRESS, BROWSER)
    actor = people.actor(signed_in.secret)
    assert (actor.role, actor.permissions, actor.how) == (Role.OWNER, MATRIX[Role.OWNER], "session")
    assert people.accounts.owner_exists()
    assert people.accounts.setup_secret == ""
    with pytest.raises(Conflict):
        people.accounts.create_first_owner(secret, "eve", PASSWORD, ADDRESS, BROWSER)


def test_another_secret_makes_nobody(people: People) -> None:
    for secret in ("", "x", people.accounts.setup_secret[:-1]):
        with pytest.raises(NotSignedIn):
            people.accounts.create_first_owner(secret, "eve", PASSWORD, ADDRESS, BROWSER)
    assert not people.accounts.owner_exists()


def test_the_secret_is_another_after_a_restart(people: People) -> None:
    before = people.accounts.setup_secret
    people.restart()
    assert people.accounts.setup_secret not in ("", before)


# -- password


def test_the_same_name_in_other_letters_and_the_same_password_typed_otherwise_sign_in(people: People) -> None:
    people.accounts.create_first_owner(people.accounts.setup_secret, "Zoë", "pässwörter lang", ADDRESS, BROWSER)
    decomposed = "pa\u0308sswo\u0308rter lang"
    assert people.sign_in(" ZOE\u0308 ", password=decomposed).name == "Zoë"


@pytest.mark.parametrize(("name", "password"), [("ada", "wrong password"), ("nobody here", PASSWORD), ("", "")])
def test_who_is_wrong_gets_one_answer_whatever_was_wrong(people: People, name: str, password: str) -> None:
    people.owner()
    with pytest.raises(NotSignedIn) as refused:
        people.sign_in(name, password=password)
    assert (refused.value.code, refused.value.text) == ("wrong_credentials", "name or password is wrong")


def test_an_unknown_name_costs_a_hash_too(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    people.owner()
    hashes: list[str] = []
    verify = PasswordHasher.verify

    def counted(self: PasswordHasher, password_hash: str, password: str) -> bool:
        hashes.append(password_hash)
        return verify(self, password_hash, password)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    for name in ("ada", "stranger"):
        with pytest.raises(NotSignedIn):
            people.sign_in(name, password="not the password")
    known, unknown = hashes
    assert known.rpartition("$")[0].rpartition("$")[0] == unknown.rpartition("$")[0].rpartition("$")[0]  # parameters


def test_what_was_typed_as_an_unknown_name_is_not_in_the_audit(people: People) -> None:
    owner = people.owner()
    with pytest.raises(NotSignedIn):
        people.sign_in("my secret passphrase")
    assert actions(people, owner)[-1] == ("unknown", "sign_in", "refused")
    assert "passphrase" not in str(people.accounts.audit(owner))


def test_a_hash_of_older_parameters_is_made_anew_at_the_next_sign_in(people: People) -> None:
    people.owner()
    before = people.accounts._live.accounts[1].password_hash
    people.hasher = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    people.restart()
    people.sign_in("ada")
    after = people.accounts._live.accounts[1].password_hash
    assert "m=8,t=1" in before
    assert "m=16,t=2" in after
    people.sign_in("ada")
    assert people.accounts._live.accounts[1].password_hash == after


def test_a_password_that_changes_while_the_old_one_is_looked_at_signs_nobody_in(tmp_path: Path) -> None:
    people = People(tmp_path)
    owner = people.owner()

    class Slow(Passwords):
        """Somebody changes the password between the look at it and the session."""

        def matches(self, password_hash: str, password: str) -> bool:
            right = super().matches(password_hash, password)
            if changes:
                people.accounts.change_password(owner, PASSWORD, changes.pop())
            return right

    changes: list[str] = []
    people.accounts._passwords = Slow(people.hasher)
    assert people.sign_in("ada")
    changes.append("a new password")
    with pytest.raises(NotSignedIn):
        people.sign_in("ada")
    people.close()


def test_two_owners_who_demote_each_other_at_the_same_time_leave_one(people: People) -> None:
    ada = people.owner()
    bob = people.somebody(ada, Role.OWNER, "bob")
    together = threading.Barrier(2)

    def demote(actor: Actor, other: Actor) -> str:
        together.wait(10)
        try:
            people.accounts.change_account(actor, other.account_id or 0, role=Role.VIEWER)
        except (Conflict, NotAllowed):
            return "refused"
        return "done"

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(demote, (ada, bob), (bob, ada)))
    assert outcomes == ["done", "refused"]
    assert people.accounts.owner_exists()


def test_whoever_lost_their_role_on_the_way_does_nothing_more(people: People) -> None:
    ada = people.owner()
    bob = people.somebody(ada, Role.OWNER, "bob")
    people.somebody(ada, Role.OWNER, "third")
    people.accounts.change_account(ada, bob.account_id or 0, role=Role.VIEWER)
    with pytest.raises(NotAllowed, match="meanwhile"):  # `bob` is who he was when his request came in
        people.accounts.change_account(bob, ada.account_id or 0, role=Role.VIEWER)
    other = people.sign_in("ada")
    people.accounts.change_password(ada, PASSWORD, "a new password")
    with pytest.raises(NotAllowed, match="meanwhile"):
        people.accounts.create_token(other, "t", [Permission.VIEW], None)


def test_a_disabled_account_is_told_so_only_with_the_right_password(people: People) -> None:
    owner = people.owner()
    people.somebody(owner, Role.VIEWER, "bob")
    bob = people.accounts.accounts(owner)[1]
    people.accounts.change_account(owner, bob.id, disabled=True)
    with pytest.raises(NotSignedIn, match="disabled"):
        people.sign_in("bob")
    with pytest.raises(NotSignedIn, match="name or password"):
        people.sign_in("bob", password="something else")


# -- one-time codes and recovery codes


def test_with_codes_on_a_password_alone_is_not_enough(people: People) -> None:
    totp, _ = with_totp(people, people.owner())
    with pytest.raises(NotSignedIn) as refused:
        people.sign_in("ada")
    assert refused.value.code == "second_factor_needed"
    assert people.sign_in("ada", code=now_code(people, totp)).name == "ada"


def test_a_wrong_password_does_not_say_that_a_code_is_needed(people: People) -> None:
    with_totp(people, people.owner())
    with pytest.raises(NotSignedIn) as refused:
        people.sign_in("ada", password="not the password")
    assert refused.value.code == "wrong_credentials"


@pytest.mark.parametrize("off_s", [-30, 0, 30])
def test_a_clock_that_is_half_a_minute_off_is_fine(people: People, off_s: int) -> None:
    totp, _ = with_totp(people, people.owner())
    assert people.sign_in("ada", code=now_code(people, totp, off_s))


@pytest.mark.parametrize("off_s", [-90, 90, 3600])
def test_a_clock_that_is_further_off_is_not(people: People, off_s: int) -> None:
    totp, _ = with_totp(people, people.owner())
    with pytest.raises(NotSignedIn, match="code is wrong"):
        people.sign_in("ada", code=now_code(people, totp, off_s))


def test_no_code_is_taken_twice_nor_one_before_it_nor_after_a_restart(people: People) -> None:
    totp, _ = with_totp(people, people.owner())
    code, earlier = now_code(people, totp), now_code(people, totp, -30)
    people.sign_in("ada", code=code)
    people.restart()
    for used in (code, earlier):
        with pytest.raises(NotSignedIn):
            people.sign_in("ada", code=used)


def test_the_code_that_turned_codes_on_does_not_sign_in(people: People) -> None:
    owner = people.owner()
    totp = pyotp.TOTP(people.accounts.totp_begin(owner).secret)
    code = now_code(people, totp)
    people.accounts.totp_confirm(owner, code)
    with pytest.raises(NotSignedIn):
        people.sign_in("ada", code=code)


def test_each_recovery_code_works_once_however_it_is_typed(people: People) -> None:
    owner = people.owner()
    _, codes = with_totp(people, owner)
    assert len(set(codes)) == 10
    typings = (str.lower, str.upper, lambda code: code.replace("-", " "), lambda code: code.replace("-", ""))
    for code, typing in zip(codes[:4], typings, strict=True):
        typed = typing(code)
        people.sign_in("ada", code=typed)
        with pytest.raises(NotSignedIn):
            people.sign_in("ada", code=code)
        people.clock.advance(3700)
    assert people.accounts.me(owner).account.recovery_codes == 6


def test_a_recovery_code_of_somebody_else_is_worth_nothing(people: People) -> None:
    owner = people.owner()
    _, codes = with_totp(people, owner)
    with_totp(people, people.somebody(owner, Role.VIEWER, "bob"))
    with pytest.raises(NotSignedIn):
        people.sign_in("bob", code=codes[0])
    assert people.accounts.me(owner).account.recovery_codes == 10


# -- links


def test_a_link_signs_in_once_and_lets_its_person_choose_a_password(people: People) -> None:
    owner = people.owner()
    _, link = people.accounts.create_account(owner, "bob", Role.OPERATOR)
    bob = people.actor(people.accounts.use_link(link, ADDRESS, BROWSER).secret)
    with pytest.raises(NotSignedIn, match="has been used"):
        people.accounts.use_link(link, ADDRESS, BROWSER)
    people.accounts.change_password(bob, "", "a new password")
    assert people.sign_in("bob", password="a new password").role is Role.OPERATOR


@pytest.mark.parametrize(("new", "life_s"), [(True, DAY_S), (False, 3600)])
def test_a_link_grows_too_old(people: People, new: bool, life_s: int) -> None:
    owner = people.owner()
    view, link = people.accounts.create_account(owner, "bob", Role.VIEWER)
    if not new:
        link = people.accounts.sign_in_link(owner, view.id)
    people.clock.advance(life_s)
    with pytest.raises(NotSignedIn, match="too old"):
        people.accounts.use_link(link, ADDRESS, BROWSER)


def test_only_the_last_link_of_an_account_works(people: People) -> None:
    owner = people.owner()
    view, first = people.accounts.create_account(owner, "bob", Role.VIEWER)
    second = people.accounts.sign_in_link(owner, view.id)
    with pytest.raises(NotSignedIn):
        people.accounts.use_link(first, ADDRESS, BROWSER)
    assert people.accounts.use_link(second, ADDRESS, BROWSER)


# -- sessions


def test_a_session_outlives_a_restart_and_is_kept_as_a_hash_only(people: People) -> None:
    signed_in = people.accounts.create_first_owner(people.accounts.setup_secret, "ada", PASSWORD, ADDRESS, BROWSER)
    before = people.accounts.actor_by_cookie(signed_in.secret, ADDRESS)
    people.restart()
    assert people.accounts.actor_by_cookie(signed_in.secret, ADDRESS) == before
    assert before is not None
    assert before[1] == signed_in.csrf
    people.store.close()
    for file in people.directory.iterdir():
        assert signed_in.secret.encode() not in file.read_bytes()
        assert PASSWORD.encode() not in file.read_bytes()
    people.restart()


@pytest.mark.parametrize("cookie", ["", "x", "é" * 50, "\ud800", "x" * 100_000])
def test_any_other_cookie_is_nobody(people: People, cookie: str) -> None:
    people.owner()
    assert people.accounts.actor_by_cookie(cookie, ADDRESS) is None
    assert people.accounts.actor_by_token(cookie, ADDRESS) is None


def test_a_session_ends_after_a_week_unused_and_a_month_in_any_case(people: People) -> None:
    people.owner()
    used = people.accounts.sign_in("ada", PASSWORD, "", ADDRESS, BROWSER)
    unused = people.accounts.sign_in("ada", PASSWORD, "", ADDRESS, BROWSER)
    for day in range(30):
        people.clock.advance(DAY_S - 1)
        assert people.accounts.actor_by_cookie(used.secret, ADDRESS), day
        if day == 3:
            people.restart()
        if day == 7:
            assert people.accounts.actor_by_cookie(unused.secret, ADDRESS) is None
    people.clock.advance(30)
    assert people.accounts.actor_by_cookie(used.secret, ADDRESS) is None
    people.accounts.keep()
    assert people.accounts._live.sessions == {}


def test_signing_out_ends_it_at_once(people: People) -> None:
    people.owner()
    signed_in = people.accounts.sign_in("ada", PASSWORD, "", ADDRESS, BROWSER)
    people.accounts.sign_out(signed_in.secret)
    assert people.accounts.actor_by_cookie(signed_in.secret, ADDRESS) is None
    people.accounts.sign_out(signed_in.secret)
    people.accounts.sign_out("nothing")


def test_a_person_ends_their_other_sessions_and_nobody_elses(people: People) -> None:
    owner = people.owner()
    other = people.sign_in("ada")
    bob = people.somebody(owner, Role.VIEWER, "bob")
    assert [view.current for view in people.accounts.me(owner).sessions] == [True, False]
    assert other.session is not None
    assert bob.session is not None
    people.accounts.end_session(owner, other.session)
    with pytest.raises(NotFound):
        people.accounts.end_session(owner, bob.session)
    assert [view.id for view in people.accounts.me(owner).sessions] == [owner.session]
    assert len(people.accounts.me(bob).sessions) == 1


def test_with_too_many_sessions_the_longest_unused_ends(people: People) -> None:
    people.owner()
    cookies = []
    for _ in range(MAX_SESSIONS):
        people.clock.advance(1)
        cookies.append(people.accounts.sign_in("ada", PASSWORD, "", ADDRESS, BROWSER).secret)
    people.clock.advance(1)
    assert people.actor(cookies[0])  # now the most recently used
    people.clock.advance(1)
    people.accounts.sign_in("ada", PASSWORD, "", ADDRESS, BROWSER)
    alive = [people.accounts.actor_by_cookie(cookie, ADDRESS) is not None for cookie in cookies]
    assert alive == [True, False, *[True] * (MAX_SESSIONS - 2)]


# -- throttling


def test_guesses_at_one_account_cost_ever_more_time_from_wherever_they_come(people: People) -> None:
    people.owner()
    people.accounts.end_session(people.sign_in("ada"), 1)
    waits = []
    guess = 0
    while len(waits) < 12:
        guess += 1
        try:
            with pytest.raises(NotSignedIn):
                people.sign_in("ada", password="a wrong guess", address=f"198.51.100.{guess}")
        except TooMany as refused:
            waits.append(refused.retry_after_s)
            people.clock.advance(refused.retry_after_s)
    assert waits[0] <= 3
    assert waits == sorted(waits)
    assert waits[-1] in (900, 901)


def test_the_owner_at_home_is_not_locked_out_by_guesses_from_elsewhere(people: People) -> None:
    people.owner()
    for guess in range(8):
        with pytest.raises((NotSignedIn, TooMany)):
            people.sign_in("ada", password="a wrong guess", address=f"198.51.100.{guess}")
    with pytest.raises(TooMany):
        people.sign_in("ada", address="198.51.100.99")
    assert people.sign_in("ada", address=ADDRESS)


def test_one_address_cannot_try_many_names(people: People) -> None:
    people.owner()
    for tried in range(20):
        with pytest.raises(NotSignedIn):
            people.sign_in(f"name {tried}", address="2001:db8::1")
    with pytest.raises(TooMany):
        people.sign_in("name 20", address="2001:db8::1")
    with pytest.raises(TooMany):
        people.sign_in("ada", address="2001:db8::2:3:4:5")  # the same /64
    assert people.sign_in("ada", address="2001:db8:0:1::1")


def test_right_passwords_do_not_count(people: People) -> None:
    people.owner()
    for _ in range(50):
        people.sign_in("ada")


def test_asking_for_the_code_does_not_make_room_for_guesses(people: People) -> None:
    with_totp(people, people.owner())
    answers = []
    for _ in range(8):
        for code in ("", "000000"):
            with pytest.raises((NotSignedIn, TooMany)) as refused:
                people.sign_in("ada", code=code, address="198.51.100.1")
            answers.append(refused.value.code)
    assert answers.count("wrong_credentials") < 8
    assert answers[-1] == "too_many"


# -- trouble


def test_a_database_that_does_not_work_is_said_with_a_remedy_and_signs_nobody_in(tmp_path: Path) -> None:
    people = People(tmp_path)
    people.owner()
    other = sqlite3.connect(people.store.path)
    other.execute("ALTER TABLE signed_in RENAME TO elsewhere")
    with pytest.raises(Unavailable, match="check the disk"):
        people.sign_in("ada")
    other.execute("ALTER TABLE elsewhere RENAME TO signed_in")
    other.close()
    assert people.sign_in("ada")
    people.close()


def test_what_another_process_changes_holds_here_after_the_next_upkeep(people: People) -> None:
    owner = people.owner()
    other = People(people.directory, seed=8)
    other.accounts.create_account(owner, "bob", Role.VIEWER, PASSWORD)
    other.close()
    people.accounts.keep()
    assert people.sign_in("bob")


def test_when_somebody_was_last_seen_is_written_by_the_upkeep(people: People) -> None:
    owner = people.owner()
    signed_in = people.accounts.sign_in("ada", PASSWORD, "", ADDRESS, BROWSER)
    people.clock.advance(7200)
    seen_ms = people.clock.unix_ms()
    people.actor(signed_in.secret)
    people.accounts.keep()
    people.store.close()  # as if killed: nothing is written at the end
    people._open()
    assert people.accounts.me(owner).account.last_seen_ms == seen_ms


def test_only_people_have_sessions_to_end(people: People) -> None:
    owner = people.owner()
    token = people.accounts.create_token(owner, "t", list(Permission), None)
    asker = people.accounts.actor_by_token(token.secret, ADDRESS)
    assert asker is not None
    assert owner.session is not None
    with pytest.raises(NotAllowed):
        people.accounts.end_session(asker, owner.session)


def test_names_and_passwords_that_cannot_be_are_refused_with_a_remedy(people: People) -> None:
    secret = people.accounts.setup_secret
    for name, password, path in (
        ("", PASSWORD, "name"),
        ("a" * 65, PASSWORD, "name"),
        ("a\u202eb", PASSWORD, "name"),
        ("a\nb", PASSWORD, "name"),
        ("Console", PASSWORD, "name"),
        ("ada", "short one", "password"),
        ("ada", "x" * 257, "password"),
        ("adalovelace", "AdaLovelace", "password"),
    ):
        with pytest.raises(Invalid) as refused:
            people.accounts.create_first_owner(secret, name, password, ADDRESS, BROWSER)
        assert refused.value.problems[0].path == path
        assert refused.value.problems[0].remedy
        people.clock.advance(1000)
    assert not people.accounts.owner_exists()
