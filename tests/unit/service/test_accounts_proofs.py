"""Confirm it is you: what a session that was signed in long ago does not do before its person shows that it is them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyotp
import pytest

from headframe.service.accounts_throttle import FREE_PER_ACCOUNT
from headframe.service.commands import command_permissions
from headframe.service.permissions import CREDENTIALS, FRESH_MS, PROVEN_ACTS, Actor, Permission, Role, console
from headframe.service.refusals import Conflict, Invalid, NotSignedIn, ProofNeeded, TooMany
from headframe.testing.passkey import SoftPasskey
from headframe.testing.people import ADDRESS, BROWSER, PASSWORD, People

HOST = "mine.example:8855"
ORIGIN = "https://mine.example:8855"
LATER_S = FRESH_MS / 1000

Act = Callable[[People, Actor, int], object]

ACTS: dict[str, Act] = {
    "password.change": lambda people, actor, _: people.accounts.change_password(actor, PASSWORD, "a new password"),
    "passkey.add": lambda people, actor, _: people.accounts.passkey_begin(actor, HOST, ORIGIN),
    "passkey.remove": lambda people, actor, _: people.accounts.passkey_remove(actor, key_of(people, actor)),
    "totp.on": lambda people, actor, _: people.accounts.totp_begin(actor),
    "totp.off": lambda people, actor, _: people.accounts.totp_off(actor),
    "recovery_codes.new": lambda people, actor, _: people.accounts.new_recovery_codes(actor),
    "token.create": lambda people, actor, _: people.accounts.create_token(actor, "t", [Permission.VIEW], None),
    "account.create": lambda people, actor, _: people.accounts.create_account(actor, "new", Role.OWNER),
    "account.change": lambda people, actor, who: people.accounts.change_account(actor, who, role=Role.OWNER),
    "account.remove": lambda people, actor, who: people.accounts.remove_account(actor, who),
    "account.link": lambda people, actor, who: people.accounts.sign_in_link(actor, who),
    "account.reset_second_factor": lambda people, actor, who: people.accounts.reset_second_factor(actor, who),
}
OF_COMMANDS = {"source.add"}
"""See test_commands."""

NEEDS_CODES_ON = {"totp.off", "recovery_codes.new", "password.change"}
"""The old password of an account without codes is a proof by itself."""


@pytest.fixture
def people(tmp_path: Path):
    people = People(tmp_path)
    yield people
    people.close()


class Signed:
    """Somebody with a cookie, looked at anew at each request."""

    def __init__(self, people: People, secret: str) -> None:
        self.people, self.secret = people, secret

    @property
    def actor(self) -> Actor:
        return self.people.actor(self.secret)


@pytest.fixture
def ada(people: People) -> Signed:
    """The owner."""
    secret = people.accounts.setup_secret
    return Signed(people, people.accounts.create_first_owner(secret, "ada", PASSWORD, ADDRESS, BROWSER).secret)


def key_of(people: People, actor: Actor) -> int:
    return people.accounts.me(actor).passkeys[0].id


def code_for(people: People, secret: str) -> str:
    return pyotp.TOTP(secret).at(people.clock.unix_ms() // 1000)


def with_codes(people: People, ada: Signed) -> tuple[str, tuple[str, ...]]:
    """One-time codes are on from now on: their secret, and the recovery codes."""
    secret = people.accounts.totp_begin(ada.actor).secret
    return secret, people.accounts.totp_confirm(ada.actor, code_for(people, secret))


def with_passkey(people: People, ada: Signed, *, verifies: bool = True) -> SoftPasskey:
    key = SoftPasskey(b"key 1", verifies=verifies)
    handle, options = people.accounts.passkey_begin(ada.actor, HOST, ORIGIN)
    people.accounts.passkey_add(ada.actor, handle, "my key", key.create(options, ORIGIN))
    return key


def by_passkey(people: People, actor: Actor, key: SoftPasskey, origin: str = ORIGIN) -> None:
    handle, options = people.accounts.proof_challenge(actor, HOST, ORIGIN)
    people.accounts.prove_by_passkey(actor, handle, key.get(options, origin))


def proven(people: People, actor: Actor) -> bool:
    try:
        people.accounts.create_token(actor, "t", [Permission.VIEW], None)
    except ProofNeeded:
        return False
    return True


def test_every_act_of_the_table_is_tried_here_or_with_the_commands() -> None:
    assert set(ACTS) | OF_COMMANDS == PROVEN_ACTS
    assert CREDENTIALS <= PROVEN_ACTS
    assert "add_source" in command_permissions()


@pytest.mark.parametrize("action", ACTS)
def test_an_old_session_is_asked_for_a_proof_and_then_does_it(people: People, ada: Signed, action: str) -> None:
    bob = people.somebody(ada.actor, Role.VIEWER, "bob").account_id or 0
    with_passkey(people, ada)
    secret = with_codes(people, ada)[0] if action in NEEDS_CODES_ON else ""
    people.clock.advance(LATER_S)
    actor = ada.actor
    before = people.accounts.accounts(console()), people.accounts.me(actor)
    with pytest.raises(ProofNeeded) as refused:
        ACTS[action](people, actor, bob)
    assert (refused.value.code, bool(refused.value.remedy)) == ("proof_needed", True)
    assert (people.accounts.accounts(console()), people.accounts.me(actor)) == before
    entry = people.accounts.audit(console(), limit=1)[0]
    assert (entry.action, entry.outcome, entry.after) == (action, "refused", {"refused": "proof_needed"})
    people.accounts.prove(ada.actor, PASSWORD, code_for(people, secret) if secret else "")
    ACTS[action](people, ada.actor, bob)


@pytest.mark.parametrize("action", ACTS)
def test_a_session_that_just_began_is_not_asked(people: People, ada: Signed, action: str) -> None:
    bob = people.somebody(ada.actor, Role.VIEWER, "bob").account_id or 0
    with_passkey(people, ada)
    if action in NEEDS_CODES_ON:
        with_codes(people, ada)
    people.clock.advance(LATER_S - 1)
    ACTS[action](people, ada.actor, bob)


def test_a_proof_lasts_a_while_survives_a_restart_and_is_of_one_session_only(people: People, ada: Signed) -> None:
    other = Signed(people, people.accounts.sign_in("ada", PASSWORD, "", ADDRESS, BROWSER).secret)
    people.clock.advance(LATER_S)
    people.accounts.prove(ada.actor, PASSWORD, "")
    people.restart()
    people.clock.advance(LATER_S - 1)
    assert proven(people, ada.actor)
    assert not proven(people, other.actor)
    people.clock.advance(1)
    assert not proven(people, ada.actor)


def test_what_does_not_weaken_an_account_takes_no_proof(people: People, ada: Signed) -> None:
    token = people.accounts.create_token(ada.actor, "t", [Permission.VIEW], None)
    people.accounts.sign_in("ada", PASSWORD, "", ADDRESS, BROWSER)
    people.clock.advance(LATER_S)
    actor = ada.actor
    people.accounts.remove_token(actor, token.token.id)
    (other,) = (view.id for view in people.accounts.me(actor).sessions if not view.current)
    people.accounts.end_session(actor, other)
    assert people.accounts.audit(actor)
    people.accounts.sign_out(ada.secret)


# -- by password and code


def test_a_wrong_password_proves_nothing_and_stands_in_the_audit(people: People, ada: Signed) -> None:
    people.clock.advance(LATER_S)
    with pytest.raises(Invalid) as refused:
        people.accounts.prove(ada.actor, "not the password", "")
    assert [problem.path for problem in refused.value.problems] == ["password"]
    assert not proven(people, ada.actor)
    entry = next(entry for entry in people.accounts.audit(console()) if entry.action == "proof")
    assert (entry.actor, entry.target, entry.outcome) == ("ada", "ada", "refused")


def test_a_good_proof_stands_in_the_audit_without_the_password(people: People, ada: Signed) -> None:
    people.clock.advance(LATER_S)
    people.accounts.prove(ada.actor, PASSWORD, "")
    entry = people.accounts.audit(ada.actor, limit=1)[0]
    assert (entry.action, entry.outcome, entry.after) == ("proof", "done", {"how": "password"})
    assert PASSWORD not in str(people.accounts.audit(ada.actor))


def test_where_codes_are_on_the_password_alone_is_not_enough(people: People, ada: Signed) -> None:
    secret, recovery = with_codes(people, ada)
    people.clock.advance(LATER_S)
    for code in ("", "000000", "not-a-code"):
        with pytest.raises(Invalid) as refused:
            people.accounts.prove(ada.actor, PASSWORD, code)
        assert [problem.path for problem in refused.value.problems] == ["code"]
        assert not proven(people, ada.actor)
    people.accounts.prove(ada.actor, PASSWORD, code_for(people, secret))
    assert proven(people, ada.actor)
    with pytest.raises(Invalid):  # each code is good once
        people.accounts.prove(ada.actor, PASSWORD, code_for(people, secret))
    people.accounts.prove(ada.actor, PASSWORD, recovery[0])
    assert people.accounts.me(ada.actor).account.recovery_codes == len(recovery) - 1


def test_guessing_here_is_guessing_a_password(people: People, ada: Signed) -> None:
    people.clock.advance(LATER_S)
    for _ in range(FREE_PER_ACCOUNT):
        with pytest.raises(Invalid):
            people.accounts.prove(ada.actor, "not the password", "")
    with pytest.raises(TooMany):
        people.accounts.prove(ada.actor, PASSWORD, "")
    with pytest.raises(TooMany):
        people.accounts.sign_in("ada", PASSWORD, "", ADDRESS, BROWSER)
    with pytest.raises(TooMany):
        people.accounts.change_password(ada.actor, PASSWORD, "a new password")
    people.clock.advance(900)
    people.accounts.prove(ada.actor, PASSWORD, "")


def test_who_has_no_password_is_told_what_else_there_is(people: People, ada: Signed) -> None:
    bob, link = people.accounts.create_account(ada.actor, "bob", Role.ADMIN)
    assert not bob.password
    signed = Signed(people, people.accounts.use_link(link, ADDRESS, BROWSER).secret)
    people.clock.advance(LATER_S)
    with pytest.raises(Conflict, match="passkey"):
        people.accounts.prove(signed.actor, "", "")
    people.accounts.change_password(signed.actor, "", "a new password")  # came by a link within the hour
    assert people.accounts.me(signed.actor).account.password
    people.accounts.prove(signed.actor, "a new password", "")
    assert proven(people, signed.actor)


# -- by passkey


def test_a_passkey_proves_where_codes_are_on_too(people: People, ada: Signed) -> None:
    key = with_passkey(people, ada)
    with_codes(people, ada)
    people.clock.advance(LATER_S)
    by_passkey(people, ada.actor, key)
    assert proven(people, ada.actor)
    entry = next(entry for entry in people.accounts.audit(ada.actor) if entry.action == "proof")
    assert (entry.outcome, entry.after) == ("done", {"how": "passkey"})


def test_one_that_was_only_touched_does_not_where_codes_are_on(people: People, ada: Signed) -> None:
    touched = with_passkey(people, ada, verifies=False)
    people.clock.advance(LATER_S)
    by_passkey(people, ada.actor, touched)
    with_codes(people, ada)
    people.clock.advance(LATER_S)
    with pytest.raises(Invalid, match="touched"):
        by_passkey(people, ada.actor, touched)
    assert not proven(people, ada.actor)


def test_the_browser_is_asked_for_ones_own_passkeys_of_this_host(people: People, ada: Signed) -> None:
    with pytest.raises(Conflict):
        people.accounts.proof_challenge(ada.actor, HOST, ORIGIN)
    with_passkey(people, ada)
    _, options = people.accounts.proof_challenge(ada.actor, HOST, ORIGIN)
    assert (options["rpId"], len(options["allowCredentials"])) == ("mine.example", 1)
    with pytest.raises(Conflict):
        people.accounts.proof_challenge(ada.actor, "other.example", "https://other.example")
    with pytest.raises(Invalid):
        people.accounts.proof_challenge(ada.actor, "127.0.0.1", "http://127.0.0.1")


@pytest.mark.parametrize("fault", ["other page", "used before", "for signing in", "nonsense", "too late"])
def test_an_answer_that_is_not_right_proves_nothing(people: People, ada: Signed, fault: str) -> None:
    key = with_passkey(people, ada)
    people.clock.advance(LATER_S)
    handle, options = people.accounts.proof_challenge(ada.actor, HOST, ORIGIN)
    answer: dict[str, Any] = key.get(options, ORIGIN if fault != "other page" else "https://evil.example")
    if fault == "nonsense":
        answer = {}
    if fault == "too late":
        people.clock.advance(301)
    if fault == "for signing in":
        handle, options = people.accounts.passkey_challenge(HOST, ORIGIN)
        answer = key.get(options, ORIGIN)
    if fault == "used before":
        people.accounts.prove_by_passkey(ada.actor, handle, answer)
        people.clock.advance(LATER_S)
    with pytest.raises(Invalid):
        people.accounts.prove_by_passkey(ada.actor, handle, answer)
    assert not proven(people, ada.actor)
    refused = [
        entry for entry in people.accounts.audit(console()) if (entry.action, entry.outcome) == ("proof", "refused")
    ]
    assert len(refused) == 1


def test_somebody_elses_passkey_proves_nothing(people: People, ada: Signed) -> None:
    people.accounts.create_account(ada.actor, "bob", Role.ADMIN, PASSWORD)
    bob = Signed(people, people.accounts.sign_in("bob", PASSWORD, "", ADDRESS, BROWSER).secret)
    key = with_passkey(people, ada)
    handle, options = people.accounts.passkey_begin(bob.actor, HOST, ORIGIN)
    own = SoftPasskey(b"bob's")
    people.accounts.passkey_add(bob.actor, handle, "own", own.create(options, ORIGIN))
    people.clock.advance(LATER_S)
    for begun, finished in ((ada, bob), (bob, bob)):
        handle, options = people.accounts.proof_challenge(begun.actor, HOST, ORIGIN)
        with pytest.raises(Invalid):
            people.accounts.prove_by_passkey(finished.actor, handle, key.get(options, ORIGIN))
    assert not proven(people, bob.actor)


def test_a_proof_signs_nobody_in(people: People, ada: Signed) -> None:
    key = with_passkey(people, ada)
    handle, options = people.accounts.proof_challenge(ada.actor, HOST, ORIGIN)
    with pytest.raises(NotSignedIn):
        people.accounts.passkey_sign_in(handle, key.get(options, ORIGIN), ADDRESS, BROWSER)


# -- who is not asked


def test_the_console_is_not_asked(people: People, ada: Signed) -> None:
    people.clock.advance(LATER_S)
    bob, _ = people.accounts.create_account(console(), "bob", Role.OWNER)
    people.accounts.sign_in_link(console(), bob.id)
    people.accounts.reset_second_factor(console(), bob.id)


def test_a_token_is_not_asked_for_what_its_scopes_allow(people: People, ada: Signed) -> None:
    made = people.accounts.create_token(ada.actor, "t", [Permission.VIEW, Permission.ACCOUNTS], None)
    people.clock.advance(LATER_S)
    token = people.accounts.actor_by_token(made.secret, ADDRESS)
    assert token is not None
    assert people.accounts.create_account(token, "watcher", Role.VIEWER)
