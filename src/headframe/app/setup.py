"""A server that has no configuration yet.

Responsible for: the configuration that it waits with, what the wizard asks (nodes of this machine, tests, addresses), and
writing the first configuration file.
Not responsible for: who may ask (`service.accounts` has the one-time secret), looking at nodes and pools (the steering),
serving by the new file (`cli.serving` runs the server again).
Read next: `service.setup`, docs/operating/first-run.md.

While it waits it is the whole server, with no source and a Stratum port that nobody knows: every page and every check
works as later.
"""

import asyncio
import os
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from headframe.bitcoin.address import AddressError, kind_of_script, normalise_address, script_of_address
from headframe.bitcoin.networks import NETWORKS
from headframe.config import Config, ConfigError, dotted, parse
from headframe.config.environment import overlay
from headframe.config.kinds import Surroundings
from headframe.config.settings import in_toml
from headframe.service.permissions import Actor, Permission
from headframe.service.refusals import Conflict, Invalid, NotAllowed, ProblemView, Unavailable
from headframe.service.settings_views import FoundNode, TestReport
from headframe.service.setup import AddressView, ConnectView, SetupView
from headframe.service.steering import Steering

NETWORK_WORDS = ("mainnet", "testnet4", "signet", "regtest")

ANSWER_S = 0.5
"""After the last answer has left, the server begins anew by the new file."""

OPEN_TO_ALL = "0.0.0.0"

_HEAD = "# Headframe's configuration. Every setting: `headframe check --show`, or the settings page.\n"


def waiting_config(environment: Mapping[str, str]) -> Config:
    """What a server runs with that waits to be set up: where data and web are may be said by the environment."""
    tree: dict[str, Any] = {"payout": {"mode": "miner"}}
    mine = {
        name: value for name, value in environment.items() if name.startswith(("HEADFRAME_DATA__", "HEADFRAME_WEB__"))
    }
    problems, _ = overlay(tree, mine)
    if problems:
        raise ConfigError(problems)
    tree["stratum"] = {"listen": ["127.0.0.1:0"], "tls": {"enabled": False}}
    return Config.model_validate(tree, context=Surroundings(environment, Path()))


