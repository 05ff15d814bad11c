"""Commands that look at and steer the running server.

Responsible for: `status`, `sources …` and `users …`: their options, and their answers as text or JSON.
Not responsible for: doing it: the server does, by the same API and the same commands as the cockpit (`service.commands`).
Read next: `cli.console`.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from headframe.cli.words import age, hashrate, percent, whole

if TYPE_CHECKING:
    from headframe.cli.console import Console
    from headframe.cli.people import People

OK, REFUSED = 0, 1

ROLES = ("owner", "admin", "operator", "viewer")

_JSON_OPTION = click.option("--json", "as_json", is_flag=True, help="The answer as JSON.")

DataDir = Callable[[Path | None], Path]
"""The data directory that a configuration file names."""


def commands(config_option: Callable[[Any], Any], data_dir: DataDir) -> Sequence[click.Command]:
    """The commands, in the order that they are shown."""
    return [_status(config_option, data_dir), _sources(config_option, data_dir), _users(config_option, data_dir)]


def _status(config_option: Callable[[Any], Any], data_dir: DataDir) -> click.Command:
    @click.command()
    @config_option
    @_JSON_OPTION
    def status(config_file: Path | None, as_json: bool) -> int:
        """What the running server does now. Exit code 1 while miners get no work."""
        door = _console(data_dir(config_file))
        now = door.ask("GET", "overview")
        overview = now["overview"]
        working = any(source["up"] and not source["paused"] for source in overview["sources"])
        if as_json:
            click.echo(json.dumps(now, indent=2))
            return OK if working else REFUSED
        for line in status_lines(overview):
            click.echo(line)
        return OK if working else REFUSED

    return status


def status_lines(overview: dict[str, Any]) -> list[str]:
    """An overview, as JSON has it, for people."""
    rates, totals = overview["hashrate"], overview["totals"]
    rejected = sum(totals["shares_rejected"].values())
    lines = [
        f"headframe {overview['version']}, {overview['network']}, up {age((overview['now_ms'] - overview['started_ms']) / 1000)}",
        f"hashrate: {hashrate(rates['h5m'])} (5m)  {hashrate(rates['h1h'])} (1h)  {hashrate(rates['h24h'])} (24h)",
        f"shares:   {whole(totals['shares_accepted'])} accepted, {whole(rejected)} rejected",
        f"blocks:   {totals['blocks'] or 'none'}",
    ]
    for source in overview["sources"]:
        state = "paused" if source["paused"] else "up" if source["up"] else f"down: {source['reason']}"
        split = f"got {percent(source['delivered_share'])} of {percent(source['target_share'])} wanted"
        lines.append(f"{source['name']}: {state}, weight {source['weight']}, {split}, {source['sessions']} sessions")
    notes = overview["attention"]
    return lines + [f"! {note['text']}" + (f" → {note['remedy']}" if note["remedy"] else "") for note in notes]


def _sources(config_option: Callable[[Any], Any], data_dir: DataDir) -> click.Group:
    @click.group()
    def sources() -> None:
        """The sources of the running server, and how the hashrate is divided among them."""

    @sources.command("list")
    @config_option
    @_JSON_OPTION
    def list_(config_file: Path | None, as_json: bool) -> int:
        """Every source: state, weight, wanted and delivered share."""
        found = _console(data_dir(config_file)).ask("GET", "overview")["overview"]["sources"]
        if as_json:
            click.echo(json.dumps(found, indent=2))
            return OK
        for source in found:
            state = "paused" if source["paused"] else "up" if source["up"] else "down"
            shares = f"{percent(source['delivered_share'])} of {percent(source['target_share'])}"
            click.echo(f"{source['name']:16} {source['kind']:5} {state:7} weight {source['weight']:>6}  {shares}")
        return OK

    @sources.command("set-weights")
    @config_option
    @click.argument("weights", nargs=-1, required=True, metavar="NAME=WEIGHT...")
    @click.option("--preview", is_flag=True, help="Only say what would move.")
    @_JSON_OPTION
    def set_weights(config_file: Path | None, weights: tuple[str, ...], preview: bool, as_json: bool) -> int:
        """Divide the hashrate anew, at once: `set-weights home=70 ocean=30`. Sources not named keep their weight.

        It is written to the configuration file (a backup is kept) and in force without a restart.
        """
        wanted = {"weights": parse_weights(weights)}
        door = _console(data_dir(config_file))
        if preview:
            _say(as_json, door.ask("POST", "sources/preview", wanted), _preview_lines)
        else:
            _say(as_json, door.ask("PATCH", "sources", wanted), _change_lines)
        return OK

    def pausing(name: str, paused: bool, words: str) -> None:
        @sources.command(name, help=words)
        @config_option
        @click.argument("source")
        @_JSON_OPTION
        def act(config_file: Path | None, source: str, as_json: bool) -> int:
            answer = _console(data_dir(config_file)).ask("PATCH", "sources", {"paused": {source: paused}})
            _say(as_json, answer, _change_lines)
            return OK

    pausing("pause", True, "Give SOURCE no work until it is resumed; its miners go to the others.")
    pausing("resume", False, "Give SOURCE work again.")
    return sources


def parse_weights(given: Sequence[str]) -> dict[str, int]:
    """`name=weight` words. Raises click.BadParameter."""
    weights = {}
    for one in given:
        name, found, number = one.partition("=")
        if not (found and name and number.isdecimal()):
            raise click.BadParameter(f"{one!r} is not NAME=WEIGHT with a whole number, such as home=70")
        weights[name] = int(number)
    return weights


def _users(config_option: Callable[[Any], Any], data_dir: DataDir) -> click.Group:
    @click.group()
    def users() -> None:
        """Who may sign in to the cockpit. Works while the server runs, and also while it does not."""

    def door(config_file: Path | None) -> "People":
        from headframe.cli.people import people

        return people(data_dir(config_file))

    @users.command("list")
    @config_option
    @_JSON_OPTION
    def list_(config_file: Path | None, as_json: bool) -> int:
        """Every account with its role."""
        found = door(config_file).list()
        if as_json:
            click.echo(json.dumps(found, indent=2))
            return OK
        for one in found:
            marks = [word for word, holds in (("disabled", one["disabled"]), ("TOTP", one["totp"])) if holds]
            marks += [f"{one['passkeys']} passkeys"] if one["passkeys"] else []
            click.echo(f"{one['name']:24} {one['role']:9} {', '.join(marks)}".rstrip())
        return OK

    @users.command()
    @config_option
    @click.argument("name")
    @click.option("--role", type=click.Choice(ROLES), default="viewer", show_default=True, help="What it may do.")
    @_JSON_OPTION
    def add(config_file: Path | None, name: str, role: str, as_json: bool) -> int:
        """Make an account; prints a link with which NAME signs in once and then chooses a password."""
        link = door(config_file).add(name, role)
        _say(
            as_json, {"name": name, "role": role, "link": link}, lambda said: [f"{name} signs in with: {said['link']}"]
        )
        return OK

    @users.command()
    @config_option
    @click.argument("name")
    @_JSON_OPTION
    def link(config_file: Path | None, name: str, as_json: bool) -> int:
        """A link with which NAME signs in once: for a lost password, also that of the last owner."""
        made = door(config_file).link(name)
        _say(as_json, {"name": name, "link": made}, lambda said: [f"{name} signs in with: {said['link']}"])
        return OK

    @users.command("reset-second-factor")
    @config_option
    @click.argument("name")
    def reset(config_file: Path | None, name: str) -> int:
        """Take TOTP, passkeys and recovery codes from NAME: for a lost phone."""
        door(config_file).reset(name)
        click.echo(f"{name} signs in with the password alone now")
        return OK

    @users.command()
    @config_option
    @click.argument("name")
    @click.confirmation_option(prompt="The account goes, with its sessions and tokens. Really?")
    def remove(config_file: Path | None, name: str) -> int:
        """Remove an account. The last owner cannot be removed."""
        door(config_file).remove(name)
        click.echo(f"{name} is removed")
        return OK

    return users


def _console(folder: Path) -> "Console":
    from headframe.cli.console import Console

    return Console(folder)


def _say(as_json: bool, answer: Any, lines: Callable[[Any], Sequence[str]]) -> None:
    click.echo(json.dumps(answer, indent=2) if as_json else "\n".join(lines(answer)))


def _preview_lines(preview: dict[str, Any]) -> list[str]:
    lines = [
        f"{name}: {percent(preview['now'].get(name))} now, {percent(then)} then"
        for name, then in preview["then"].items()
    ]
    lines += [
        f"about {whole(move['miners'])} miners ({hashrate(move['hashrate'])}) from {move['from_source']} to {move['to_source']}"
        for move in preview["moves"]
    ]
    return lines


def _change_lines(results: Sequence[dict[str, Any]]) -> list[str]:
    lines = [f"in force: {path}" for result in results for path in result["changed"]] or ["nothing was different"]
    lines += [f"waits for a restart: {path}" for result in results for path in result["needs_restart"]]
    doubts = [doubt for result in results for doubt in result["doubts"]]
    lines += [f"warning: {doubt['path']}: {doubt['text']}: {doubt['remedy']}" for doubt in doubts]
    return lines
