"""The whole server as a child process that has no configuration yet, for tests.

Responsible for: starting `headframe setup` in an empty folder, its web port in the environment, and the link it prints.
Not responsible for: setting it up: tests do, in a browser.
Read next: `testing.server`.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from headframe.testing.server import ServerFailed, ServerProcess


class SetupProcess(ServerProcess):
    """`stratum_port` is a free port that the test may choose in the wizard; `web_port` is where the wizard is."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory, "")
        self.file.unlink()

    def words_to_start(self) -> list[str]:
        return ["setup", "--config", str(self.file), "--no-live", "--log-format", "json"]

    def environment(self) -> dict[str, str]:
        places = {"HEADFRAME_WEB__LISTEN": f"127.0.0.1:{self.web_port}", "HEADFRAME_DATA__DIR": str(self.data)}
        return {**super().environment(), **places}

    def link(self) -> str:
        """What was printed for the first visitor."""
        return str(self.wait_event("first_visit")["link"])


@contextlib.contextmanager
def setting_up(directory: Path) -> Iterator[SetupProcess]:
    """Started and waiting to be set up; killed at the end. Raises ServerFailed if its log holds a fault."""
    server = SetupProcess(directory)
    try:
        server.launch()
        server.link()
        yield server
    finally:
        server.kill()
    if faults := server.faults():
        raise ServerFailed("faults in the log:\n" + "\n".join(faults))
