"""What to type into a miner: addresses that another machine can reach."""

from headframe.app.connect import connect_view
from headframe.config import Config
from headframe.net.certificates import CertificateInfo

NAMES = ["localhost", "127.0.0.1", "::1", "tower", "tower.local", "10.0.0.5", "fd00::5"]
CERTIFICATE = CertificateInfo("CN=headframe", ("tower",), "AA:BB", "PEM", 0, True)


def test_every_way_in_from_the_network_is_named_and_loopback_is_not() -> None:
    view = connect_view(Config(), ["0.0.0.0:3333"], NAMES, CERTIFICATE)
    assert view.plain == (
        "stratum+tcp://10.0.0.5:3333",
        "stratum+tcp://tower:3333",
        "stratum+tcp://tower.local:3333",
    )
    assert view.tls[0] == "stratum+ssl://10.0.0.5:3333"
    assert (view.certificate_pem, view.fingerprint) == ("PEM", "AA:BB")


def test_with_both_families_listened_on_both_are_named() -> None:
    view = connect_view(Config(), ["[::]:3333"], NAMES, None)
    assert view.plain[:2] == ("stratum+tcp://10.0.0.5:3333", "stratum+tcp://[fd00::5]:3333")


def test_a_machine_without_a_network_names_loopback() -> None:
    view = connect_view(Config(), ["0.0.0.0:3333"], ["localhost", "127.0.0.1"], None)
    assert view.plain == ("stratum+tcp://127.0.0.1:3333",)


def test_one_address_listened_on_is_the_one_named() -> None:
    assert connect_view(Config(), ["192.168.1.9:3333"], NAMES, None).plain == ("stratum+tcp://192.168.1.9:3333",)


def test_without_tls_there_is_no_certificate() -> None:
    view = connect_view(Config(), ["0.0.0.0:3333"], NAMES, None)
    assert (view.tls, view.certificate_pem, view.fingerprint) == ((), "", "")


def test_a_miner_that_is_paid_itself_gives_its_address_as_its_user() -> None:
    config = Config.model_validate({"payout": {"mode": "miner"}})
    assert connect_view(config, ["0.0.0.0:3333"], NAMES, None).user == "YOUR_BITCOIN_ADDRESS.worker1"
    assert connect_view(Config(), ["0.0.0.0:3333"], NAMES, None).user == "home.worker1"
