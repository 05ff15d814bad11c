"""What a reload takes over, and what waits for a restart."""

from typing import Any

import pytest

from headframe.app.reload import LISTS, diff
from headframe.config import Config, parse
from headframe.config.section import Section
from headframe.config.settings import Setting, sections, settings

ADDRESS = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
MAINNET = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
NODE = """
[[source]]
name = "home"
network = "regtest"
rpc = "http://127.0.0.1:18443"
user = "u"
password = "hunter2"
"""
POOL = f"""
[[source]]
name = "ocean"
kind = "pool"
network = "regtest"
url = "stratum+tcp://127.0.0.1:3334"
wallet = "{ADDRESS}"
"""
HEAD = '[payout]\nmode = "miner"\n'
PIN = '[[pin]]\nworker = "garage"\nsource = "ocean"\n'
OLD = parse(HEAD + NODE + POOL, {})
NEW_VALUE = object()
"""Differs from every value, of whatever kind."""

PLAIN = [setting for setting in settings() if setting.path[0] not in ("source", *LISTS)]
OF_SOURCES = [
    setting for setting in settings() if setting.path[0] == "source" and setting.path[-1] not in ("name", "network")
]


def with_new(section: Section, path: tuple[str, ...]) -> Section:
    """`section` with another value at `path`; a list of tables is changed as a whole."""
    inner: Any = getattr(section, path[0])
    value = with_new(inner, path[1:]) if isinstance(inner, Section) else NEW_VALUE
    return section.model_copy(update={path[0]: value})


def changed(path: tuple[str, ...]) -> Config:
    found = with_new(OLD, path)
    assert isinstance(found, Config)
    return found


def changed_source(setting: Setting) -> Config:
    sources = [
        source.model_copy(update={setting.path[1]: NEW_VALUE}) if source.kind == setting.variant else source
        for source in OLD.source
    ]
    return OLD.model_copy(update={"source": tuple(sources)})


def dotted(setting: Setting) -> str:
    return ".".join((*setting.path, setting.variant))


def test_the_same_configuration_changes_nothing() -> None:
    reload = diff(OLD, parse(HEAD + NODE + POOL, {}))
    assert reload.nothing
    assert reload.needs_restart == ()
    assert reload.in_force == OLD


@pytest.mark.parametrize("setting", PLAIN, ids=dotted)
def test_a_setting_is_taken_over_just_when_the_reference_says_so(setting: Setting) -> None:
    reload = diff(OLD, changed(setting.path))
    told = reload.needs_restart if setting.needs_restart else reload.changed
    assert len(told) == 1
    assert ".".join(setting.path).startswith(told[0])
    assert reload.nothing == setting.needs_restart
    assert reload.sections == (frozenset() if setting.needs_restart else {setting.path[0]})
    assert (reload.in_force == OLD) == setting.needs_restart


@pytest.mark.parametrize("setting", OF_SOURCES, ids=dotted)
def test_a_source_goes_on_or_begins_anew_just_as_the_reference_says(setting: Setting) -> None:
    new = changed_source(setting)
    name = {"node": "home", "pool": "ocean"}[setting.variant]
    (after,) = [source for source in new.source if source.name == name]
    reload = diff(OLD, new)
    assert reload.adjusted == ((after,) if setting.adjusts else ())
    assert reload.rebuilt == (() if setting.adjusts else (after,))
    assert reload.changed == (f"source.{name}.{setting.path[1]}",)
    assert (reload.added, reload.removed, reload.sections) == ((), (), frozenset())
    assert reload.in_force == new


def test_sources_come_and_go() -> None:
    both = parse(HEAD + NODE + POOL, {})
    one = parse(HEAD + NODE, {})
    assert [source.name for source in diff(one, both).added] == ["ocean"]
    assert diff(one, both).changed == ("source.ocean",)
    assert diff(both, one).removed == ("ocean",)
    assert diff(both, one).changed == ("source.ocean",)


