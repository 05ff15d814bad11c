"""The TLS certificate: made on first use, or the operator's own, read again when it changes.

Responsible for: making a self-signed certificate, loading a pair of files, noticing that they changed, keeping the old
pair while a new one is broken, and what people want to know about it (fingerprint, PEM, names, expiry).
Not responsible for: the handshake (`net.tls`), when to look (`net.keeper`).
Read next: `net.listener`.
"""

import datetime
import ipaddress
import os
import socket
import ssl
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from headframe.net.tls import reason_of, server_context

LIFETIME_DAYS: Final = 3652
"""Ten years: nobody renews what is pasted into a device by hand."""
VALID_FROM_UNIX_S: Final = 1_735_689_600
"""The first second of 2025, whatever our clock says: a small computer without a battery may make its certificate with a
wrong clock, and a device may check it with one that is behind."""
MAX_NAMES: Final = 32

_Signature: TypeAlias = tuple[tuple[int, int, int], ...]


class CertificateUnusable(Exception):
    """The certificate or key cannot be used; operator's trouble."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason}: {remedy}")
        self.reason = reason
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class CertificateInfo:
    """For people. `fingerprint` is SHA-256 of the DER form, in pairs of hex digits with colons; `pem` is what a device
    that takes its own CA wants (the first certificate of the file)."""

    subject: str
    names: tuple[str, ...]
    fingerprint: str
    pem: str
    not_after_unix_s: int
    self_signed: bool


class Certificates:
    """The pair in use. Mutable, owned by the listener."""

    def __init__(self, certificate_file: Path, key_file: Path) -> None:
        """Raises CertificateUnusable."""
        self._certificate_file = certificate_file
        self._key_file = key_file
        self._seen = self._signature()
        self._context, self._info = self._load()

    @property
    def context(self) -> ssl.SSLContext:
        """For new handshakes; connections keep the one they began with."""
        return self._context

    @property
    def info(self) -> CertificateInfo:
        return self._info

    def refresh(self) -> CertificateInfo | CertificateUnusable | None:
        """Look whether the files changed. None: no. Info: the new pair is in use. The error, once per change: the new
        pair is broken and the old one stays (it may have been caught between its two files being written)."""
        seen = self._signature()
        if seen == self._seen:
            return None
        self._seen = seen
        try:
            self._context, self._info = self._load()
        except CertificateUnusable as trouble:
            return trouble
        return self._info

    def _signature(self) -> _Signature:
        """Follows links, as ACME clients swap those."""
        marks = []
        for path in (self._certificate_file, self._key_file):
            try:
                found = os.stat(path)
                marks.append((found.st_mtime_ns, found.st_size, found.st_ino))
            except OSError:
                marks.append((0, 0, 0))
        return tuple(marks)

    def _load(self) -> tuple[ssl.SSLContext, CertificateInfo]:
        certificate_file, key_file = self._certificate_file, self._key_file
        for path in (certificate_file, key_file):
            try:
                path.open("rb").close()
            except OSError as error:
                remedy = "check the path and that the user Headframe runs as may read it"
                raise CertificateUnusable(f"cannot read {path} ({error.strerror})", remedy) from error
        try:
            context = server_context(str(certificate_file), str(key_file))
            info = describe(certificate_file.read_bytes())
        except ssl.SSLError as error:
            remedy = (
                "both must be PEM, the certificate first in its file, the key unencrypted and the one it was made for"
            )
            raise CertificateUnusable(
                f"{certificate_file} and {key_file} do not work ({reason_of(error)})", remedy
            ) from error
        except (ValueError, OSError) as error:
            remedy = "both must be PEM files, the key unencrypted"
            raise CertificateUnusable(f"cannot use {certificate_file} and {key_file} ({error})", remedy) from error
        return context, info


def self_signed(directory: Path, names: Iterable[str], now_unix_s: int) -> Certificates:
    """The pair in `directory` (tls-cert.pem, tls-key.pem), made if there is none. `names` are host names and addresses.

    An existing pair is used whatever its names are: devices have pinned it. Raises CertificateUnusable.
    """
    certificate_file, key_file = directory / "tls-cert.pem", directory / "tls-key.pem"
    if not (certificate_file.exists() and key_file.exists()):
        try:
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            certificate_pem, key_pem = make_self_signed(list(names), now_unix_s)
            _write(key_file, key_pem, 0o600)
            _write(certificate_file, certificate_pem, 0o644)
        except OSError as error:
            remedy = "make the data directory writable, or give certificate and key files of your own"
            raise CertificateUnusable(
                f"cannot write a certificate to {directory} ({error.strerror})", remedy
            ) from error
    return Certificates(certificate_file, key_file)


def make_self_signed(names: Sequence[str], now_unix_s: int) -> tuple[bytes, bytes]:
    """(certificate PEM, key PEM): ECDSA P-256 with SHA-256, the smallest that mbedTLS takes (tried with 2.28, TLS 1.2)."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Headframe")])
    start = datetime.datetime.fromtimestamp(VALID_FROM_UNIX_S, datetime.UTC)
    now = datetime.datetime.fromtimestamp(max(now_unix_s, VALID_FROM_UNIX_S), datetime.UTC)
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(now + datetime.timedelta(days=LIFETIME_DAYS))
        .add_extension(x509.SubjectAlternativeName(_alternatives(names)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    key_pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), key_pem


def describe(pem: bytes) -> CertificateInfo:
    """Raises ValueError if it holds no certificate."""
    certificate = x509.load_pem_x509_certificate(pem)
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        names: list[str] = []
    else:
        names = [*extension.get_values_for_type(x509.DNSName)]
        names += [str(address) for address in extension.get_values_for_type(x509.IPAddress)]
    return CertificateInfo(
        subject=certificate.subject.rfc4514_string(),
        names=tuple(dict.fromkeys(names)),
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(":").upper(),
        pem=certificate.public_bytes(serialization.Encoding.PEM).decode(),
        not_after_unix_s=int(certificate.not_valid_after_utc.timestamp()),
        self_signed=certificate.issuer == certificate.subject,
    )


def local_names() -> list[str]:
    """What this machine may be called by miners: localhost, its host name (also as .local), its address in the LAN."""
    host = socket.gethostname().split(".")[0].lower()
    found = ["localhost", "127.0.0.1", "::1"]
    if host and host != "localhost":
        found += [host, f"{host}.local"]
    for family, elsewhere in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                # Nothing is sent: connecting a datagram socket only asks the kernel which address it would use.
                probe.connect((elsewhere, 9))
                found.append(str(probe.getsockname()[0]))
        except OSError:
            pass
    return list(dict.fromkeys(found))


def _alternatives(names: Sequence[str]) -> list[x509.GeneralName]:
    """At most MAX_NAMES names; what is neither an address nor a host name in ASCII is left out."""
    general: list[x509.GeneralName] = []
    for name in list(dict.fromkeys(["localhost", "127.0.0.1", "::1", *names]))[:MAX_NAMES]:
        try:
            general.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            if not name or not name.isascii():
                continue
        # Addresses also as names: mbedTLS 2.28 compares the host only with those, and a Bitaxe is given an address.
        general.append(x509.DNSName(name))
    return general


def _write(path: Path, data: bytes, mode: int) -> None:
    """Whole or not at all, and never readable by others for a moment."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)
