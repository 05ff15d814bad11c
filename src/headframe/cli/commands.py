"""The commands.

Responsible for: names, options and help of each command, turning what happens into an exit code.
Not responsible for: doing it (`cli.serving`, `cli.check`, `cli.mining`, `cli.reference`, `store`).
Read next: `cli.serving`.

Commands import what they need when they run, so that `--help` and `version` answer at once.
"""

import json
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from headframe import __version__
from headframe.cli import operating, records
from headframe.cli.chosen import (
    CONFIG_OPTION,
    DEFAULT_FILE,
    data_dir,
    file_of,
    is_configured,
    load_chosen,
    load_chosen_with_doubts,
)

if TYPE_CHECKING:
    from headframe.config import Config
    from headframe.net.clock import Clock

OK, REFUSED_CONFIG, RUNTIME, USAGE = 0, 1, 2, 64
INTERRUPTED = 130
FREE = 0
"""Port 0: any."""

_LOG_FORMAT_OPTION = click.option(
    "--log-format", type=click.Choice(["auto", "json", "text"]), help="Overrides logging.format."
)
_LIVE_OPTION = click.option(
    "--live/--no-live", default=True, help="Live view in a terminal, or the log. Default: live."
)


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order that they are met, not of the alphabet."""
        return list(self.commands)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 ok, 1 refused configuration or failed check, 2 trouble while running, 64 wrong usage.",
)
@click.version_option(__version__, prog_name="headframe")
def group() -> None:
    """One address for all your Bitcoin miners; behind it your own node and other pools, mixed by weight.

    \b
    To look around:       headframe demo
    To set up:            headframe setup   (in the browser), or write
                          headframe.toml (see config-examples), then
                          headframe check   and   headframe run
    While it runs:        headframe status,  headframe sources,  headframe users
    To try it:            headframe miner stratum+tcp://localhost:3333 ADDRESS
    """


@group.command()
@CONFIG_OPTION
@_LOG_FORMAT_OPTION
@_LIVE_OPTION
def run(config_file: Path | None, log_format: str | None, live: bool) -> int:
    """Serve miners until told to stop.

    Without any configuration it is set up first, in the browser: see `headframe setup`. In a terminal a live view is
    shown, and warnings in it; otherwise the log goes to standard error, or to logging.file. SIGINT and SIGTERM end in
    order: everything accepted is on disk. A second one forces.
    """
    from headframe.app.cockpit import Holding
    from headframe.cli import serving

    if not is_configured(config_file):
        return _set_up(Path(DEFAULT_FILE), log_format, live)
    load = _loader(config_file, log_format)
    config = load()
    held = Holding(file=file_of(config_file), environment=os.environ, overriding=_overriding(log_format))
    return serving.run(config, serving.Display.choose(config.logging, wants_live=live), load, held)


@group.command()
@CONFIG_OPTION
@_LOG_FORMAT_OPTION
@_LIVE_OPTION
def setup(config_file: Path | None, log_format: str | None, live: bool) -> int:
    """Set Headframe up in the browser: owner, node, payout address, pools; then it serves by that.

    Prints a link that works once, on this machine only (from another one: `ssh -L 8855:localhost:8855 this-machine`).
    Writes the configuration file; there must be none yet.
    """
    file = Path(DEFAULT_FILE) if config_file is None else config_file
    if file.exists():
        raise click.ClickException(f"{file} is there already: `headframe run --config {file}` serves by it")
    return _set_up(file, log_format, live)


def _set_up(file: Path, log_format: str | None, live: bool) -> int:
    from headframe.app.cockpit import Holding
    from headframe.app.setup import waiting_config
    from headframe.cli import serving

    config = with_log_format(waiting_config(os.environ), log_format)
    held = Holding(environment=os.environ, to_write=file, overriding=_overriding(log_format))
    display = serving.Display.choose(config.logging, wants_live=live)
    return serving.run(config, display, _loader(file, log_format), held)


def _overriding(log_format: str | None) -> Callable[["Config"], "Config"]:
    return lambda config: with_log_format(config, log_format)


def _loader(config_file: Path | None, log_format: str | None) -> Callable[[], "Config"]:
    return lambda: with_log_format(load_chosen(config_file), log_format)


@group.command()
@CONFIG_OPTION
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
@click.option("--show", is_flag=True, help="Also print every setting in force, secrets as stars.")
@click.option(
    "--running",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The file that a server runs with now: say what it takes over of this one, and what only a restart does.",
)
def check(config_file: Path | None, as_json: bool, show: bool, running: Path | None) -> int:
    """Look whether `run` would work, and say what to do where not.

    Looks at the configuration, each node (reachable, credentials, chain, caught up, peers, ZMQ, template, clock), each
    pool (reachable, TLS, user, first job, extranonce, version rolling), ports, TLS certificate, disk, open files. Changes
    nothing, submits nothing. Exit code 1 when anything failed; warnings do not count. While a server runs with the same
    ports give its file with --running, or they count as taken.
    """
    import asyncio

    from headframe.app.check_report import may_run
    from headframe.cli.check import check_all
    from headframe.cli.logs import set_up
    from headframe.config import ConfigError, effective, load

    try:
        config, doubts = load_chosen_with_doubts(config_file)
        old = None if running is None else load(running, os.environ)
    except ConfigError as error:
        if not as_json:
            raise
        click.echo(json.dumps({"ok": False, "checks": [_refused(problem) for problem in error.problems]}, indent=2))
        return REFUSED_CONFIG
    set_up(level="warning", json_lines=False)
    results = asyncio.run(check_all(config, _clock(), doubts, old))
    good = may_run(results)
    if as_json:
        rows = [{"name": r.name, "state": r.state.value, "text": r.text, "remedy": r.remedy} for r in results]
        click.echo(json.dumps({"ok": good, "checks": rows}, indent=2))
        return OK if good else REFUSED_CONFIG
    if show:
        click.echo(effective(config))
    colours = {"ok": "green", "warn": "yellow", "fail": "red"}
    for result in results:
        state = result.state.value
        click.echo(f"{click.style(f'{state:4}', fg=colours[state])}  {result.name}: {result.text}")
        if result.remedy:
            click.echo(f"      → {result.remedy}")
    return OK if good else REFUSED_CONFIG


@group.command(short_help="Watch it all at once; nothing to set up.")
@click.option("--duration", type=click.FloatRange(min=1), metavar="SECONDS", help="Stop by itself after so long.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port for miners. Default: 3333 if it is free, else any.")
@click.option(
    "--web-port", type=click.IntRange(0, 65535), help="Port for people. Default: 8855 if it is free, else any."
)
@click.option("--pools", is_flag=True, help="Split the hashrate between the node and two embedded pools.")
@_LOG_FORMAT_OPTION
@_LIVE_OPTION
def demo(
    duration: float | None, port: int | None, web_port: int | None, pools: bool, log_format: str | None, live: bool
) -> int:
    """Watch it all at once: a node, the server and miners (and two pools, with --pools), nothing to set up.

    The node is embedded (a chain of its own, worth nothing), the miners use a part of your processor, the first block is
    found within seconds. Point a real miner at the address shown, if you like. Ctrl-C ends it and leaves nothing behind.
    """
    from headframe.cli import serving
    from headframe.config import Logging

    wish = serving.DemoWish(
        duration,
        _free_or_any(3333) if port is None else port,
        _free_or_any(8855) if web_port is None else web_port,
        pools=pools,
    )
    logging = Logging.model_validate({"format": log_format or "auto", "level": "info"})
    return serving.demo(wish, serving.Display.choose(logging, wants_live=live))


@group.command(short_help="Mine with this machine's processor, to try things out.")
@click.argument("url")
@click.argument("user")
@click.option("--password", default="x", show_default=True, help="Password; many servers read options from it (d=512).")
@click.option("--threads", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes that hash.")
@click.option(
    "--hashrate", type=click.FloatRange(min=0), default=0, help="Hashes per second at most. Default: no limit."
)
@click.option("--difficulty", type=click.FloatRange(min=0), default=0, help="Suggest this difficulty to the server.")
@click.option("--shares", type=click.IntRange(min=0), default=0, help="Stop after so many accepted shares.")
@click.option("--duration", type=click.FloatRange(min=0.1), metavar="SECONDS", help="Stop after so long.")
@click.option("--verify", is_flag=True, help="With TLS: refuse certificates that no known authority signed.")
@click.option("--quiet", is_flag=True, help="Print nothing but the end.")
@click.option("--tied", is_flag=True, hidden=True, help="End when standard input does (set by a parent process).")
def miner(
    url: str,
    user: str,
    password: str,
    threads: int,
    hashrate: float,
    difficulty: float,
    shares: int,
    duration: float | None,
    verify: bool,
    quiet: bool,
    tied: bool,
) -> int:
    """Mine at URL as USER with this machine's processor, to try things out.

    \b
    URL    stratum+tcp://host:port, stratum+ssl://host:port or host:port
    USER   your address, or a name the server knows; address.worker names the worker

    About a million hashes per second and process: enough for regtest and for seeing shares at low difficulty, never for
    a real block.
    """
    from headframe.cli.mining import Wish, mine
    from headframe.testing.miner import MinerSettings, ServerAddress

    try:
        ServerAddress.parse(url)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    settings = MinerSettings(
        url, user, password, hashrate=hashrate, threads=threads, suggest_difficulty=difficulty, tls_verify=verify
    )
    return mine(settings, Wish(shares=shares, duration_s=duration, quiet=quiet, tied=tied))


for command in (records.ledger, *operating.commands(CONFIG_OPTION, data_dir), records.version, records.docs(group)):
    group.add_command(command)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The program. Ends the process with its exit code."""
    sys.exit(exit_code(arguments))