def test_another_name_is_another_source() -> None:
    reload = diff(OLD, parse(HEAD + NODE + POOL.replace('"ocean"', '"lake"'), {}))
    assert [source.name for source in reload.added] == ["lake"]
    assert reload.removed == ("ocean",)


def test_the_same_name_may_become_another_kind() -> None:
    node = NODE.replace("home", "ocean")
    reload = diff(parse(HEAD + POOL, {}), parse(HEAD + node, {}))
    assert [source.kind for source in reload.rebuilt] == ["node"]
    assert reload.changed == ("source.ocean.kind",)


def test_a_source_may_change_its_chain() -> None:
    cash = POOL.replace(ADDRESS, "16w1D5WRVKJuZUsSRzdLp9w3YGcgoxDXb").replace(
        'network = "regtest"', 'chain = "bch"\nnetwork = "mainnet"'
    )
    reload = diff(OLD, parse(HEAD + NODE + cash, {}))
    assert [source.chain for source in reload.rebuilt] == ["bch"]
    assert reload.needs_restart == ()


def test_a_weight_beside_another_address_begins_anew_once() -> None:
    new = parse(HEAD + NODE + POOL.replace("3334", "3335") + "weight = 7\n", {})
    reload = diff(OLD, new)
    assert [source.weight for source in reload.rebuilt] == [7]
    assert reload.adjusted == ()
    assert reload.changed == ("source.ocean.weight", "source.ocean.url")


def test_the_order_of_sources_means_nothing() -> None:
    assert diff(OLD, parse(HEAD + POOL + NODE, {})).nothing


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pin", PIN),
        ("fixed_difficulty", '[[fixed_difficulty]]\nworker = "garage"\ndifficulty = 8\n'),
        ("ban", '[[ban]]\naddress = "203.0.113.1"\nuntil = 2030-01-01T00:00:00Z\n'),
    ],
)
def test_lists_of_tables_are_taken_over_as_a_whole(name: str, text: str) -> None:
    reload = diff(OLD, parse(HEAD + NODE + POOL + text, {}))
    assert reload.sections == {name}
    assert len(getattr(reload.in_force, name)) == 1


def test_every_list_of_tables_at_the_top_is_taken_over() -> None:
    assert {one.path[0] for one in sections() if one.repeated and len(one.path) == 1} == {"source", *LISTS}


def test_nodes_begin_anew_for_another_coinbase_tag_because_it_is_in_their_work() -> None:
    reload = diff(OLD, parse(HEAD + 'tag = "/other/"\n' + NODE + POOL, {}))
    assert [source.name for source in reload.rebuilt] == ["home"]
    assert reload.changed == ("payout.tag",)


def test_another_network_waits_for_the_restart_with_everything_else() -> None:
    there = (HEAD + NODE + POOL + "weight = 7\n").replace("regtest", "mainnet").replace(ADDRESS, MAINNET)
    reload = diff(OLD, parse(there, {}))
    assert reload.needs_restart == ("source.home.network", "source.ocean.network")
    assert reload.nothing
    assert reload.in_force == OLD


def test_what_waits_for_a_restart_waits_still_at_the_next_reload() -> None:
    new = parse('[web]\nlisten = "127.0.0.1:1"\n[limits]\nconnections = 7\n' + HEAD + NODE + POOL, {})
    first = diff(OLD, new)
    assert first.needs_restart == ("web.listen",)
    assert first.in_force.limits.connections == 7
    second = diff(first.in_force, new)
    assert second.needs_restart == ("web.listen",)
    assert second.nothing
    assert diff(first.in_force, OLD).needs_restart == ()


def test_secrets_are_no_part_of_what_is_said() -> None:
    new = parse(HEAD + NODE.replace("hunter2", "hunter3") + POOL, {})
    reload = diff(OLD, new)
    assert reload.changed == ("source.home.password",)
    assert "hunter" not in repr(reload)
