"""The bans of the linter hold where they should, and only there."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUFF = Path(sys.executable).with_name("ruff")

BANNED = {
    "import asyncio\n\nasyncio.create_task(None)\n": "TID251",
    "import asyncio\n\nasyncio.ensure_future(None)\n": "TID251",
    "import time\n\ntime.time()\n": "TID251",
    "import time\n\ntime.monotonic()\n": "TID251",
    "import time\n\ntime.perf_counter()\n": "TID251",
    "from time import time\n\ntime()\n": "TID251",
    "import datetime\n\ndatetime.datetime.now(datetime.UTC)\n": "TID251",
    'print("x")\n': "T201",
}


def codes(text: str, path: str) -> set[str]:
    """What ruff says of this text in this place."""
    result = subprocess.run(
        [str(RUFF), "check", "--no-cache", "--output-format", "json", "--stdin-filename", path, "-"],
        cwd=ROOT,
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return {str(found["code"]) for found in json.loads(result.stdout)}


@pytest.mark.parametrize("text", BANNED, ids=lambda text: text.split("\n")[-2])
@pytest.mark.parametrize("place", ["gateway/hub.py", "cli/commands.py", "mining/judge.py", "sources/node/feed.py"])
def test_each_ban_is_caught_in_the_house(text: str, place: str) -> None:
    assert BANNED[text] in codes(text, f"src/headframe/{place}")


def test_the_clock_may_read_the_clock() -> None:
    assert "TID251" not in codes("import time\n\ntime.monotonic()\n", "src/headframe/net/clock.py")


def test_the_one_starter_of_tasks_may_start_them() -> None:
    assert "TID251" not in codes("import asyncio\n\nasyncio.create_task(None)\n", "src/headframe/net/tasks.py")


def test_a_mutable_default_and_an_unused_import_are_caught_too() -> None:
    assert {"B006", "F401"} <= codes("import os\n\n\ndef f(x=[]):\n    return x\n", "src/headframe/gateway/hub.py")
