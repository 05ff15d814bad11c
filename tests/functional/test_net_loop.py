"""The running program as the outside sees it: signals, exit codes, open files, exceptions nobody caught."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are another thing there")

PROGRAM = """
import asyncio, sys
from headframe.net.loop import run

async def main(signals):
    print("ready", type(asyncio.get_running_loop()).__module__, flush=True)
    {body}

sys.exit(run(main))
"""


@contextmanager
def program(body: str) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(body=body)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def until(process: subprocess.Popen[str], word: str) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if word in line:
            return line
    raise AssertionError(f"ended without saying {word}")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_asks_to_stop_and_the_program_ends_in_its_own_time(number: signal.Signals) -> None:
    with program("await signals.stop.wait(); print('tidy', flush=True); return 7") as process:
        until(process, "ready")
        process.send_signal(number)
        assert number.name in until(process, "stop_requested")
        until(process, "tidy")
        assert process.wait(20) == 7


def test_a_second_signal_forces_what_hangs() -> None:
    with program("await asyncio.Event().wait()") as process:
        until(process, "ready")
        process.send_signal(signal.SIGINT)
        until(process, "stop_requested")
        process.send_signal(signal.SIGINT)
        until(process, "stop_forced")
        assert process.wait(20) == 130


def test_a_third_signal_ends_even_what_refuses_to_be_cancelled() -> None:
    stubborn = """
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            print("refused", flush=True)
    """
    with program(stubborn) as process:
        until(process, "ready")
        for word in ("stop_requested", "refused"):
            process.send_signal(signal.SIGINT)
            until(process, word)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130


def test_hangup_asks_to_read_files_again_and_does_not_stop() -> None:
    with program("await signals.reload.wait(); print(signals.stop.is_set(), flush=True); return 0") as process:
        until(process, "ready")
        process.send_signal(signal.SIGHUP)
        until(process, "False")
        assert process.wait(20) == 0


def test_uvloop_runs_where_it_is_installed_and_the_choice_is_said() -> None:
    pytest.importorskip("uvloop")
    with program("return 0") as process:
        assert "uvloop" in until(process, "loop_started")
        assert "uvloop" in until(process, "ready")


def test_the_limit_of_open_files_is_raised_as_far_as_allowed() -> None:
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with program(
        "import resource; print('files', *resource.getrlimit(resource.RLIMIT_NOFILE), flush=True); return 0"
    ) as p:
        soft = int(until(p, "files ").split()[1])
    assert soft == (1_048_576 if hard == resource.RLIM_INFINITY else min(hard, 1_048_576))


def test_an_exception_nobody_caught_is_called_a_bug_and_the_program_goes_on() -> None:
    body = "asyncio.get_running_loop().call_soon(lambda: 1 / 0); await asyncio.sleep(0.01); return 0"
    with program(body) as process:
        until(process, "bug")
        until(process, "ZeroDivisionError")
        assert process.wait(20) == 0
