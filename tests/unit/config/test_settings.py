"""The table of settings, and what is printed from it."""

import tomllib
from typing import Any

from headframe.config import Config, Source, effective, parse
from headframe.config.environment import overlay
from headframe.config.problems import SECRETS
from headframe.config.retired import OBSOLETE
from headframe.config.settings import in_toml, names, sections, settings, variants
from headframe.net.limits import LimitSettings

EXAMPLE = """
[payout]
address = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
fee = [{ address = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080", basis_points = 100 }]
[[source]]
name = "home"
network = "regtest"
rpc = "http://127.0.0.1:18443"
user = "u"
password = "hunter2"
[[source]]
name = "ocean"
kind = "pool"
network = "regtest"
url = ["stratum+tcp://127.0.0.1:3334", "stratum+ssl://backup.example:4334"]
wallet = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
password = "hunter2"
cap = "1.5 TH/s"
tier = 2
[routing]
feed = [{ chain = "btc", what = "price", url = "https://example.org/x", pointer = "/a" }]
[[pin]]
worker = "garage"
source = "ocean"
[[fixed_difficulty]]
worker = "attic"
difficulty = 0.5
[[ban]]
address = "203.0.113.9"
until = 2030-01-01T02:00:00+02:00
"""


def test_every_setting_has_help_that_ends_as_a_sentence() -> None:
    assert [setting.path for setting in settings() if not setting.help.endswith(".")] == []


def test_the_settings_that_are_secret_are_those_that_problems_never_show() -> None:
    assert {setting.path[-1] for setting in settings() if setting.secret} == set(SECRETS)


def test_every_secret_can_lie_in_a_file() -> None:
    paths = {setting.path for setting in settings()}
    assert all((*s.path[:-1], f"{s.path[-1]}_file") in paths for s in settings() if s.secret)


def test_no_retired_name_is_a_setting() -> None:
    paths = {".".join(setting.path) for setting in settings()} | {".".join(section) for section in names()}
    assert paths.isdisjoint(OBSOLETE)


def test_every_setting_can_come_from_its_variable() -> None:
    for setting in settings():
        if setting.path[:-1] in {section.path for section in sections() if section.repeated} - {("source",)}:
            continue  # lists of tables as a whole, in JSON
        tree: dict[str, Any] = {"source": [{"name": "name"}]}
        problems, places = overlay(tree, {setting.environment: "{}" if setting.shape == "table" else "x"})
        assert problems == []
        assert list(places.values()) == [f"${setting.environment}"]


def test_what_is_in_force_is_toml_that_means_the_same_but_for_secrets() -> None:
    config = parse(EXAMPLE, {})
    shown = effective(config)
    assert "hunter2" not in shown
    again = parse(shown.replace("********", "hunter2"), {})
    assert again == config
    assert set(tomllib.loads(shown)) == set(Config.model_fields)


def test_values_are_written_as_toml_reads_them() -> None:
    for value in (True, 7, 1e-6, 'a "quoted" \\ text', (1, "b")):
        read = tomllib.loads(f"x = {in_toml(value)}")["x"]
        assert read == (list(value) if isinstance(value, tuple) else value)


def test_defaults_of_limits_are_those_of_the_connection_floor() -> None:
    limits, floor = parse(EXAMPLE, {}).limits, LimitSettings()
    shared = [name for name in type(limits).model_fields if hasattr(floor, name)]
    assert {"connections", "connections_per_ip", "handshake_s", "idle_s", "ban_s", "exempt"} <= set(shared)
    assert {name: getattr(limits, name) for name in shared} == {name: getattr(floor, name) for name in shared}


def test_each_kind_of_source_has_its_own_settings_and_those_of_all() -> None:
    kinds = variants()
    assert set(kinds) == {"node", "pool"}
    assert set(kinds["node"]) & set(kinds["pool"]) >= set(Source.model_fields)
    assert "rpc" not in kinds["pool"]
    assert "url" not in kinds["node"]


def test_only_a_few_settings_need_a_restart() -> None:
    needing = {".".join(setting.path) for setting in settings() if setting.needs_restart}
    assert needing == {
        "stratum.listen",
        "stratum.tls.enabled",
        "stratum.tls.certificate",
        "stratum.tls.key",
        "web.enabled",
        "web.listen",
        "web.tls.certificate",
        "web.tls.key",
        "data.dir",
        "source.network",
    }


def test_a_source_goes_on_while_weight_tier_cap_and_pause_change_and_nothing_else() -> None:
    assert {setting.path for setting in settings() if setting.adjusts} == {
        ("source", name) for name in ("weight", "tier", "cap", "paused")
    }


def test_forms_know_what_each_setting_takes() -> None:
    found = {(".".join(setting.path), setting.variant): setting for setting in settings()}
    assert {setting.shape for setting in settings()} == {
        "bool",
        "int",
        "float",
        "text",
        "secret",
        "choice",
        "list",
        "table",
    }
    weight = found["source.weight", "pool"]
    assert (weight.shape, weight.minimum, weight.maximum, weight.default_value) == ("int", 0, 1_000_000, 100)
    assert found["payout.mode", ""].choices == ("operator", "miner")
    assert found["stratum.listen", ""].default_value == ["0.0.0.0:3333"]
    assert not found["payout.fee.address", ""].optional
    assert found["payout.address", ""].optional
    assert all(bool(setting.choices) == (setting.shape == "choice") for setting in settings())
    assert all(setting.minimum is not None for setting in settings() if setting.shape in ("int", "float"))
