"""The configuration as it is in force.

Responsible for: writing a configuration back as TOML, secrets as stars, for people to read.
Not responsible for: files; what it prints is not meant to be loaded again, since secrets are gone.
Read next: `config.settings`.
"""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, SecretStr

from headframe.config.model import Config
from headframe.config.settings import in_toml, sections_of

STARS = "********"


def effective(config: Config) -> str:
    """Every setting with its value; those that are unset are left out."""
    return "\n".join(_section(config, "")).strip() + "\n"


def _section(section: BaseModel, path: str) -> Iterator[str]:
    inner: list[str] = []
    for name, field in type(section).model_fields.items():
        value: Any = getattr(section, name)
        kinds = sections_of(field.annotation)
        below = f"{path}.{name}" if path else name
        if not kinds:
            if value is not None:
                yield f"{name} = {in_toml(STARS if isinstance(value, SecretStr) else value)}"
        elif not kinds[0][2]:
            inner += ["", f"[{below}]", *_section(value, below)]
        elif not path:
            for item in value:
                inner += ["", f"[[{below}]]", *_section(item, below)]
        else:
            yield f"{name} = {in_toml([item.model_dump() for item in value])}"
    yield from inner
