"""Real blocks and addresses: see tests/vectors/README.md."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

_VECTORS = Path(__file__).parents[2] / "vectors"


@pytest.fixture(scope="session")
def real_block() -> Callable[[str], dict[str, Any]]:
    def read(name: str) -> dict[str, Any]:
        record: dict[str, Any] = json.loads((_VECTORS / "blocks" / f"{name}.json").read_text())
        return record

    return read
