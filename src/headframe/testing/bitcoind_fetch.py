"""Finding a real bitcoind, or fetching one into the checkout's cache.

Responsible for: the command line that starts a node: `$BITCOIND`, else `bitcoind` on PATH, else Debian's
`bitcoin-knots` with every library it needs, unpacked below `.cache/bitcoind/` and run through its own loader.
Not responsible for: running it (`testing.bitcoind`).
Read next: `testing.bitcoind`.

The package host is whatever this machine's apt is configured with; nothing here names one. apt itself does the work
(sources, proxies, signatures, hashes, dependencies), with lists, status and archives in a folder of our own: the
system's packages are neither read nor changed, and no root is needed.
"""

import fcntl
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PACKAGE = "bitcoin-knots"
SUITES = ("forky", "sid")
_ATTEMPT_TIMEOUT_S = 180
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_NEEDLESS = ("systemd_", "debconf_", "libc-gconv-modules-extra_", "openssl-provider-legacy_")
"""Dependencies of the package's service, not of the program."""


class NodeUnavailable(Exception):
    """No bitcoind can be had here; says why."""


def bitcoind_command(cache: Path | None = None) -> tuple[str, ...]:
    """The words that start bitcoind. Fetches it on the first call; raises NodeUnavailable with the reason."""
    named = os.environ.get("BITCOIND")
    if named:
        found = shutil.which(named)
        if not found:
            raise NodeUnavailable(f"$BITCOIND names {named!r}, which is no program")
        return (found,)
    found = shutil.which("bitcoind")
    if found:
        return (found,)
    folder = cache or default_cache()
    return _unpacked(folder) or _fetch(folder)


def default_cache() -> Path:
    """`.cache/bitcoind` of the checkout this module lies in; the user's cache folder when it is installed elsewhere."""
    for parent in Path(__file__).resolve().parents:
        if (parent / "pyproject.toml").exists():
            return parent / ".cache" / "bitcoind"
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "headframe" / "bitcoind"


def _unpacked(folder: Path) -> tuple[str, ...] | None:
    root = folder / "root"
    program = root / "usr" / "bin" / "bitcoind"
    if not program.exists():
        return None
    loaders = sorted(root.glob("usr/lib*/ld-linux*.so.*")) + sorted(root.glob("usr/lib/*/ld-linux*.so.*"))
    libraries = sorted({str(path.parent) for path in root.glob("usr/lib/*/libc.so.6")})
    if not loaders or not libraries:
        return None
    return (str(loaders[0]), "--library-path", ":".join(libraries), str(program))


def _fetch(folder: Path) -> tuple[str, ...]:
    for tool in ("apt-get", "dpkg-deb"):
        if not shutil.which(tool):
            raise NodeUnavailable(f"no bitcoind on PATH, and no {tool} to fetch one with; set $BITCOIND")
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder / "lock"):
        ready = _unpacked(folder)
        if ready:
            return ready
        hosts = _debian_hosts()
        if not hosts:
            raise NodeUnavailable("no bitcoind on PATH, and apt here knows no Debian archive; set $BITCOIND")
        troubles: list[str] = []
        for suite in SUITES:
            for host in hosts:
                try:
                    return _fetch_from(folder, host, suite)
                except NodeUnavailable as trouble:
                    troubles.append(f"{suite}: {trouble}")
        raise NodeUnavailable(f"{PACKAGE} for {platform.machine()} could not be fetched ({'; '.join(troubles)})")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Several test processes may start at once; one of them fetches."""
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _debian_hosts() -> list[str]:
    """Archives that the machine's own apt uses, the most Debian-like first; at most three."""
    listing = _run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(COMPONENT)", "Created-By: Packages"])
    found: dict[str, None] = {}
    for line in listing.splitlines():
        uri, _, component = line.partition(" ")
        if component == "main" and "security" not in uri and "://" in uri:
            found[uri] = None
    return sorted(found, key=lambda uri: "debian" not in uri)[:3]


def _fetch_from(folder: Path, host: str, suite: str) -> tuple[str, ...]:
    with tempfile.TemporaryDirectory(dir=folder, prefix="fetch-") as name:
        work = Path(name)
        options = _apt_options(work, host, suite)
        _run(["apt-get", *options, "update"])
        _run(["apt-get", *options, "install", "--yes", "--download-only", "--no-install-recommends", PACKAGE])
        archives = sorted((work / "cache" / "archives").glob("*.deb"))
        root = work / "root"
        for archive in archives:
            if not archive.name.startswith(_NEEDLESS):
                _run(["dpkg-deb", "--extract", str(archive), str(root)])
        if not (root / "usr" / "bin" / "bitcoind").exists():
            raise NodeUnavailable(f"the package {PACKAGE} holds no bitcoind")
        shutil.rmtree(folder / "root", ignore_errors=True)
        root.rename(folder / "root")
    ready = _unpacked(folder)
    if ready is None:
        raise NodeUnavailable("the unpacked node has no loader or no libc of its own")
    _run([*ready, "--version"])
    return ready


def _apt_options(work: Path, host: str, suite: str) -> list[str]:
    """apt with everything of its own but the machine's proxies and keys."""
    for part in ("state/lists/partial", "cache/archives/partial"):
        (work / part).mkdir(parents=True)
    (work / "status").touch()
    signed = f"[signed-by={_KEYRING}] " if _KEYRING.exists() else ""
    (work / "sources.list").write_text(f"deb {signed}{host} {suite} main\n")
    settings = {
        "Dir::State": work / "state",
        "Dir::State::status": work / "status",
        "Dir::Cache": work / "cache",
        "Dir::Etc::sourcelist": work / "sources.list",
        "Dir::Etc::sourceparts": "-",
        "Acquire::Languages": "none",
        "Acquire::Retries": 2,
        "Acquire::http::Timeout": 20,
        "Acquire::https::Timeout": 20,
        "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
        "APT::Get::List-Cleanup": "false",
    }
    if os.geteuid() == 0:
        # apt would drop to a user who may not write into this checkout.
        settings["APT::Sandbox::User"] = "root"
    return ["-q", *(word for key, value in settings.items() for word in ("-o", f"{key}={value}"))]


def _run(words: list[str]) -> str:
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=_ATTEMPT_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as trouble:
        raise NodeUnavailable(f"{words[0]} failed: {trouble}") from trouble
    if done.returncode != 0:
        said = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        raise NodeUnavailable(f"{Path(words[0]).name} said: {said[0] if said else done.returncode}")
    return done.stdout


if __name__ == "__main__":
    # Before the tests rather than in one: a slow archive must not use up the time of whichever test comes first.
    try:
        bitcoind_command()
    except NodeUnavailable as _reason:
        sys.exit(f"no real node: {_reason}")
