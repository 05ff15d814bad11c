"""Is this machine ready?

Responsible for: looking at ports, the TLS certificate, the data directory, open files, the hashing kernel.
Not responsible for: the node (`app.check_node`), the configuration itself (`config`).
Read next: `app.check_node`.

What is looked up and what it means are apart: the `judge_...` functions are pure.
"""

import asyncio
import importlib.util
import os
import shutil
import tempfile
from pathlib import Path

from headframe.app.check_report import CheckResult, fail, ok, warn
from headframe.config import Config, Tls, Web
from headframe.net.certificates import CertificateInfo, Certificates, CertificateUnusable
from headframe.net.clock import Clock
from headframe.net.limits import LimitSettings
from headframe.net.listener import SPARE_FILES, CannotListen, Listener
from headframe.net.loop import raise_open_files

GIB = 1 << 30
LEAST_FREE_BYTES = GIB // 4
LOW_FREE_BYTES = 2 * GIB
CERTIFICATE_SOON_S = 14 * 86400


async def check_ports(config: Config, clock: Clock) -> list[CheckResult]:
    """Whether each address can be listened on, by listening on it for a moment."""
    wanted = [("stratum", str(listen)) for listen in config.stratum.listen]
    if config.web.enabled:
        wanted.append(("web", str(config.web.listen)))
    results = []
    for what, address in wanted:
        name = f"{what} port {address}"
        listener = Listener(lambda _: None, LimitSettings(), clock)
        try:
            await listener.start([address])
        except CannotListen as error:
            results.append(fail(name, f"cannot listen: {error.reason}", error.remedy))
        else:
            results.append(ok(name, "free"))
        finally:
            listener.stop_accepting()
            await asyncio.sleep(0)
    return results


def check_certificate(tls: Tls, folder: Path, now_unix_s: int) -> CheckResult:
    """The certificate that TLS would use; `folder` is where one is made when none is given."""
    if not tls.enabled:
        return ok("tls", "off")
    certificate, key = tls.certificate, tls.key
    if certificate is None or key is None:
        certificate, key = folder / "tls-cert.pem", folder / "tls-key.pem"
        if not certificate.exists():
            return ok("tls", "a self-signed certificate will be made on first use")
    try:
        return judge_certificate(Certificates(certificate, key).info, now_unix_s)
    except CertificateUnusable as error:
        return fail("tls", error.reason, error.remedy)


def check_web_certificate(web: Web, now_unix_s: int) -> list[CheckResult]:
    """That of the web port, if it has one."""
    certificate, key = web.tls.certificate, web.tls.key
    if not web.enabled or certificate is None or key is None:
        return []
    try:
        return [judge_certificate(Certificates(certificate, key).info, now_unix_s, "web tls")]
    except CertificateUnusable as error:
        return [fail("web tls", error.reason, error.remedy)]


def judge_certificate(info: CertificateInfo, now_unix_s: int, name: str = "tls") -> CheckResult:
    """Expired or soon to be?"""
    left_s = info.not_after_unix_s - now_unix_s
    names = ", ".join(info.names) or info.subject
    if left_s <= 0:
        return fail(name, f"the certificate for {names} has expired", "renew it; it is taken up without a restart")
    if left_s < CERTIFICATE_SOON_S:
        return warn(name, f"the certificate for {names} ends in {left_s // 86400} days", "renew it")
    kind = "self-signed certificate" if info.self_signed else "certificate"
    return ok(name, f"{kind} for {names}, {left_s // 86400} days left, SHA-256 {info.fingerprint}")


def check_disk(data_dir: Path) -> list[CheckResult]:
    """Whether the data directory can be written (or made), and how much room there is."""
    existing = next(folder for folder in (data_dir, *data_dir.parents) if folder.exists())
    name = f"data {data_dir}"
    remedy = "give it to the user that Headframe runs as, or choose another data.dir"
    if not existing.is_dir():
        return [fail(name, f"{existing} is not a directory", "choose another data.dir")]
    try:
        if existing == data_dir:
            tempfile.TemporaryFile(dir=data_dir).close()
        elif not os.access(existing, os.W_OK | os.X_OK):
            return [fail(name, f"cannot be made: {existing} is not writable", remedy)]
    except OSError as error:
        return [fail(name, f"cannot be written: {(error.strerror or str(error)).lower()}", remedy)]
    return [
        ok(name, "writable" if existing == data_dir else "will be made"),
        judge_room(shutil.disk_usage(existing).free),
    ]


def judge_room(free_bytes: int) -> CheckResult:
    """A full disk stops the taking of shares, so say it early."""
    text = f"{free_bytes / GIB:.1f} GiB free"
    if free_bytes < LEAST_FREE_BYTES:
        return fail("disk", text, "free some: without room no share can be recorded, and none is taken")
    if free_bytes < LOW_FREE_BYTES:
        return warn("disk", text, "free some, or put data.dir on a larger disk")
    return ok("disk", text)


def check_open_files(config: Config) -> CheckResult:
    """As many files as connections; raises the soft limit as the server itself does."""
    return judge_open_files(raise_open_files(), config.limits.connections)


def judge_open_files(limit: int, connections: int) -> CheckResult:
    """Each connection is a file."""
    if limit >= connections + SPARE_FILES:
        return ok("open files", f"{limit} allowed, {connections} connections wanted")
    return warn(
        "open files",
        f"{limit} allowed, but limits.connections is {connections}: fewer connections will be taken",
        f"allow {connections + SPARE_FILES} (systemd: LimitNOFILE=, shell: ulimit -n), or lower limits.connections",
    )


def check_kernel() -> CheckResult:
    """Which kernel judges shares."""
    if importlib.util.find_spec("headframe.kernel") is None:
        return ok("kernel", "Python (this version has no native one)")
    return ok("kernel", "native")
