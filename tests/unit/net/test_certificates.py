"""Making, reading and re-reading certificates; files only."""

import os
import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from headframe.net.certificates import (
    MAX_NAMES,
    CertificateInfo,
    Certificates,
    CertificateUnusable,
    describe,
    make_self_signed,
    self_signed,
)

NOW = 1_800_000_000


def replace(directory: Path, name: str, data: bytes) -> None:
    """Another file under the same name, as an ACME client would do it."""
    part = directory / (name + ".new")
    part.write_bytes(data)
    os.replace(part, directory / name)


def test_a_certificate_is_made_once_and_its_key_is_private(tmp_path: Path) -> None:
    made = self_signed(tmp_path / "tls", ["miner.example", "192.168.1.5"], NOW)
    key = tmp_path / "tls" / "tls-key.pem"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    again = self_signed(tmp_path / "tls", ["another.example"], NOW + 1)
    assert again.info == made.info
    assert sorted(os.listdir(tmp_path / "tls")) == ["tls-cert.pem", "tls-key.pem"]


def test_it_is_what_small_devices_take(tmp_path: Path) -> None:
    certificate = x509.load_pem_x509_certificate(make_self_signed(["192.168.1.5"], NOW)[0])
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert isinstance(key.curve, ec.SECP256R1)
    assert certificate.version is x509.Version.v3
    assert certificate.signature_hash_algorithm is not None
    assert certificate.signature_hash_algorithm.name == "sha256"


@pytest.mark.parametrize("now_unix_s", [0, NOW, NOW + 86_400 * 365 * 20])
def test_it_is_valid_now_and_for_ten_years_even_if_made_with_a_clock_that_starts_in_1970(now_unix_s: int) -> None:
    certificate = x509.load_pem_x509_certificate(make_self_signed([], now_unix_s)[0])
    assert certificate.not_valid_before_utc.year == 2025
    assert (certificate.not_valid_after_utc - certificate.not_valid_before_utc).days >= 3652


def test_names_and_addresses_are_in_it_addresses_twice() -> None:
    pem, _ = make_self_signed(["miner.example", "192.168.1.5", "fd00::1", "", "schürfer"], NOW)
    names = x509.load_pem_x509_certificate(pem).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    dns = names.get_values_for_type(x509.DNSName)
    addresses = [str(a) for a in names.get_values_for_type(x509.IPAddress)]
    assert dns == ["localhost", "127.0.0.1", "::1", "miner.example", "192.168.1.5", "fd00::1"]
    assert addresses == ["127.0.0.1", "::1", "192.168.1.5", "fd00::1"]


def test_names_are_bounded() -> None:
    pem, _ = make_self_signed([f"h{i}.example" for i in range(1_000)], NOW)
    assert len(describe(pem).names) == MAX_NAMES


def test_people_are_told_the_fingerprint_the_names_and_the_end() -> None:
    pem, _ = make_self_signed(["miner.example"], NOW)
    info = describe(pem)
    assert info.fingerprint.count(":") == 31
    assert "miner.example" in info.names
    assert info.self_signed
    assert info.not_after_unix_s == NOW + 3652 * 86_400
    assert ssl.PEM_cert_to_DER_cert(info.pem) == ssl.PEM_cert_to_DER_cert(pem.decode())


def test_a_changed_pair_is_taken_and_an_unchanged_one_is_not_read_again(tmp_path: Path) -> None:
    pair = self_signed(tmp_path, [], NOW)
    context, info = pair.context, pair.info
    assert pair.refresh() is None
    assert pair.context is context
    certificate, key = make_self_signed(["new.example"], NOW)
    replace(tmp_path, "tls-key.pem", key)
    replace(tmp_path, "tls-cert.pem", certificate)
    news = pair.refresh()
    assert isinstance(news, CertificateInfo)
    assert news.fingerprint != info.fingerprint
    assert pair.context is not context
    assert pair.refresh() is None


def test_a_broken_new_file_keeps_the_old_pair_and_is_said_once(tmp_path: Path) -> None:
    pair = self_signed(tmp_path, [], NOW)
    context, info = pair.context, pair.info
    replace(tmp_path, "tls-cert.pem", b"no certificate")
    news = pair.refresh()
    assert isinstance(news, CertificateUnusable)
    assert news.remedy
    assert pair.refresh() is None
    assert (pair.context, pair.info) == (context, info)


def test_a_pair_caught_between_its_two_files_heals_with_the_second(tmp_path: Path) -> None:
    pair = self_signed(tmp_path, [], NOW)
    certificate, key = make_self_signed(["new.example"], NOW)
    replace(tmp_path, "tls-cert.pem", certificate)
    assert isinstance(pair.refresh(), CertificateUnusable)
    replace(tmp_path, "tls-key.pem", key)
    assert isinstance(pair.refresh(), CertificateInfo)


def test_a_pair_that_vanishes_is_said_and_the_old_one_stays(tmp_path: Path) -> None:
    pair = self_signed(tmp_path, [], NOW)
    context = pair.context
    (tmp_path / "tls-cert.pem").unlink()
    assert isinstance(pair.refresh(), CertificateUnusable)
    assert pair.context is context


def test_missing_files_name_the_path(tmp_path: Path) -> None:
    with pytest.raises(CertificateUnusable, match="own-cert"):
        Certificates(tmp_path / "own-cert.pem", tmp_path / "own-key.pem")


def test_an_encrypted_key_is_refused_and_nobody_is_asked_for_a_passphrase(tmp_path: Path) -> None:
    certificate, key = make_self_signed([], NOW)
    private = serialization.load_pem_private_key(key, None)
    locked = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"secret")
    )
    (tmp_path / "c.pem").write_bytes(certificate)
    (tmp_path / "k.pem").write_bytes(locked)
    with pytest.raises(CertificateUnusable, match="without a passphrase"):
        Certificates(tmp_path / "c.pem", tmp_path / "k.pem")


def test_a_key_of_another_certificate_is_refused(tmp_path: Path) -> None:
    (tmp_path / "c.pem").write_bytes(make_self_signed([], NOW)[0])
    (tmp_path / "k.pem").write_bytes(make_self_signed([], NOW)[1])
    with pytest.raises(CertificateUnusable, match="mismatch"):
        Certificates(tmp_path / "c.pem", tmp_path / "k.pem")


def test_a_directory_that_cannot_be_written_is_the_operators_trouble(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CertificateUnusable, match="cannot write"):
        self_signed(tmp_path / "file", [], NOW)
