"""What every part of the configuration is.

Responsible for: the base of all sections, and the mark of settings that only a restart applies.
Not responsible for: the settings (`config.model`, `config.sources`, `config.routing`).
Read next: `config.model`.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict

RESTART: dict[str, Any] = {"needs_restart": True}
"""Mark of a setting that a running server does not take over; all others it does (`app.reload`)."""

ADJUSTS: dict[str, Any] = {"adjusts": True}
"""Mark of a source's setting that changes while the source goes on; any other is a new beginning for it."""


class Section(BaseModel):
    """A part of the file: frozen, and strict about names."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, hide_input_in_errors=True)
