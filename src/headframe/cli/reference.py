"""The reference pages, made from data.

Responsible for: settings, metrics, log events, commands and the API as Markdown.
Not responsible for: the data (`config.settings`, `metrics.table`, `cli.events`, `cli.commands`, `web.reference`).
Read next: `docs/reference`.
"""

from collections.abc import Iterable, Iterator

import click

from headframe.cli.events import EVENTS
from headframe.config.settings import SectionInfo, Setting, sections, settings
from headframe.metrics.table import HISTOGRAMS, METRICS
from headframe.web.reference import api_page

_NOTE = "<!-- Made by `headframe docs` from the sources: change those, not this. -->"


def pages(commands: click.Group) -> dict[str, str]:
    """File name -> text of each page."""
    made = {
        "settings.md": _settings(),
        "metrics.md": _metrics(),
        "events.md": _events(),
        "cli.md": _commands(commands),
        "api.md": api_page().splitlines(),
    }
    return {name: "\n".join([_NOTE, "", *lines]).rstrip() + "\n" for name, lines in made.items()}


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    titles = list(head)
    yield "| " + " | ".join(titles) + " |"
    yield "|" + "---|" * len(titles)
    for row in rows:
        yield "| " + " | ".join(_cell(cell) for cell in row) + " |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _settings() -> list[str]:
    lines = [
        "# Settings",
        "",
        "In the TOML file, or as environment variables: `HEADFRAME_` + section + `__` + name, in capitals; lists as JSON or",
        "separated by commas. For sources put the name or the number of the source after `SOURCE`:",
        "`HEADFRAME_SOURCE__HOME__PASSWORD`. Variables win over the file. Relative paths start from the file's folder; `~` and",
        "`$VARIABLES` are filled in. A dagger (†) marks what only a restart applies; everything else changes in the running",
        "server when the file is loaded again. A double dagger (‡) marks what changes while the source goes on; another change",
        "of a source makes that source, and nothing else, begin anew.",
    ]
    by_section: dict[tuple[tuple[str, ...], str], list[Setting]] = {}
    for setting in settings():
        by_section.setdefault((setting.path[:-1], setting.variant), []).append(setting)
    for section in sections():
        members = by_section.get((section.path, section.variant))
        if members is not None:
            lines += _section(section, members)
    return lines


def _section(section: SectionInfo, members: list[Setting]) -> Iterator[str]:
    name = ".".join(section.path)
    inline = section.repeated and len(section.path) > 1
    title = f"{name} = [{{ ... }}]" if inline else f"[[{name}]]" if section.repeated else f"[{name}]"
    title += f' kind = "{section.variant}"' if section.variant else ""
    yield from ("", f"## `{title}`", "", section.help, "")
    yield from _table(
        ("setting", "kind", "default", "meaning"),
        (
            (
                f"`{setting.path[-1]}`{' †' if setting.needs_restart else ' ‡' if setting.adjusts else ''}",
                setting.kind,
                f"`{setting.default}`" if setting.default else "–",
                setting.help,
            )
            for setting in members
        ),
    )


def _metrics() -> list[str]:
    lines = [
        "# Metrics",
        "",
        "Prometheus text on `/metrics` of the web port. Label values are bounded: nothing that a miner sends becomes one.",
        "Beside these there are the client library's `process_...` metrics (memory, CPU time, open files).",
        "",
    ]
    known = [(one.name, one.kind, one.labels, one.help) for one in METRICS]
    rows = [*known, *((one.name, "histogram", one.labels, one.help) for one in HISTOGRAMS)]
    cells = (
        (f"`{name}`", kind, ", ".join(f"`{label}`" for label in labels), meaning)
        for name, kind, labels, meaning in rows
    )
    return lines + list(_table(("metric", "kind", "labels", "meaning"), cells))


def _events() -> list[str]:
    lines = [
        "# Log events",
        "",
        "Each line of the JSON log is an object with `time` (ISO 8601, UTC), `level`, `event`, `logger` and the event's own keys.",
        "",
    ]
    rows = [(f"`{one.name}`", f"`{one.logger}`", one.level, one.meaning, one.remedy or "–") for one in EVENTS]
    return lines + list(_table(("event", "logger", "level", "meaning", "what to do"), rows))


def _commands(commands: click.Group) -> list[str]:
    lines = [
        "# Commands",
        "",
        "Exit codes: 0 ok, 1 refused configuration or failed check, 2 trouble while running, 64 wrong usage.",
    ]
    for path, command in _walk(commands, ("headframe",)):
        context = click.Context(
            command, info_name=" ".join(path), terminal_width=100, help_option_names=["-h", "--help"]
        )
        lines += ["", f"## `{' '.join(path)}`", "", "```text", command.get_help(context), "```"]
    return lines


def _walk(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from _walk(inner, (*path, name))
