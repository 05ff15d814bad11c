"""Lines out of a byte stream, within a bound.

Responsible for: cutting what a miner sends into lines, dropping a line that is too long up to its end, and holding no
more than one line bound of unfinished bytes.
Not responsible for: what a line means (`stratum.v1.wire`, `stratum.v1.session`).
Read next: `stratum.v1.session`.
"""


class LineBuffer:
    """The unfinished line of one connection. How the bytes are split into calls never changes what comes out."""

    __slots__ = ("_max_line_bytes", "_skipping", "_tail")

    def __init__(self, max_line_bytes: int) -> None:
        self._max_line_bytes = max_line_bytes
        self._tail = b""
        self._skipping = False

    def feed(self, data: bytes) -> list[bytes | None]:
        """The lines that `data` completes, without their newline; None stands for one line that was too long.

        The None comes as soon as the bound is passed; the rest of that line, up to its newline, is dropped.
        """
        if not self._tail and not self._skipping and len(data) <= self._max_line_bytes and data.endswith(b"\n"):
            return [*data[:-1].split(b"\n")]  # nearly always
        first, *rest = data.split(b"\n")
        lines: list[bytes | None] = []
        if not rest:
            self._keep(first, lines)
            return lines
        if self._skipping:
            self._skipping = False
        else:
            lines.append(self._bounded(first))
            self._tail = b""
        last = rest.pop()
        if len(data) <= self._max_line_bytes:
            lines += rest
        else:
            lines += [line if len(line) <= self._max_line_bytes else None for line in rest]
        self._keep(last, lines)
        return lines

    def _bounded(self, end: bytes) -> bytes | None:
        if len(self._tail) + len(end) > self._max_line_bytes:
            return None
        return self._tail + end

    def _keep(self, part: bytes, lines: list[bytes | None]) -> None:
        if self._skipping or not part:
            return
        if len(self._tail) + len(part) <= self._max_line_bytes:
            self._tail += part
        else:
            self._tail = b""
            self._skipping = True
            lines.append(None)
