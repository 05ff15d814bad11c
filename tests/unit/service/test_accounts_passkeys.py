"""Passkeys, answered by a software authenticator that really signs."""

import base64
import copy
import random
from pathlib import Path
from typing import Any

import msgspec
import pyotp
import pytest

from headframe.service.account_views import SignIn
from headframe.service.accounts_passkeys import CHALLENGE_MS, MAX_CHALLENGES, MAX_PASSKEYS, rp_id_of
from headframe.service.permissions import Actor, Role
from headframe.service.refusals import Conflict, Invalid, NotFound, NotSignedIn
from headframe.testing.passkey import SoftPasskey
from headframe.testing.people import ADDRESS, BROWSER, People

HOST = "mine.example:8855"
ORIGIN = "https://mine.example:8855"


@pytest.fixture
def people(tmp_path: Path):
    people = People(tmp_path)
    yield people
    people.close()


def enrolled(people: People, actor: Actor, key: SoftPasskey) -> SoftPasskey:
    handle, options = people.accounts.passkey_begin(actor, HOST, ORIGIN)
    people.accounts.passkey_add(actor, handle, "my key", key.create(options, ORIGIN))
    return key


def signed_in(people: People, key: SoftPasskey) -> SignIn:
    handle, options = people.accounts.passkey_challenge(HOST, ORIGIN)
    return people.accounts.passkey_sign_in(handle, key.get(options, ORIGIN), ADDRESS, BROWSER)


def test_a_passkey_signs_in_without_a_name(people: People) -> None:
    owner = people.owner()
    key = enrolled(people, owner, SoftPasskey(b"key 1"))
    people.clock.advance(10)
    actor = people.actor(signed_in(people, key).secret)
    assert (actor.name, actor.role) == ("ada", Role.OWNER)
    (view,) = people.accounts.me(owner).passkeys
    assert (view.name, view.last_used_ms) == ("my key", people.clock.unix_ms())
    entry = people.accounts.audit(owner, limit=1)[0]
    assert (entry.actor, entry.action, entry.outcome) == ("ada", "sign_in.passkey", "done")


def test_a_passkey_outlives_a_restart(people: People) -> None:
    key = enrolled(people, people.owner(), SoftPasskey(b"key 1"))
    people.restart()
    assert signed_in(people, key)


def test_the_browser_is_asked_for_a_passkey_of_this_host_that_is_not_there_yet(people: People) -> None:
    owner = people.owner()
    enrolled(people, owner, SoftPasskey(b"key 1"))
    _, options = people.accounts.passkey_begin(owner, HOST, ORIGIN)
    assert options["rp"] == {"name": "Headframe", "id": "mine.example"}
    assert options["user"]["name"] == "ada"
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["authenticatorSelection"]["userVerification"] == "preferred"
    assert len(options["excludeCredentials"]) == 1
    _, asked = people.accounts.passkey_challenge(HOST, ORIGIN)
    assert (asked["rpId"], asked["userVerification"], asked["allowCredentials"]) == ("mine.example", "preferred", [])


