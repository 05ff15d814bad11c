"""What configurations are taken, and in which words others are refused."""

from pathlib import Path

import pytest

from headframe.config import Config, ConfigError, Listen, load, parse

ISSUE_EXAMPLE = """
[stratum]
listen = ["0.0.0.0:3333"]
[web]
listen = "127.0.0.1:8855"
[data]
dir = "~/.local/share/headframe"
[payout]
mode = "operator"                 # or "miner"
address = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
fee = [{ address = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080", basis_points = 100 }]
[limits]
connections = 20000
connections_per_ip = 256           # loopback too
[difficulty]
start = 1024
min = 1e-6
max = 1e12
shares_per_minute = 6
[[source]]
name = "home"
kind = "node"
network = "regtest"
weight = 100
rpc = ["http://127.0.0.1:18443"]
user = "u"                        # or cookie_file = "..."
password = "p"
zmq_hashblock = "tcp://127.0.0.1:28332"
"""

SOURCE = """
[[source]]
name = "home"
network = "regtest"
rpc = "http://127.0.0.1:18443"
cookie_file = "/node/.cookie"
"""
MINER_MODE = '[payout]\nmode = "miner"\n'
LEAST = MINER_MODE + SOURCE


def refusals(text: str, environment: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse(text, environment or {}, name="f.toml")
    return [str(problem) for problem in caught.value.problems]


def the_refusal(text: str, environment: dict[str, str] | None = None) -> str:
    found = refusals(text, environment)
    assert len(found) == 1, found
    return found[0]


def test_the_example_of_the_documentation_is_taken_as_it_stands() -> None:
    config = parse(ISSUE_EXAMPLE, {})
    assert config.stratum.listen == (Listen("0.0.0.0", 3333),)
    assert config.web.listen == Listen("127.0.0.1", 8855)
    assert config.data.dir == Path.home() / ".local/share/headframe"
    assert config.payout.fee[0].basis_points == 100
    assert config.difficulty.min == 1e-6
    assert config.source[0].zmq_hashblock == ("tcp://127.0.0.1:28332",)
    assert config.source[0].password is not None
    assert config.source[0].password.get_secret_value() == "p"


def test_the_least_configuration_is_a_source_and_who_is_paid() -> None:
    config = parse(LEAST, {})
    assert config.limits.connections == 20000
    assert config.payout.tag == "/Headframe/"
    assert config.source[0].weight == 100


def test_a_configuration_cannot_be_changed() -> None:
    config = parse(LEAST, {})
    with pytest.raises(ValueError, match="frozen"):
        config.payout.mode = "operator"


def test_secrets_never_show_in_repr() -> None:
    config = parse(ISSUE_EXAMPLE.replace('password = "p"', 'password = "hunter2"'), {})
    assert "hunter2" not in repr(config)
    assert "hunter2" not in str(config)


def test_a_secret_of_the_wrong_kind_is_refused_without_being_shown() -> None:
    text = ISSUE_EXAMPLE.replace('password = "p"', "password = 987654")
    assert "987654" not in "\n".join(refusals(text))


def test_every_problem_is_listed_at_once_with_its_line_in_the_order_of_the_file() -> None:
    found = refusals('[stratum]\nlisten = "nowhere"\n[limits]\nconnections = 0\n' + LEAST.replace("regtest", "moon"))
    assert [problem.split(": ")[0] for problem in found] == ["f.toml:2", "f.toml:4", "f.toml:10"]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[stratum]\nlisten = 5\n", 2, "must be a list"),
        ("[stratum]\nlisten = [5]\n", 2, 'write "address:port"'),
        ('[stratum]\nlisten = ["0.0.0.0:99999"]\n', 2, "port 99999 does not exist"),
        ('[stratum]\nlisten = ["300.0.0.1:1"]\n', 2, "not an address to listen on"),
        ('[stratum]\nlisten = ["::1:3333"]\n', 2, "[::]:3333"),
        ("[stratum]\nlisten = []\n", 2, "no miner could connect"),
        ('[stratum]\nlisten = ["1.2.3.4:3333", "1.2.3.4:3333"]\n', 2, "listed twice"),
        ("[stratum]\nextranonce2_size = 1\n", 2, "less than the least allowed, 2"),
        ('[stratum]\ntls = { certificate = "/c.pem" }\n', 2, "add stratum.tls.key"),
        ('[web]\nlisten = "127.0.0.1:3333"\n', 2, "choose another port"),
        ("[web]\nenabled = 7\n", 2, "must be true or false"),
        ("[limits]\nline_bytes = 1.5\n", 2, "must be a whole number"),
        ('[limits]\nexempt = ["my lan"]\n', 2, "192.168.0.0/16"),
        ("[difficulty]\nstart = true\n", 2, "true is not a number"),
        ("[difficulty]\nstart = 1e13\n", 2, "not between min, 1e-06, and max, 1e+12"),
        ("[difficulty]\nmin = 5\nmax = 1\n", 2, "swap them"),
        ("[difficulty]\nshares_per_minute = nan\n", 2, "finite"),
        ("[data]\nsync_s = 0\n", 2, "not more than 0"),
        ('[data]\ndir = "$NOT_THERE/x"\n', 2, "set NOT_THERE"),
        ('[logging]\nlevel = "debgu"\n', 2, "did you mean debug?"),
    ],
)
def test_a_wrong_value_is_refused_with_its_line_and_what_to_write(text: str, line: int, words: str) -> None:
    told = the_refusal(text + LEAST)
    assert told.startswith(f"f.toml:{line}: ")
    assert words in told


