"""The names that shares go up under."""

import pytest

from headframe.bitcoin.networks import NETWORKS
from headframe.sources.pool.names import MAX_NAMES, NameLore, Names
from headframe.sources.pool.settings import PoolSettings, PoolUrl

SETTINGS = PoolSettings("ocean", NETWORKS["mainnet"], (PoolUrl("pool.example", 1, tls=False),), wallet="w")


def names(lore: NameLore | None = None) -> Names:
    return Names(SETTINGS, lore or NameLore())


def test_a_new_worker_is_asked_about_once_and_goes_up_under_the_main_name_until_known() -> None:
    known = names()
    assert known.user_of("garage") == ("w.headframe", "w.garage")
    known.asking(5, "w.garage")
    assert known.user_of("garage") == ("w.headframe", "")
    known.authorized(5)
    assert known.user_of("garage") == ("w.garage", "")


def test_workers_without_a_name_need_no_asking() -> None:
    assert names().user_of("") == ("w.headframe", "")


def test_a_refused_name_ends_all_asking_also_on_the_next_connection() -> None:
    lore = NameLore()
    known = names(lore)
    known.asking(5, "w.garage")
    assert known.refused(5, "Already authorized")
    assert not known.refused(5, "again")
    assert known.user_of("cellar") == ("w.headframe", "")
    assert names(lore).user_of("garage") == ("w.headframe", "")
    assert lore.only == "Already authorized"


@pytest.mark.parametrize(
    ("name", "code", "reason", "news"),
    [
        ("w.garage", 20, "Worker mismatch", True),
        ("w.garage", 24, "no", True),
        ("w.garage", 0, "unauthorised", True),
        ("w.garage", 23, "Difficulty too low", False),
        ("w.headframe", 24, "Unauthorized worker", False),
    ],
)
def test_a_share_refused_for_its_name_is_understood(name: str, code: int, reason: str, news: bool) -> None:
    known = names()
    assert known.share_refused(name, code, reason) is news
    assert not known.share_refused(name, code, reason)
    assert (known.user_of("cellar")[1] == "") is news


def test_an_answer_to_nothing_changes_nothing() -> None:
    known = names()
    known.authorized(99)
    assert not known.refused(99, "what")
    assert known.user_of("garage")[1] == "w.garage"


def test_names_beyond_the_bound_go_up_under_the_main_name() -> None:
    known = names()
    for number in range(MAX_NAMES - 1):
        _, ask = known.user_of(f"rig{number}")
        known.asking(number, ask)
    assert known.user_of("one-more") == ("w.headframe", "")
