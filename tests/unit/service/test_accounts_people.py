"""Other people's accounts: who may change whom, and what holds at once."""

from collections.abc import Callable
from pathlib import Path

import pytest

from headframe.service.accounts_tokens import MAX_TOKENS
from headframe.service.audit import REFUSALS
from headframe.service.permissions import MATRIX, Actor, Permission, Role, console
from headframe.service.refusals import Conflict, Invalid, NotAllowed, NotFound, NotSignedIn
from headframe.testing.people import ADDRESS, BROWSER, PASSWORD, People

ACTS: dict[str, Callable[[People, Actor, int], object]] = {
    "account.change": lambda people, actor, who: people.accounts.change_account(actor, who, name="other name"),
    "account.link": lambda people, actor, who: people.accounts.sign_in_link(actor, who),
    "account.reset_second_factor": lambda people, actor, who: people.accounts.reset_second_factor(actor, who),
    "account.remove": lambda people, actor, who: people.accounts.remove_account(actor, who),
}


@pytest.fixture
def people(tmp_path: Path):
    people = People(tmp_path)
    yield people
    people.close()


def everybody(people: People) -> dict[Role, Actor]:
    owner = people.owner("first")
    return {role: people.somebody(owner, role) for role in Role}


def token_of(people: People, actor: Actor, *scopes: Permission) -> Actor:
    found = people.accounts.actor_by_token(people.accounts.create_token(actor, "t", scopes, None).secret, ADDRESS)
    assert found is not None
    return found


def number(actor: Actor) -> int:
    assert actor.account_id is not None
    return actor.account_id


@pytest.mark.parametrize("action", ACTS)
@pytest.mark.parametrize("whose", Role)
@pytest.mark.parametrize("who", Role)
def test_owners_change_everybody_admins_all_but_owners_others_nobody(
    people: People, who: Role, whose: Role, action: str
) -> None:
    actors = everybody(people)
    actor = actors[who]
    target = people.somebody(people.sign_in("first"), whose, "target")
    allowed = who is Role.OWNER or (who is Role.ADMIN and whose is not Role.OWNER)
    if allowed:
        ACTS[action](people, actor, number(target))
        outcome = "done"
    else:
        before = people.accounts.accounts(console())
        with pytest.raises(NotAllowed) as refused:
            ACTS[action](people, actor, number(target))
        assert refused.value.remedy
        assert people.accounts.accounts(console()) == before
        outcome = "refused"
    last = people.accounts.audit(console(), limit=1)[0]
    assert (last.actor, last.action, last.outcome) == (actor.name, action, outcome)


@pytest.mark.parametrize("given", Role)
@pytest.mark.parametrize("who", Role)
def test_nobody_gives_a_role_that_may_more_than_they_do(people: People, who: Role, given: Role) -> None:
    actors = everybody(people)
    target = people.somebody(people.sign_in("first"), Role.VIEWER, "target")
    allowed = who is Role.OWNER or (who is Role.ADMIN and given is not Role.OWNER)
    if allowed:
        assert people.accounts.change_account(actors[who], number(target), role=given).role is given
        view, link = people.accounts.create_account(actors[who], "new", given)
        assert (view.role, bool(link)) == (given, True)
    else:
        with pytest.raises(NotAllowed):
            people.accounts.change_account(actors[who], number(target), role=given)
        with pytest.raises(NotAllowed):
            people.accounts.create_account(actors[who], "new", given, PASSWORD)


@pytest.mark.parametrize("who", Role)
def test_who_may_read_what(people: People, who: Role) -> None:
    actor = everybody(people)[who]
    for permission, read in (
        (Permission.ACCOUNTS, lambda: people.accounts.accounts(actor)),
        (Permission.AUDIT, lambda: people.accounts.audit(actor)),
    ):
        if permission in MATRIX[who]:
            assert read()
        else:
            with pytest.raises(NotAllowed):
                read()


# -- at once


