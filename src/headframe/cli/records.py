"""Commands about what is on record: the ledger, versions, the reference.

Responsible for: their options and output.
Not responsible for: the ledger (`store`), the reference (`cli.reference`).
Read next: `cli.commands`.
"""

import json
from pathlib import Path

import click

from headframe import __version__
from headframe.cli.chosen import CONFIG_OPTION
from headframe.cli.chosen import data_dir as chosen_data_dir

OK, RUNTIME = 0, 2


@click.group()
def ledger() -> None:
    """What was mined: the ledger."""


@ledger.command()
@CONFIG_OPTION
@click.option("--data-dir", type=click.Path(file_okay=False, path_type=Path), help="Instead of data.dir of the file.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with integers as they are.")
def totals(config_file: Path | None, data_dir: Path | None, as_json: bool) -> int:
    """Shares, work and blocks, whole and by source; also while the server runs.

    \b
    JSON: shares_accepted, shares_rejected {reason: n}, work (hashes),
          sources {name: the same three}, blocks {outcome: n},
          upstream {name: accepted, refused and lost {count, work}, and reasons {reason: n}}
    """
    folder = chosen_data_dir(config_file) if data_dir is None else data_dir
    if not folder.is_dir():
        raise click.ClickException(
            f"there is no data directory {folder}: nothing was mined with this configuration yet"
        )
    from headframe.cli.totals import gather

    found, gaps = gather(folder)
    for gap in gaps:
        click.echo(f"headframe: {gap}", err=True)
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return OK
    rejected = sum(found["shares_rejected"].values())
    click.echo(
        f"shares: {found['shares_accepted']} accepted, {rejected} rejected {found['shares_rejected'] or ''}".rstrip()
    )
    click.echo(f"work:   {found['work']} hashes")
    for name, part in found["sources"].items():
        click.echo(f"  {name}: {part['shares_accepted']} shares, {part['work']} hashes")
    for name, said in found["upstream"].items():
        counts = ", ".join(f"{said[outcome]['count']} {outcome}" for outcome in ("accepted", "refused", "lost"))
        click.echo(f"  passed on to {name}: {counts} {said['reasons'] or ''}".rstrip())
    click.echo(f"blocks: {found['blocks'] or 'none'}")
    return OK


@click.command()
def version() -> int:
    """Versions of Headframe and of what it runs on."""
    import platform

    from headframe.net.loop import pick_loop

    click.echo(f"headframe {__version__}")
    click.echo(f"python {platform.python_version()}, loop {pick_loop()[1]}, {platform.system()} {platform.machine()}")
    return OK


def docs(group: click.Group) -> click.Command:
    """The command that writes the reference of all commands of `group`."""

    @click.command("docs")
    @click.option(
        "--out", type=click.Path(file_okay=False, path_type=Path), default=Path("docs/reference"), show_default=True
    )
    @click.option(
        "--check", "only_check", is_flag=True, help="Write nothing; exit code 2 when something is out of date."
    )
    def write(out: Path, only_check: bool) -> int:
        """Write the reference (settings, metrics, events, commands) from the sources."""
        from headframe.cli.reference import pages

        stale = []
        for name, text in pages(group).items():
            path = out / name
            if path.exists() and path.read_text() == text:
                continue
            stale.append(str(path))
            if not only_check:
                out.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
        for changed in stale:
            click.echo(f"{'out of date' if only_check else 'written'}: {changed}")
        return RUNTIME if only_check and stale else OK

    return write