@pytest.mark.parametrize(
    ("replaced", "by", "words"),
    [
        ('rpc = "http://127.0.0.1:18443"', 'rpc = "http://u:p@127.0.0.1:18443"', "put them in user and password"),
        ('rpc = "http://127.0.0.1:18443"', 'rpc = "127.0.0.1"', 'write "http://127.0.0.1:8332"'),
        ('rpc = "http://127.0.0.1:18443"', "rpc = []", "is missing"),
        ('rpc = "http://127.0.0.1:18443"', 'rpc = ["http://a:1", "http://a:1"]', "same node twice"),
        ('cookie_file = "/node/.cookie"', "", "no credentials"),
        ('cookie_file = "/node/.cookie"', 'user = "u"', "add password or password_file"),
        ('cookie_file = "/node/.cookie"', 'password = "p"', "add user"),
        ('cookie_file = "/node/.cookie"', 'cookie_file = "/c"\nuser = "u"', "keep one of the two ways"),
        ('cookie_file = "/node/.cookie"', 'cookie_file = "/c"\nzmq_hashblock = "28332"', "is not a ZMQ address"),
        (
            'cookie_file = "/node/.cookie"',
            'cookie_file = "/c"\nzmq_rawblock = "tcp://*:28332"',
            "not where it can be reached",
        ),
        ('name = "home"', 'name = "my home!"', ""),
        ('name = "home"', "", "is missing"),
        ('network = "regtest"', 'network = "testnet"', "did you mean testnet3, or testnet4?"),
        ('network = "regtest"', 'network = "regtest"\nweight = 0', "give one a weight"),
        ('network = "regtest"', 'network = "regtest"\nkind = "nod"', "did you mean node?"),
    ],
)
def test_a_source_that_cannot_work_is_refused_with_a_remedy(replaced: str, by: str, words: str) -> None:
    assert words in the_refusal(LEAST.replace(replaced, by))


def test_two_sources_cannot_share_a_name_nor_differ_in_network() -> None:
    other = SOURCE.replace('"home"', '"HOME"').replace("regtest", "signet")
    found = "\n".join(refusals(LEAST + other))
    assert "taken by another source" in found
    assert "one Headframe for each network" in found


def test_without_a_source_there_is_nothing_to_mine() -> None:
    assert "add a [[source]]" in the_refusal(MINER_MODE)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[stratum]\nlisen = 1\n", "did you mean listen?"),
        ("[stratun]\nlisten = 1\n", "did you mean stratum?"),
        ("[limits]\nbasis_points = 1\n", "did you mean payout.fee.basis_points?"),
        ("[limits]\nzzzzz = 1\n", "known here: connections, connections_per_ip"),
        ("[mining]\npool_fee_percent = 1\n", "use [payout]"),
        ("[logging]\njson = true\n", 'logging.format = "json"'),
        ("[stratum.tls]\ncert = 1\n", "did you mean certificate?"),
    ],
)
def test_unknown_and_retired_names_are_answered_with_the_right_one(text: str, words: str) -> None:
    assert words in the_refusal(text + LEAST)


