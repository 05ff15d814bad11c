"""File and environment to a checked configuration.

Responsible for: reading TOML, environment and secret files, in that order of rising precedence; collecting every problem
before refusing; giving each problem its line.
Not responsible for: what is allowed (`config.model`, `config.checks`).
Read next: `config.model`.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import SecretStr, ValidationError
from pydantic_core import PydanticCustomError

from headframe.config import checks
from headframe.config.environment import overlay
from headframe.config.kinds import Surroundings
from headframe.config.model import Config
from headframe.config.places import line_of, lines_of
from headframe.config.problems import ConfigError, KeyPath, Problem, from_validation, refuse
from headframe.config.settings import names, variants
from headframe.config.sources import NodeSource, PoolSource

MAX_FILE_BYTES = 1_048_576
MAX_SECRET_BYTES = 4096


class Loaded(NamedTuple):
    """A configuration that is taken, and what should be said about it: allowed, yet hardly meant."""

    config: Config
    doubts: tuple[Problem, ...]


def load(path: Path | None, environment: Mapping[str, str]) -> Config:
    """The configuration in `path` (None: only the environment). Raises ConfigError with every problem found."""
    return load_with_doubts(path, environment).config


def load_with_doubts(path: Path | None, environment: Mapping[str, str]) -> Loaded:
    """The same, with what is doubtful."""
    text = "" if path is None else _read(path)
    folder = Path() if path is None else path.absolute().parent
    return parse_with_doubts(text, environment, name="" if path is None else str(path), folder=folder)


def parse(text: str, environment: Mapping[str, str], *, name: str = "", folder: Path | None = None) -> Config:
    """`load` from TOML text; `name` stands before line numbers, relative paths start from `folder`."""
    return parse_with_doubts(text, environment, name=name, folder=folder).config


def parse_with_doubts(
    text: str, environment: Mapping[str, str], *, name: str = "", folder: Path | None = None
) -> Loaded:
    """The same, with what is doubtful."""
    try:
        tree: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([_syntax(error, name)]) from None
    problems, variables = overlay(tree, environment)
    config: Config | None = None
    try:
        config = Config.model_validate(tree, context=Surroundings(environment, folder or Path()))
    except ValidationError as error:
        problems += from_validation(error, names(), variants())
    if config is not None:
        config, secret_problems = _with_secrets(config)
        problems += secret_problems
        problems += checks.check(config)
    if problems:
        raise ConfigError(_placed(problems, text, name, variables))
    assert config is not None
    return Loaded(config, tuple(_placed(list(checks.doubts(config)), text, name, variables)))


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigError([Problem((), f"cannot read {path}: {reason}", "give another file with --config")]) from None
    if len(data) > MAX_FILE_BYTES:
        raise ConfigError(
            [Problem((), f"{path} is larger than {MAX_FILE_BYTES} bytes", "this is no configuration file")]
        )
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise ConfigError([Problem((), f"{path} is not UTF-8 text", "save it as UTF-8")]) from None


def _syntax(error: tomllib.TOMLDecodeError, name: str) -> Problem:
    message, _, rest = str(error).partition(" (at line ")
    line = rest.partition(",")[0]
    place = f"{name}:{line}" if name and line.isdigit() else f"line {line}" if line.isdigit() else name
    return Problem(
        (), f"is not valid TOML: {message[:1].lower()}{message[1:]}", "texts stand in quotes, lists in [ ]", place
    )


def _with_secrets(config: Config) -> tuple[Config, list[Problem]]:
    """Read each password_file into its password."""
    problems: list[Problem] = []
    sources: list[NodeSource | PoolSource] = []
    for index, source in enumerate(config.source):
        at: KeyPath = ("source", index, "password_file")
        if source.password_file is None:
            sources.append(source)
            continue
        if source.password is not None:
            problems.append(Problem(at, "stands beside password", "keep one of the two"))
        try:
            secret = _secret(source.password_file)
        except PydanticCustomError as error:
            context = error.context or {}
            problems.append(Problem(at, str(context["text"]), str(context["remedy"])))
            secret = "unread"
        sources.append(source.model_copy(update={"password": SecretStr(secret)}))
    return config.model_copy(update={"source": tuple(sources)}), problems


def _secret(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_SECRET_BYTES + 1)
        text = data.decode().rstrip("\r\n")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise refuse(f"cannot read {path}: {reason}", "check the path and who may read it") from None
    except UnicodeDecodeError:
        raise refuse(f"{path} is not UTF-8 text", "put the password alone into it") from None
    if not text or len(data) > MAX_SECRET_BYTES or "\n" in text:
        raise refuse(f"{path} does not hold one line of text", "put the password alone into it")
    return text


def _placed(problems: list[Problem], text: str, name: str, variables: dict[KeyPath, str]) -> list[Problem]:
    """Give each problem its line or variable, and the order of the file."""
    if not problems:
        return []
    lines = lines_of(text)

    def placed(problem: Problem) -> tuple[int, Problem]:
        line = line_of(lines, problem.path)
        if problem.place:
            return (1 << 30, problem)
        for end in range(len(problem.path), 0, -1):
            if problem.path[:end] in variables:
                return (1 << 30, Problem(problem.path, problem.text, problem.remedy, variables[problem.path[:end]]))
        place = name if line is None else f"{name}:{line}" if name else f"line {line}"
        return (line or 0, Problem(problem.path, problem.text, problem.remedy, place))

    return [problem for _, problem in sorted(map(placed, problems), key=lambda pair: pair[0])]
