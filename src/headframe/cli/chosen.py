"""Which configuration a command is about.

Responsible for: the option that names its file, finding and loading it, its data directory.
Not responsible for: what is in it (`config`), the commands (`cli.commands`).
Read next: `config.load`.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from headframe.config import Config, Loaded

DEFAULT_FILE = "headframe.toml"
PLACES = ("HEADFRAME_DATA__", "HEADFRAME_WEB__", "HEADFRAME_LOGGING__")
"""Variables that say where things are, and make no configuration of their own."""

CONFIG_OPTION = click.option(
    "--config",
    "-c",
    "config_file",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="HEADFRAME_CONFIG",
    metavar="FILE",
    help=f"Configuration file. Default: $HEADFRAME_CONFIG, else {DEFAULT_FILE} here, else environment variables alone.",
)


def file_of(config_file: Path | None) -> Path | None:
    """The file given, else the usual one if it is here; None: there is none."""
    if config_file is None and Path(DEFAULT_FILE).exists():
        return Path(DEFAULT_FILE)
    return config_file


def is_configured(config_file: Path | None) -> bool:
    """Whether there is any configuration: a file, or variables that say more than where things are."""
    if file_of(config_file) is not None:
        return True
    return any(name.startswith("HEADFRAME_") and not name.startswith(PLACES) for name in os.environ)


def load_chosen(config_file: Path | None) -> "Config":
    return load_chosen_with_doubts(config_file).config


def load_chosen_with_doubts(config_file: Path | None) -> "Loaded":
    """Raises ConfigError; UsageError when nothing is configured."""
    from headframe.config import load_with_doubts

    if not is_configured(config_file):
        raise click.UsageError(
            f"there is no {DEFAULT_FILE} here: give one with --config, make one with `headframe setup`, or try "
            "`headframe demo`"
        )
    return load_with_doubts(file_of(config_file), os.environ)


def data_dir(config_file: Path | None) -> Path:
    """Where the server keeps its data; that of one that is being set up while there is no configuration."""
    if not is_configured(config_file):
        from headframe.app.setup import waiting_config

        return waiting_config(os.environ).data.dir
    return load_chosen(config_file).data.dir