def test_one_that_saw_a_finger_counts_as_both_factors_one_that_was_touched_does_not(people: People) -> None:
    owner = people.owner()
    touched = enrolled(people, owner, SoftPasskey(b"touched", verifies=False))
    seen = enrolled(people, owner, SoftPasskey(b"seen"))
    assert signed_in(people, touched)
    secret = people.accounts.totp_begin(owner).secret
    people.accounts.totp_confirm(owner, pyotp.TOTP(secret).at(people.clock.unix_ms() // 1000))
    assert signed_in(people, seen)
    with pytest.raises(NotSignedIn) as refused:
        signed_in(people, touched)
    assert refused.value.code == "second_factor_needed"


def test_a_challenge_is_answered_once(people: People) -> None:
    key = enrolled(people, people.owner(), SoftPasskey(b"key 1", counts=False))
    handle, options = people.accounts.passkey_challenge(HOST, ORIGIN)
    answer = key.get(options, ORIGIN)
    people.accounts.passkey_sign_in(handle, answer, ADDRESS, BROWSER)
    with pytest.raises(NotSignedIn):
        people.accounts.passkey_sign_in(handle, answer, ADDRESS, BROWSER)


def test_a_challenge_grows_too_old(people: People) -> None:
    key = enrolled(people, people.owner(), SoftPasskey(b"key 1"))
    handle, options = people.accounts.passkey_challenge(HOST, ORIGIN)
    people.clock.advance(CHALLENGE_MS / 1000)
    with pytest.raises(NotSignedIn, match="too long"):
        people.accounts.passkey_sign_in(handle, key.get(options, ORIGIN), ADDRESS, BROWSER)


def test_a_copy_of_a_key_is_noticed_by_its_count(people: People) -> None:
    key = enrolled(people, people.owner(), SoftPasskey(b"key 1"))
    thief = copy.copy(key)
    signed_in(people, key)
    signed_in(people, key)
    with pytest.raises(NotSignedIn, match="sign count"):
        signed_in(people, thief)


def _with(answer: dict[str, Any], **fields: str) -> dict[str, Any]:
    return {**answer, "response": {**answer["response"], **fields}}


@pytest.mark.parametrize(
    "fault",
    ["other page", "other host", "other key", "other challenge", "no signature", "nonsense", "unknown key", "empty"],
)
def test_an_answer_that_is_not_right_signs_nobody_in(people: People, fault: str) -> None:
    owner = people.owner()
    key = enrolled(people, owner, SoftPasskey(b"key 1"))
    handle, options = people.accounts.passkey_challenge(HOST, ORIGIN)
    _, others = people.accounts.passkey_challenge(HOST, ORIGIN)
    answer = {
        "other page": lambda: key.get(options, "https://evil.example"),
        "other host": lambda: key.get({**options, "rpId": "evil.example"}, ORIGIN),
        "other key": lambda: SoftPasskey(b"key 1").get(options, ORIGIN),
        "other challenge": lambda: key.get(others, ORIGIN),
        "no signature": lambda: _with(key.get(options, ORIGIN), signature=""),
        "nonsense": lambda: _with(key.get(options, ORIGIN), clientDataJSON="!!", authenticatorData="é"),
        "other person": lambda: _with(key.get(options, ORIGIN), userHandle="AAAA"),
        "unknown key": lambda: SoftPasskey(b"key 2").get(options, ORIGIN),
        "empty": dict,
    }[fault]()
    before = len(people.accounts.me(owner).sessions)
    with pytest.raises(NotSignedIn) as refused:
        people.accounts.passkey_sign_in(handle, answer, ADDRESS, BROWSER)
    assert refused.value.code == "wrong_credentials"
    assert len(people.accounts.me(owner).sessions) == before
    assert people.accounts.audit(owner, limit=1)[0].outcome == "refused"


@pytest.mark.parametrize("fault", ["other page", "other host", "other challenge", "nonsense", "empty"])
def test_a_new_passkey_that_is_not_right_is_not_taken(people: People, fault: str) -> None:
    owner = people.owner()
    key = SoftPasskey(b"key 1")
    handle, options = people.accounts.passkey_begin(owner, HOST, ORIGIN)
    _, others = people.accounts.passkey_begin(owner, HOST, ORIGIN)
    answer = {
        "other page": lambda: key.create(options, "https://evil.example"),
        "other host": lambda: key.create({**options, "rp": {"id": "evil.example"}}, ORIGIN),
        "other challenge": lambda: key.create(others, ORIGIN),
        "nonsense": lambda: _with(key.create(options, ORIGIN), attestationObject="AAAA"),
        "empty": dict,
    }[fault]()
    with pytest.raises(Invalid, match="cannot be taken"):
        people.accounts.passkey_add(owner, handle, "x", answer)
    assert people.accounts.me(owner).passkeys == ()


def test_no_bytes_of_a_device_give_anything_but_a_passkey_or_a_refusal(people: People) -> None:
    owner = people.owner()
    chance = random.Random(3)
    key = enrolled(people, owner, SoftPasskey(b"key 1"))
    outcomes = set()
    for number in range(300):
        people.clock.advance(1_000)
        owner = msgspec.structs.replace(owner, proven_ms=people.clock.unix_ms())
        try:
            handle, options = people.accounts.passkey_begin(owner, HOST, ORIGIN)
            new = SoftPasskey(b"new %d" % number).create(options, ORIGIN)
            people.accounts.passkey_add(owner, handle, "x", _damaged(new, chance))
            people.accounts.passkey_remove(owner, people.accounts.me(owner).passkeys[-1].id)
            handle, options = people.accounts.passkey_challenge(HOST, ORIGIN)
            people.accounts.passkey_sign_in(handle, _damaged(key.get(options, ORIGIN), chance), ADDRESS, BROWSER)
        except (Invalid, NotSignedIn) as refused:
            outcomes.add(type(refused))
    assert outcomes == {Invalid, NotSignedIn}


def _damaged(answer: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    field = chance.choice(list(answer["response"]))
    data = bytearray(base64.urlsafe_b64decode(answer["response"][field] + "=="))
    place = chance.randrange(len(data))
    data[place : place + chance.randrange(3)] = chance.randbytes(chance.randrange(2))
    return _with(answer, **{field: base64.urlsafe_b64encode(data).rstrip(b"=").decode()})


def test_somebody_elses_begun_passkey_is_not_mine(people: People) -> None:
    owner = people.owner()
    bob = people.somebody(owner, Role.VIEWER, "bob")
    handle, options = people.accounts.passkey_begin(owner, HOST, ORIGIN)
    with pytest.raises(Conflict):
        people.accounts.passkey_add(bob, handle, "x", SoftPasskey(b"key 1").create(options, ORIGIN))


def test_a_passkey_of_one_host_name_does_not_sign_in_under_another(people: People) -> None:
    key = enrolled(people, people.owner(), SoftPasskey(b"key 1"))
    origin = "https://other.example"
    handle, options = people.accounts.passkey_challenge("other.example", origin)
    with pytest.raises(NotSignedIn):
        people.accounts.passkey_sign_in(handle, key.get(options, origin), ADDRESS, BROWSER)


def test_a_passkey_is_of_one_account_only(people: People) -> None:
    owner = people.owner()
    enrolled(people, owner, SoftPasskey(b"key 1"))
    bob = people.somebody(owner, Role.VIEWER, "bob")
    handle, options = people.accounts.passkey_begin(bob, HOST, ORIGIN)
    with pytest.raises(Conflict, match="known already"):
        people.accounts.passkey_add(bob, handle, "x", SoftPasskey(b"key 1").create(options, ORIGIN))


def test_a_removed_passkey_signs_in_no_more(people: People) -> None:
    owner = people.owner()
    key = enrolled(people, owner, SoftPasskey(b"key 1"))
    (view,) = people.accounts.me(owner).passkeys
    people.accounts.passkey_remove(owner, view.id)
    with pytest.raises(NotSignedIn):
        signed_in(people, key)
    with pytest.raises(NotFound):
        people.accounts.passkey_remove(owner, view.id)


def test_a_disabled_account_is_not_opened_by_its_passkey(people: People) -> None:
    owner = people.owner()
    bob = people.somebody(owner, Role.VIEWER, "bob")
    key = enrolled(people, bob, SoftPasskey(b"key 1"))
    people.accounts.change_account(owner, bob.account_id or 0, disabled=True)
    with pytest.raises(NotSignedIn, match="disabled"):
        signed_in(people, key)


def test_passkeys_of_an_account_have_a_bound(people: People) -> None:
    owner = people.owner()
    for number in range(MAX_PASSKEYS):
        enrolled(people, owner, SoftPasskey(b"key %d" % number))
    with pytest.raises(Conflict):
        people.accounts.passkey_begin(owner, HOST, ORIGIN)


def test_strangers_who_ask_for_challenges_fill_a_bounded_table_and_not_that_of_people(people: People) -> None:
    owner = people.owner()
    handle, options = people.accounts.passkey_begin(owner, HOST, ORIGIN)
    for _ in range(MAX_CHALLENGES + 10):
        people.accounts.passkey_challenge(HOST, ORIGIN)
    assert len(people.accounts._to_sign_in) == MAX_CHALLENGES
    assert people.accounts.passkey_add(owner, handle, "x", SoftPasskey(b"key 1").create(options, ORIGIN))


@pytest.mark.parametrize(
    ("host", "origin", "name"),
    [
        ("localhost:8855", "http://localhost:8855", "localhost"),
        ("Mine.Example", "https://mine.example", "mine.example"),
        ("mine.example:443", "https://mine.example", "mine.example"),
    ],
)
def test_passkeys_are_of_the_host_name(host: str, origin: str, name: str) -> None:
    assert rp_id_of(host, origin) == name


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("127.0.0.1:8855", "http://127.0.0.1:8855"),
        ("[::1]:8855", "http://[::1]:8855"),
        ("mine.example", "http://mine.example"),
        ("mine.example", "https://evil.example"),
        ("mine.example", ""),
        ("", ""),
        ("[", "https://["),
    ],
)
def test_where_browsers_have_no_passkeys_that_is_said_with_a_remedy(host: str, origin: str) -> None:
    with pytest.raises(Invalid) as refused:
        rp_id_of(host, origin)
    assert refused.value.remedy
