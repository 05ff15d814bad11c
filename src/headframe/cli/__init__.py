"""The command line.

Responsible for: commands, their help and exit codes (0 ok, 1 refused config, 2 runtime, 64 usage).
Not responsible for: what they do (`app`, `service`).
Read next: `cli.commands`.
"""

from headframe.cli.commands import main

__all__ = ["main"]