def test_a_new_role_holds_at_once_for_who_is_signed_in_and_for_their_tokens(people: People) -> None:
    owner = people.owner()
    people.accounts.create_account(owner, "bob", Role.ADMIN, PASSWORD)
    cookie = people.accounts.sign_in("bob", PASSWORD, "", ADDRESS, BROWSER).secret
    bob = people.actor(cookie)
    token = people.accounts.create_token(bob, "t", [Permission.VIEW, Permission.SETTINGS], None).secret
    people.accounts.change_account(owner, number(bob), role=Role.VIEWER)
    assert people.actor(cookie).permissions == MATRIX[Role.VIEWER]
    by_token = people.accounts.actor_by_token(token, ADDRESS)
    assert by_token is not None
    assert by_token.permissions == {Permission.VIEW}


def test_a_disabled_account_is_out_at_once_and_its_tokens_sleep(people: People) -> None:
    owner = people.owner()
    people.accounts.create_account(owner, "bob", Role.VIEWER, PASSWORD)
    signed_in = people.accounts.sign_in("bob", PASSWORD, "", ADDRESS, BROWSER)
    bob = people.actor(signed_in.secret)
    token = people.accounts.create_token(bob, "t", [Permission.VIEW], None).secret
    link = people.accounts.sign_in_link(owner, number(bob))
    people.accounts.change_account(owner, number(bob), disabled=True)
    assert people.accounts.actor_by_cookie(signed_in.secret, ADDRESS) is None
    assert people.accounts.actor_by_token(token, ADDRESS) is None
    with pytest.raises(NotSignedIn):
        people.accounts.use_link(link, ADDRESS, BROWSER)
    with pytest.raises(Conflict):
        people.accounts.sign_in_link(owner, number(bob))
    people.accounts.change_account(owner, number(bob), disabled=False)
    assert people.accounts.actor_by_cookie(signed_in.secret, ADDRESS) is None
    assert people.accounts.actor_by_token(token, ADDRESS)


def test_a_removed_account_leaves_nothing_but_the_audit(people: People) -> None:
    owner = people.owner()
    people.accounts.create_account(owner, "bob", Role.VIEWER, PASSWORD)
    cookie = people.accounts.sign_in("bob", PASSWORD, "", ADDRESS, BROWSER).secret
    bob = people.actor(cookie)
    token = people.accounts.create_token(bob, "t", [Permission.VIEW], None).secret
    people.accounts.remove_account(owner, number(bob))
    assert people.accounts.actor_by_cookie(cookie, ADDRESS) is None
    assert people.accounts.actor_by_token(token, ADDRESS) is None
    assert [view.name for view in people.accounts.accounts(owner)] == ["ada"]
    assert people.accounts.audit(owner)[0].target == "bob"
    with pytest.raises(NotFound):
        people.accounts.remove_account(owner, number(bob))


def test_a_lost_second_factor_is_taken_away_and_the_sessions_with_it(people: People) -> None:
    owner = people.owner()
    people.accounts.create_account(owner, "bob", Role.VIEWER, PASSWORD)
    signed_in = people.accounts.sign_in("bob", PASSWORD, "", ADDRESS, BROWSER)
    people.accounts.reset_second_factor(owner, signed_in.account.id)
    assert people.accounts.actor_by_cookie(signed_in.secret, ADDRESS) is None


def test_before_and_after_are_in_the_audit(people: People) -> None:
    owner = people.owner()
    bob = people.somebody(owner, Role.VIEWER, "bob")
    people.accounts.change_account(owner, number(bob), role=Role.ADMIN, name="Robert")
    entry = people.accounts.audit(owner, limit=1)[0]
    assert (entry.actor, entry.how, entry.address, entry.action, entry.target, entry.outcome) == (
        "ada",
        "session",
        ADDRESS,
        "account.change",
        "bob",
        "done",
    )
    assert (entry.before, entry.after) == ({"role": "viewer", "name": "bob"}, {"role": "admin", "name": "Robert"})
    assert people.sign_in("robert").role is Role.ADMIN


