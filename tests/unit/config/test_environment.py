"""Settings from environment variables."""

import pytest

from headframe.config import Config, ConfigError, Listen, parse

LEAST = """
[payout]
mode = "miner"
[[source]]
name = "my-home"
network = "regtest"
rpc = "http://127.0.0.1:18443"
user = "u"
"""
PASSWORD = {"HEADFRAME_SOURCE__0__PASSWORD": "p"}


def read(**variables: str) -> Config:
    return parse(LEAST, PASSWORD | variables)


def refusal(**variables: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(LEAST, PASSWORD | variables)
    return str(caught.value)


@pytest.mark.parametrize("text", ['["127.0.0.1:1", "[::1]:2"]', "127.0.0.1:1,[::1]:2", " 127.0.0.1:1 , [::1]:2,"])
def test_lists_are_json_or_separated_by_commas(text: str) -> None:
    assert read(HEADFRAME_STRATUM__LISTEN=text).stratum.listen == (Listen("127.0.0.1", 1), Listen("::1", 2))


def test_variables_win_over_the_file() -> None:
    assert read(HEADFRAME_PAYOUT__MODE="miner", HEADFRAME_LIMITS__CONNECTIONS="7").limits.connections == 7


def test_a_source_is_found_by_number_and_by_name() -> None:
    assert read(HEADFRAME_SOURCE__MY_HOME__WEIGHT="7").source[0].weight == 7
    assert read(HEADFRAME_SOURCE__0__WEIGHT="8").source[0].weight == 8


def test_a_number_beyond_the_last_adds_a_source() -> None:
    config = read(
        HEADFRAME_SOURCE__1__NAME="spare",
        HEADFRAME_SOURCE__1__NETWORK="regtest",
        HEADFRAME_SOURCE__1__RPC="http://127.0.0.1:1",
        HEADFRAME_SOURCE__1__COOKIE_FILE="/c",
    )
    assert [source.name for source in config.source] == ["my-home", "spare"]


def test_the_environment_alone_can_be_the_configuration() -> None:
    config = parse(
        "",
        {
            "HEADFRAME_PAYOUT__MODE": "miner",
            "HEADFRAME_SOURCE": '[{"name": "a", "network": "regtest", "rpc": "http://127.0.0.1:1", "cookie_file": "/c"}]',
        },
    )
    assert config.source[0].name == "a"


def test_a_list_of_tables_is_json() -> None:
    fee = '[{"address": "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080", "basis_points": 50}]'
    assert read(HEADFRAME_PAYOUT__FEE=fee).payout.fee[0].basis_points == 50
    assert "not valid JSON" in refusal(HEADFRAME_PAYOUT__FEE="1 %")


@pytest.mark.parametrize(
    ("variable", "words"),
    [
        ("HEADFRAME_STRATUM_LISTEN", "did you mean HEADFRAME_STRATUM__LISTEN?"),
        ("HEADFRAME_STRATUM__LISEN", "did you mean listen?"),
        ("HEADFRAME_STRATUN__LISTEN", "did you mean HEADFRAME_STRATUM__LISTEN?"),
        ("HEADFRAME_SOURCE__OTHER__PASSWORD", "no [[source]] is called other"),
        ("HEADFRAME_SOURCE__9__PASSWORD", "no [[source]] is called 9"),
        ("HEADFRAME_MINING__POOL_FEE_PERCENT", "is not a setting"),
        ("HEADFRAME_ZZZ", "is not a setting"),
    ],
)
def test_a_variable_that_is_no_setting_is_refused_by_name(variable: str, words: str) -> None:
    told = refusal(**{variable: "1"})
    assert f"${variable}" in told
    assert words in told


def test_a_wrong_value_names_its_variable() -> None:
    assert "$HEADFRAME_LIMITS__CONNECTIONS: limits.connections" in refusal(HEADFRAME_LIMITS__CONNECTIONS="many")


def test_variables_of_others_and_the_path_of_the_file_are_no_settings() -> None:
    assert read(HEADFRAME_CONFIG="/etc/headframe.toml", HOME="/root", PATH="/bin").limits.connections == 20000


def test_a_variable_under_something_that_is_no_section_is_left_to_validation() -> None:
    with pytest.raises(ConfigError, match="section of its own"):
        parse("stratum = 5\n" + LEAST, PASSWORD | {"HEADFRAME_STRATUM__LISTEN": "127.0.0.1:1"})