def test_a_retired_name_inside_a_source_is_answered_too() -> None:
    told = the_refusal(LEAST + 'rpc_url = "http://x"\n')
    assert told.startswith("f.toml:9: source[0].rpc_url")
    assert "use rpc, a list" in told


def test_a_value_in_parentheses_of_another_section_of_ckpool_is_recognised() -> None:
    assert "use payout.address" in the_refusal('btcaddress = "x"\n' + LEAST)


def test_operator_mode_needs_an_address() -> None:
    assert 'or set mode = "miner"' in the_refusal(SOURCE)


def test_an_address_must_fit_the_network_and_is_not_repeated() -> None:
    mainnet = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
    told = the_refusal(f'[payout]\naddress = "{mainnet}"\n' + SOURCE)
    assert told.startswith("f.toml:2: payout.address")
    assert "mainnet address" in told
    assert mainnet not in told


def test_a_fee_address_is_checked_in_miner_mode_too() -> None:
    told = the_refusal('[payout]\nmode = "miner"\nfee = [{ address = "x", basis_points = 1 }]\n' + SOURCE)
    assert "payout.fee[0].address" in told


def test_fees_cannot_be_more_than_the_whole() -> None:
    part = '{ address = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080", basis_points = 5001 }'
    assert "add up to 10002" in the_refusal(f'[payout]\nmode = "miner"\nfee = [{part}, {part}]\n' + SOURCE)


@pytest.mark.parametrize("tag", ["x" * 61, "grüß", "a\\nb"])
def test_a_coinbase_tag_that_does_not_fit_is_refused(tag: str) -> None:
    assert "payout.tag" in the_refusal(f'[payout]\nmode = "miner"\ntag = "{tag}"\n' + SOURCE)


def test_broken_toml_is_refused_with_its_line() -> None:
    assert the_refusal("[stratum]\nlisten = [\n[web").startswith("f.toml:")


def test_a_password_can_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "pw").write_text("hunter2\n")
    (tmp_path / "headframe.toml").write_text(
        LEAST.replace('cookie_file = "/node/.cookie"', 'user = "u"\npassword_file = "pw"')
    )
    config = load(tmp_path / "headframe.toml", {})
    assert config.source[0].password is not None
    assert config.source[0].password.get_secret_value() == "hunter2"


def test_a_secret_file_may_be_named_by_a_variable(tmp_path: Path) -> None:
    (tmp_path / "rpc").write_text("hunter2")
    text = LEAST.replace('cookie_file = "/node/.cookie"', 'user = "u"\npassword_file = "$CREDENTIALS_DIRECTORY/rpc"')
    config = parse(text, {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert config.source[0].password is not None


@pytest.mark.parametrize(
    ("content", "words"), [(None, "cannot read"), (b"", "one line"), (b"a\nb", "one line"), (b"\xff", "UTF-8")]
)
def test_a_secret_file_without_one_secret_is_refused(tmp_path: Path, content: bytes | None, words: str) -> None:
    if content is not None:
        (tmp_path / "pw").write_bytes(content)
    text = LEAST.replace('cookie_file = "/node/.cookie"', f'user = "u"\npassword_file = "{tmp_path}/pw"')
    assert words in the_refusal(text)


def test_password_and_password_file_together_are_refused(tmp_path: Path) -> None:
    (tmp_path / "pw").write_text("b")
    text = LEAST.replace(
        'cookie_file = "/node/.cookie"', f'user = "u"\npassword = "a"\npassword_file = "{tmp_path}/pw"'
    )
    assert "keep one of the two" in the_refusal(text)


def test_relative_paths_start_from_the_folder_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "headframe.toml").write_text('[data]\ndir = "state"\n' + LEAST)
    assert load(tmp_path / "headframe.toml", {}).data.dir == tmp_path / "state"


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"#" * 1_100_000])
def test_a_file_that_cannot_be_a_configuration_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "headframe.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError):
        load(path, {})


def test_a_ban_list_of_networks_is_brought_to_one_form() -> None:
    config: Config = parse('[limits]\nexempt = ["192.168.7.9/16", "::1"]\n' + LEAST, {})
    assert config.limits.exempt == ("192.168.0.0/16", "::1/128")
