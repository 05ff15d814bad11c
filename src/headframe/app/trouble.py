"""Why the program cannot start.

Responsible for: one exception with words and a remedy, for what the configuration alone does not show.
Not responsible for: printing it (`cli`).
Read next: `app.running`.
"""


class CannotStart(Exception):
    """Something on this machine keeps the program from starting; operator's trouble."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason}: {remedy}")
        self.reason = reason
        self.remedy = remedy
