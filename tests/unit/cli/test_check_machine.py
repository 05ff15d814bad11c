"""Readiness of the machine."""

import os
from pathlib import Path

import pytest

from headframe.app.check_report import CheckResult, State, may_run
from headframe.cli import check_machine as machine
from headframe.config import Config, Tls
from headframe.net.certificates import CertificateInfo, make_self_signed, self_signed

NOW = 1_800_000_000
DAY = 86_400


def info(left_s: int) -> CertificateInfo:
    return CertificateInfo("CN=x", ("pool.example",), "AB:CD", "", NOW + left_s, False)


@pytest.mark.parametrize(
    ("left_s", "state"), [(0, State.FAIL), (DAY, State.WARN), (14 * DAY - 1, State.WARN), (14 * DAY, State.OK)]
)
def test_a_certificate_is_judged_by_the_days_it_has_left(left_s: int, state: State) -> None:
    assert machine.judge_certificate(info(left_s), NOW).state is state


def test_without_a_certificate_one_will_be_made(tmp_path: Path) -> None:
    assert machine.check_certificate(Tls(), tmp_path, NOW).state is State.OK
    assert list(tmp_path.iterdir()) == []


def test_a_certificate_in_use_is_looked_at(tmp_path: Path) -> None:
    certificate, key = make_self_signed(["localhost"], NOW)
    (tmp_path / "tls-cert.pem").write_bytes(certificate)
    (tmp_path / "tls-key.pem").write_bytes(key)
    result = machine.check_certificate(Tls(), tmp_path, NOW)
    assert result.state is State.OK
    assert "self-signed" in result.text


def test_a_certificate_that_does_not_fit_its_key_fails_with_a_remedy(tmp_path: Path) -> None:
    certificate, _ = make_self_signed(["localhost"], NOW)
    _, key = make_self_signed(["localhost"], NOW)
    (tmp_path / "c").write_bytes(certificate)
    (tmp_path / "k").write_bytes(key)
    tls = Tls(certificate=tmp_path / "c", key=tmp_path / "k")
    result = machine.check_certificate(tls, tmp_path, NOW)
    assert result.state is State.FAIL
    assert result.remedy


@pytest.mark.parametrize(
    ("free", "state"),
    [(0, State.FAIL), (machine.LEAST_FREE_BYTES, State.WARN), (machine.LOW_FREE_BYTES, State.OK)],
)
def test_room_on_the_disk_is_judged(free: int, state: State) -> None:
    assert machine.judge_room(free).state is state


def test_a_data_directory_is_written_to_and_left_as_it_was(tmp_path: Path) -> None:
    results = machine.check_disk(tmp_path)
    assert results[0] == CheckResult(f"data {tmp_path}", State.OK, "writable")
    assert list(tmp_path.iterdir()) == []


def test_a_data_directory_that_is_not_there_yet_is_fine_and_not_made(tmp_path: Path) -> None:
    assert machine.check_disk(tmp_path / "a" / "b")[0].text == "will be made"
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_place_of_the_data_directory_fails(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    assert not may_run(machine.check_disk(tmp_path / "data"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_data_directory_of_somebody_else_fails(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert not may_run(machine.check_disk(tmp_path))
    assert not may_run(machine.check_disk(tmp_path / "inner"))


def test_open_files_must_be_enough_for_the_connections() -> None:
    assert machine.judge_open_files(1024, 20000).state is State.WARN
    assert "LimitNOFILE" in machine.judge_open_files(1024, 20000).remedy
    assert machine.judge_open_files(20000 + machine.SPARE_FILES, 20000).state is State.OK


def test_the_report_names_the_kernel() -> None:
    assert machine.check_kernel().state is State.OK


def test_warnings_do_not_keep_from_running_and_failures_do() -> None:
    warned, failed = CheckResult("a", State.WARN, "", ""), CheckResult("b", State.FAIL, "", "")
    assert may_run([warned])
    assert not may_run([warned, failed])


def test_the_web_ports_own_certificate_is_looked_at_if_it_has_one(tmp_path: Path) -> None:
    plain = Config().web
    assert machine.check_web_certificate(plain, 0) == []
    self_signed(tmp_path, ["localhost"], 1_700_000_000)
    files = {"certificate": tmp_path / "tls-cert.pem", "key": tmp_path / "tls-key.pem"}
    web = plain.model_copy(update={"tls": plain.tls.model_copy(update=files)})
    (found,) = machine.check_web_certificate(web, 1_700_000_000)
    assert (found.name, found.state) == ("web tls", State.OK)
    files["key"].unlink()
    (found,) = machine.check_web_certificate(web, 1_700_000_000)
    assert (found.name, found.state) == ("web tls", State.FAIL)