def exit_code(arguments: Sequence[str] | None = None) -> int:
    """Run a command; whatever comes of it becomes an exit code and, where there is trouble, words on standard error."""
    from headframe.config.problems import ConfigError

    try:
        result = group.main(args=None if arguments is None else list(arguments), standalone_mode=False)
        return result if isinstance(result, int) else OK
    except click.UsageError as error:
        error.show()
        return USAGE
    except click.ClickException as error:
        error.show()
        return RUNTIME
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except ConfigError as error:
        click.echo(f"The configuration is refused ({len(error.problems)} to put right):\n\n{error}", err=True)
        return REFUSED_CONFIG
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115  # so that the interpreter's own flush at exit says nothing
        return RUNTIME
    except Exception as error:
        return _trouble(error)


def _trouble(error: Exception) -> int:
    """The world's or the operator's trouble in a line with its remedy; our own with all there is.

    Exceptions of ours that carry a remedy are the operator's, whatever floor they come from.
    """
    causes = _leaves(error)
    if all(isinstance(cause, OSError) or hasattr(cause, "remedy") for cause in causes):
        for cause in causes:
            click.echo(f"headframe: {cause}", err=True)
        return RUNTIME
    traceback.print_exception(error)
    click.echo("headframe: this is a fault of the program's own; please report it with the lines above", err=True)
    return RUNTIME


def _leaves(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for inner in error.exceptions for leaf in _leaves(inner)]
    return [error]


def with_log_format(config: "Config", log_format: str | None) -> "Config":
    if log_format is None:
        return config
    return config.model_copy(update={"logging": config.logging.model_copy(update={"format": log_format})})


def _clock() -> "Clock":
    from headframe.net.clock import SystemClock

    return SystemClock()


def _refused(problem: Any) -> dict[str, str]:
    from headframe.config import dotted

    where = " ".join(part for part in (problem.place, dotted(problem.path)) if part)
    return {"name": "configuration", "state": "fail", "text": f"{where}: {problem.text}", "remedy": problem.remedy}


def _free_or_any(port: int) -> int:
    """This port of loopback if nobody has it, else 0."""
    import socket

    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return FREE
    return port