# -- the last owner


def test_the_last_owner_who_can_sign_in_stays_one(people: People) -> None:
    owner = people.owner()
    second = people.somebody(owner, Role.OWNER, "second")
    people.accounts.change_account(owner, number(second), disabled=True)
    for by in (owner, console()):
        for change in (
            lambda by=by: people.accounts.change_account(by, number(owner), role=Role.ADMIN),
            lambda by=by: people.accounts.change_account(by, number(owner), disabled=True),
            lambda by=by: people.accounts.remove_account(by, number(owner)),
        ):
            with pytest.raises(Conflict, match="last owner"):
                change()
    people.accounts.remove_account(owner, number(second))  # it cannot sign in
    third = people.somebody(owner, Role.OWNER, "third")
    assert people.accounts.change_account(owner, number(owner), role=Role.VIEWER).role is Role.VIEWER
    assert people.accounts.owner_exists()
    assert third.role is Role.OWNER


def test_names_are_unique_whatever_the_letters(people: People) -> None:
    owner = people.owner()
    bob = people.somebody(owner, Role.VIEWER, "bob")
    for name in ("ADA", " ada ", "ａｄａ"):
        with pytest.raises(Conflict):
            people.accounts.create_account(owner, name, Role.VIEWER)
        with pytest.raises(Conflict):
            people.accounts.change_account(owner, number(bob), name=name)
    assert people.accounts.change_account(owner, number(bob), name="BOB").name == "BOB"


# -- tokens


def test_a_token_may_what_its_scopes_and_its_account_both_may(people: People) -> None:
    for role, actor in everybody(people).items():
        for scope in Permission:
            if scope in MATRIX[role]:
                assert token_of(people, actor, scope).permissions == {scope}
            else:
                with pytest.raises(NotAllowed):
                    token_of(people, actor, scope)


def test_a_token_is_shown_once_kept_as_a_hash_and_ends(people: People) -> None:
    owner = people.owner()
    new = people.accounts.create_token(owner, "grafana", [Permission.VIEW], people.clock.unix_ms() + 60_000)
    assert new.secret.startswith("hf_")
    assert new.secret.startswith(new.token.shown)
    assert len(new.token.shown) < 12
    people.restart()
    for file in people.directory.iterdir():
        assert new.secret.encode() not in file.read_bytes()
    assert people.accounts.actor_by_token(new.secret, ADDRESS)
    assert people.accounts.tokens(owner)[0].last_used_ms == people.clock.unix_ms()
    people.clock.advance(60)
    assert people.accounts.actor_by_token(new.secret, ADDRESS) is None


def test_a_token_that_is_removed_is_nobody_at_once(people: People) -> None:
    owner = people.owner()
    new = people.accounts.create_token(owner, "t", [Permission.VIEW], None)
    people.accounts.remove_token(owner, new.token.id)
    assert people.accounts.actor_by_token(new.secret, ADDRESS) is None
    with pytest.raises(NotFound):
        people.accounts.remove_token(owner, new.token.id)


def test_everybody_sees_and_removes_their_own_tokens_admins_those_of_all_but_owners(people: People) -> None:
    actors = everybody(people)
    made = {
        role: people.accounts.create_token(actor, role.value, [Permission.VIEW], None) for role, actor in actors.items()
    }
    assert [view.name for view in people.accounts.tokens(actors[Role.VIEWER])] == ["viewer"]
    assert len(people.accounts.tokens(actors[Role.ADMIN])) == 4
    with pytest.raises(NotFound):
        people.accounts.remove_token(actors[Role.VIEWER], made[Role.OPERATOR].token.id)
    with pytest.raises(NotAllowed):
        people.accounts.remove_token(actors[Role.ADMIN], made[Role.OWNER].token.id)
    people.accounts.remove_token(actors[Role.ADMIN], made[Role.OPERATOR].token.id)
    people.accounts.remove_token(actors[Role.VIEWER], made[Role.VIEWER].token.id)


