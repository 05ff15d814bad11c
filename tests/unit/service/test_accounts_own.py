"""What people do with their own account, and what no token does."""

from pathlib import Path

import pyotp
import pytest

from headframe.service.accounts_core import LINK_PROVES_MS
from headframe.service.permissions import MATRIX, Actor, Permission, Role, console
from headframe.service.refusals import Conflict, Invalid, NotAllowed, NotFound, NotSignedIn
from headframe.testing.people import ADDRESS, BROWSER, PASSWORD, People


@pytest.fixture
def people(tmp_path: Path):
    people = People(tmp_path)
    yield people
    people.close()


def code_for(people: People, secret: str) -> str:
    return pyotp.TOTP(secret).at(people.clock.unix_ms() // 1000)


def test_me_is_the_account_with_its_permissions_and_sessions(people: People) -> None:
    owner = people.owner()
    me = people.accounts.me(owner)
    assert (me.account.name, me.account.role, set(me.permissions)) == ("ada", Role.OWNER, MATRIX[Role.OWNER])
    assert [(view.address, view.user_agent, view.current) for view in me.sessions] == [(ADDRESS, BROWSER, True)]


def test_the_console_and_visitors_have_no_account(people: People) -> None:
    people.owner()
    with pytest.raises(NotFound):
        people.accounts.me(console())


def test_a_new_password_takes_the_place_of_the_old_one_and_ends_the_other_sessions(people: People) -> None:
    owner = people.owner()
    other = people.accounts.sign_in("ada", PASSWORD, "", ADDRESS, BROWSER)
    people.accounts.change_password(owner, PASSWORD, "a new password")
    assert people.accounts.actor_by_cookie(other.secret, ADDRESS) is None
    assert [view.id for view in people.accounts.me(owner).sessions] == [owner.session]
    with pytest.raises(NotSignedIn):
        people.sign_in("ada")
    assert people.sign_in("ada", password="a new password")


@pytest.mark.parametrize("revoke", [False, True])
def test_a_new_password_voids_the_accounts_own_tokens_when_that_is_wished(people: People, revoke: bool) -> None:
    owner = people.owner()
    bob = people.somebody(owner, Role.VIEWER, "bob")
    mine = people.accounts.create_token(owner, "mine", [Permission.VIEW], None).secret
    bobs = people.accounts.create_token(bob, "bobs", [Permission.VIEW], None).secret
    people.accounts.change_password(owner, PASSWORD, "a new password", revoke_tokens=revoke)
    assert (people.accounts.actor_by_token(mine, ADDRESS) is None) is revoke
    assert people.accounts.actor_by_token(bobs, ADDRESS)
    entry = people.accounts.audit(owner, limit=1)[0]
    assert (entry.action, entry.after) == ("password.change", {"sessions_ended": 0, "tokens_revoked": int(revoke)})


def test_the_old_password_is_asked_for_and_the_new_one_has_rules(people: People) -> None:
    owner = people.owner()
    for old, new, path in (
        ("wrong one here", "a new password", "old"),
        (PASSWORD, "short", "new"),
        ("", "x" * 12, "old"),
    ):
        with pytest.raises(Invalid) as refused:
            people.accounts.change_password(owner, old, new)
        assert refused.value.problems[0].path == path
    assert people.sign_in("ada")


def test_who_came_by_a_link_need_not_know_the_old_password_for_an_hour_and_once(people: People) -> None:
    owner = people.owner()
    bob = people.somebody(owner, Role.VIEWER, "bob")
    link = people.accounts.sign_in_link(owner, bob.account_id or 0)
    late = people.actor(people.accounts.use_link(link, ADDRESS, BROWSER).secret)
    people.clock.advance(LINK_PROVES_MS // 1000 + 1)
    with pytest.raises(Invalid):
        people.accounts.change_password(late, "", "a new password")
    owner = people.sign_in("ada")
    link = people.accounts.sign_in_link(owner, bob.account_id or 0)
    soon = people.actor(people.accounts.use_link(link, ADDRESS, BROWSER).secret)
    people.accounts.change_password(soon, "", "a new password")
    with pytest.raises(Invalid):
        people.accounts.change_password(soon, "", "another password")


def test_codes_are_on_only_after_one_was_shown(people: People) -> None:
    owner = people.owner()
    offer = people.accounts.totp_begin(owner)
    assert offer.uri.startswith("otpauth://totp/Headframe:ada?secret=" + offer.secret)
    assert not people.accounts.me(owner).account.totp
    with pytest.raises(Invalid):
        people.accounts.totp_confirm(owner, "000000")
    assert not people.accounts.me(owner).account.totp
    codes = people.accounts.totp_confirm(owner, code_for(people, offer.secret))
    account = people.accounts.me(owner).account
    assert (account.totp, account.recovery_codes, len(codes)) == (True, 10, 10)
    with pytest.raises(Conflict):
        people.accounts.totp_begin(owner)


def test_an_offer_grows_too_old_and_the_last_one_counts(people: People) -> None:
    owner = people.owner()
    first = people.accounts.totp_begin(owner)
    second = people.accounts.totp_begin(owner)
    with pytest.raises(Invalid):
        people.accounts.totp_confirm(owner, code_for(people, first.secret))
    people.clock.advance(601)
    with pytest.raises(Conflict, match="too long ago"):
        people.accounts.totp_confirm(owner, code_for(people, second.secret))


def test_turning_codes_off_takes_the_recovery_codes(people: People) -> None:
    owner = people.owner()
    people.accounts.totp_confirm(owner, code_for(people, people.accounts.totp_begin(owner).secret))
    people.accounts.totp_off(owner)
    account = people.accounts.me(owner).account
    assert (account.totp, account.recovery_codes) == (False, 0)
    assert people.sign_in("ada")
    with pytest.raises(Conflict):
        people.accounts.totp_off(owner)


def test_new_recovery_codes_end_the_old_ones(people: People) -> None:
    owner = people.owner()
    with pytest.raises(Conflict):
        people.accounts.new_recovery_codes(owner)
    old = people.accounts.totp_confirm(owner, code_for(people, people.accounts.totp_begin(owner).secret))
    new = people.accounts.new_recovery_codes(owner)
    assert not set(old) & set(new)
    with pytest.raises(NotSignedIn):
        people.sign_in("ada", code=old[0])
    assert people.sign_in("ada", code=new[0])


@pytest.mark.parametrize("how", ["token", "console"])
def test_neither_token_nor_console_touches_what_protects_a_person(people: People, how: str) -> None:
    owner = people.owner()
    new = people.accounts.create_token(owner, "all", list(Permission), None)
    asker = people.accounts.actor_by_token(new.secret if how == "token" else people.accounts.console_secret, ADDRESS)
    assert asker is not None
    assert asker.permissions == MATRIX[Role.OWNER]
    accounts = people.accounts
    before = accounts.me(owner)
    for act in (
        lambda: accounts.prove(asker, PASSWORD, ""),
        lambda: accounts.proof_challenge(asker, "localhost", "http://localhost"),
        lambda: accounts.prove_by_passkey(asker, "", {}),
        lambda: accounts.change_password(asker, PASSWORD, "a new password"),
        lambda: accounts.totp_begin(asker),
        lambda: accounts.totp_confirm(asker, "123456"),
        lambda: accounts.totp_off(asker),
        lambda: accounts.new_recovery_codes(asker),
        lambda: accounts.passkey_begin(asker, "localhost", "http://localhost"),
        lambda: accounts.passkey_add(asker, "", "", {}),
        lambda: accounts.passkey_remove(asker, 1),
        lambda: accounts.create_token(asker, "another", [Permission.VIEW], None),
        lambda: accounts.end_session(asker, 1),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert accounts.me(owner) == before


def test_a_token_sees_neither_passkeys_nor_sessions(people: People) -> None:
    owner = people.owner()
    new = people.accounts.create_token(owner, "t", [Permission.VIEW], None)
    asker = people.accounts.actor_by_token(new.secret, ADDRESS)
    assert asker is not None
    me = people.accounts.me(asker)
    assert (me.permissions, me.sessions, me.passkeys) == ((Permission.VIEW,), (), ())


def test_no_secret_is_in_the_audit(people: People) -> None:
    owner = people.owner()
    offer = people.accounts.totp_begin(owner)
    codes = people.accounts.totp_confirm(owner, code_for(people, offer.secret))
    token = people.accounts.create_token(owner, "t", [Permission.VIEW], None)
    people.accounts.change_password(owner, PASSWORD, "a new password")
    bob, link = people.accounts.create_account(owner, "bob", Role.VIEWER)
    again = people.accounts.sign_in_link(owner, bob.id)
    written = str(people.accounts.audit(owner, limit=500))
    secrets = (
        PASSWORD,
        "a new password",
        offer.secret,
        *codes,
        token.secret,
        link,
        again,
        people.accounts.console_secret,
    )
    assert [secret for secret in secrets if secret in written] == []


def test_an_actor_whose_account_is_gone_does_nothing(people: People) -> None:
    owner = people.owner()
    bob = people.somebody(owner, Role.ADMIN, "bob")
    people.accounts.remove_account(owner, bob.account_id or 0)
    with pytest.raises(NotAllowed):
        people.accounts.change_password(bob, PASSWORD, "a new password")
    with pytest.raises(NotAllowed):
        people.accounts.create_token(bob, "t", [Permission.VIEW], None)


def test_only_a_session_of_this_account_is_current(people: People) -> None:
    owner = people.owner()
    nobody = Actor(owner.account_id, "ada", Role.OWNER, MATRIX[Role.OWNER], "", "session")
    cookie = people.accounts.sign_in("ada", PASSWORD, "", ADDRESS, BROWSER).secret
    assert [view.current for view in people.accounts.me(nobody, cookie).sessions] == [False, True]