class Setup:
    """Implements `service.setup.SetupDoor`. `file` None: there is a configuration. `finished` is called when another one
    is to be run by; `own_port` is that of the web now, which is free again by then."""

    def __init__(
        self,
        file: Path | None,
        environment: Mapping[str, str],
        steering: Steering,
        owner_exists: Callable[[], bool],
        finished: Callable[[], None],
        connect: Callable[[Config], ConnectView],
        own_port: Callable[[], int] = lambda: 0,
        port_trouble: Callable[[str, int], str] | None = None,
    ) -> None:
        self._file = file
        self._environment = environment
        self._steering = steering
        self._owner_exists = owner_exists
        self._finished = finished
        self._connect = connect
        self._own_port = own_port
        self._port_trouble = port_trouble or listening_trouble
        self._written = False

    def state(self) -> SetupView:
        if not self._owner_exists():
            return SetupView("owner")
        if self._file is None or self._written:
            return SetupView("done")
        defaults = Config()
        return SetupView(
            "settings",
            NETWORK_WORDS,
            {
                "stratum.listen": [str(listen) for listen in defaults.stratum.listen],
                "web.listen": str(defaults.web.listen),
                "payout.tag": defaults.payout.tag,
                "file": str(self._file),
            },
        )

    def nodes(self) -> Sequence[FoundNode]:
        self._open_file()
        return self._steering.find_nodes()

    async def check_node(self, values: Mapping[str, Any]) -> TestReport:
        self._open_file()
        return await self._steering.test_source({"name": "node", **values, "kind": "node"})

    async def check_pool(self, values: Mapping[str, Any]) -> TestReport:
        self._open_file()
        return await self._steering.test_source({"name": "pool", **values, "kind": "pool"})

    def check_address(self, network: str, address: str) -> AddressView:
        if network not in NETWORKS:
            raise Invalid(f"{network} is no network", f"one of {', '.join(NETWORK_WORDS)}")
        try:
            script = script_of_address(normalise_address(address.strip()), NETWORKS[network])
        except AddressError as error:
            text, _, remedy = str(error).partition(": ")
            return AddressView(False, "", text, remedy)
        return AddressView(True, kind_of_script(script), "", "")

    async def finish(self, actor: Actor, values: Mapping[str, Any]) -> ConnectView:
        """Write the file and begin to serve by it. Raises Invalid with every problem; nothing is written then."""
        if not actor.may(Permission.OWNERS):
            raise NotAllowed("only the owner sets Headframe up", "sign in as the owner that was made first")
        file = self._open_file()
        text = first_file(values)
        try:
            config = parse(text, self._environment, name=str(file), folder=file.absolute().parent)
        except ConfigError as error:
            problems = tuple(ProblemView(dotted(one.path), one.text, one.remedy) for one in error.problems)
            raise Invalid("The configuration is refused", "put right what is named", problems) from None
        taken = list(self._taken(config))
        if taken:
            raise Invalid("A port is in use already", "choose another, or stop what uses it", taken)
        await asyncio.to_thread(_write_new, file, text)
        self._written = True
        asyncio.get_running_loop().call_later(ANSWER_S, self._finished)
        return self._connect(config)

    def _taken(self, config: Config) -> Iterator[ProblemView]:
        """Ports that somebody else has: found now, and not by a server that ends at once when it begins."""
        wanted = [("stratum.listen", listen) for listen in config.stratum.listen]
        if config.web.enabled and config.web.listen.port != self._own_port():
            wanted.append(("web.listen", config.web.listen))
        for path, listen in wanted:
            trouble = self._port_trouble(listen.host, listen.port)
            if trouble:
                yield ProblemView(path, f"{listen} cannot be listened on: {trouble}", "choose another port or address")

    def _open_file(self) -> Path:
        if self._file is None or self._written:
            raise Conflict("Headframe is set up already", "change it on the settings page")
        return self._file


def listening_trouble(host: str, port: int) -> str:
    """Why this place cannot be listened on; "" when it can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        return (error.strerror or str(error)).lower()
    return ""


def first_file(values: Mapping[str, Any]) -> str:
    """Sections and keys as TOML. `values`: {"payout": {...}, "source": [{...}], ...}; None leaves a key out. Raises Invalid."""
    lines = [_HEAD]
    for section, keys in values.items():
        tables = keys if isinstance(keys, list) else [keys]
        head = f"[[{section}]]" if isinstance(keys, list) else f"[{section}]"
        for table in tables:
            if not section.isidentifier() or not isinstance(table, Mapping):
                raise Invalid(f"{section} is no section", "give an object of settings for each section")
            lines.append(head)
            lines += [_line(section, key, value) for key, value in table.items() if value is not None]
            lines.append("")
    return "\n".join(lines)


def _line(section: str, key: str, value: Any) -> str:
    if not key.isidentifier():
        raise Invalid(f"{section} has no setting {key!r}", "see the settings reference")
    return f"{key} = {in_toml(value)}"


def _write_new(file: Path, text: str) -> None:
    """Never over a file that is there, and whole or not at all: the next start would run by half of one. Readable to its
    owner alone, since passwords may stand in it."""
    try:
        file.absolute().parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        if error.filename != str(file):
            raise Unavailable(f"{error.filename} is no folder", "name another file with --config") from None
        raise Conflict(f"{file} exists already", "start Headframe again, and it runs by that file") from None
    except OSError as error:
        raise _unwritable(file, error) from None
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as written:
            written.write(text)
            written.flush()
            os.fsync(written.fileno())
    except OSError as error:
        file.unlink(missing_ok=True)
        raise _unwritable(file, error) from None


def _unwritable(file: Path, error: OSError) -> Unavailable:
    return Unavailable(
        f"{file} cannot be written ({error.strerror})",
        "free space on its disk, start Headframe in a folder that it may write to, or name another file with --config",
    )