@pytest.mark.parametrize("action", ACTS)
def test_a_token_does_not_change_its_own_account_whatever_its_scopes(people: People, action: str) -> None:
    owner = people.owner()
    people.somebody(owner, Role.OWNER, "second")
    token = token_of(people, owner, *Permission)
    with pytest.raises(NotAllowed, match="a token does not change"):
        ACTS[action](people, token, number(owner))


def test_a_token_changes_what_nobody_is_signed_in_with_whatever_its_scopes(people: People) -> None:
    owner = people.owner()
    bob = people.somebody(owner, Role.VIEWER, "bob")
    token = token_of(people, owner, *Permission)
    before = people.accounts.accounts(owner)
    for action in ("account.link", "account.reset_second_factor"):
        with pytest.raises(NotAllowed, match="signed in with"):
            ACTS[action](people, token, number(bob))
    assert people.accounts.accounts(owner) == before
    assert people.accounts.change_account(token, number(bob), disabled=True).disabled


def test_a_token_makes_no_account_that_may_more_than_itself(people: People) -> None:
    owner = people.owner()
    token = token_of(people, owner, Permission.ACCOUNTS, Permission.VIEW)
    assert people.accounts.create_account(token, "watcher", Role.VIEWER)
    for role in (Role.OPERATOR, Role.ADMIN, Role.OWNER):
        with pytest.raises(NotAllowed):
            people.accounts.create_account(token, "puppet", role)


def test_tokens_that_make_no_sense_are_refused(people: People) -> None:
    owner = people.owner()
    now_ms = people.clock.unix_ms()
    for name, scopes, expires_ms in (("", [Permission.VIEW], None), ("t", [], None), ("t", [Permission.VIEW], now_ms)):
        with pytest.raises(Invalid):
            people.accounts.create_token(owner, name, scopes, expires_ms)
    for _ in range(MAX_TOKENS):
        people.accounts.create_token(owner, "t", [Permission.VIEW], None)
    with pytest.raises(Conflict):
        people.accounts.create_token(owner, "t", [Permission.VIEW], None)


# -- the console and the audit


def test_the_console_makes_the_first_owner_with_a_link(people: People) -> None:
    actor = people.accounts.actor_by_token(people.accounts.console_secret, "127.0.0.1")
    assert actor == console("127.0.0.1")
    _, link = people.accounts.create_account(console(), "ada", Role.OWNER)
    assert people.accounts.setup_secret == ""
    assert people.actor(people.accounts.use_link(link, ADDRESS, BROWSER).secret).role is Role.OWNER


def test_the_consoles_secret_is_another_after_a_restart(people: People) -> None:
    before = people.accounts.console_secret
    people.restart()
    assert people.accounts.actor_by_token(before, "") is None


def test_only_the_console_prunes_the_audit_and_says_so(people: People) -> None:
    owner = people.owner()
    people.clock.advance(1000)
    with pytest.raises(NotAllowed):
        people.accounts.prune_audit(owner, people.clock.unix_ms())
    assert people.accounts.prune_audit(console(), people.clock.unix_ms()) == 1
    assert [entry.action for entry in people.accounts.audit(owner)] == ["audit.prune", "audit.prune"]


def test_a_flood_of_refusals_is_counted_and_not_written_one_by_one(people: People) -> None:
    owner = people.owner()
    viewer = people.somebody(owner, Role.VIEWER)
    for _ in range(REFUSALS + 50):
        with pytest.raises(NotAllowed):
            people.accounts.audit(viewer)
    people.clock.advance(10)
    with pytest.raises(NotAllowed):
        people.accounts.audit(viewer)
    newest = people.accounts.audit(owner, limit=500)
    assert sum(entry.action == "audit.read" for entry in newest) == REFUSALS + 1
    assert [(entry.action, entry.after) for entry in newest[:2]] == [
        ("audit.read", {"refused": "not_allowed"}),
        ("audit.skipped", {"refusals": 50}),
    ]
