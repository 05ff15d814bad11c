"""Our end of a connection to a pool: bytes in, events out, bytes to send. (Signatures; the body follows.)

Responsible for: see the events. Not responsible for: sockets, clocks, which worker, which share.
Read next: `stratum.v1.client_events`.
"""

from collections.abc import Iterator

from headframe.stratum.v1.client_events import ClientEvent, ClientLimits, SubmitSettled


class V1Client:
    """One upstream connection. Call `begin` once, then `receive` with what comes and send what `take_output` returns.

    host           where we are connected: what client.reconnect is measured against
    user_agent     how we present ourselves, also when asked for our version
    version_mask   the bits we would like to roll; 0 does not ask at all
    """

    def __init__(
        self, *, host: str, user_agent: str, version_mask: int = 0x1FFFE000, limits: ClientLimits | None = None
    ) -> None:
        raise NotImplementedError

    def begin(
        self, *, resume: str = "", suggest_difficulty: float | None = None, extranonce_changes: bool = False
    ) -> None:
        """Queue configure, subscribe (with the session id to resume) and what else is wanted, in one go."""
        raise NotImplementedError

    def authorize(self, user: str, password: str) -> int:
        """Queue an authorize; returns the token of `Authorized` / `AuthorizeRefused`. May follow `begin` at once."""
        raise NotImplementedError

    def submit(
        self, user: str, job_id: str, extranonce2: bytes, ntime: int, nonce: int, version_bits: int | None
    ) -> int:
        """Queue a share; returns the token of its `SubmitSettled`. `version_bits` None sends no sixth parameter."""
        raise NotImplementedError

    def suggest_difficulty(self, difficulty: float) -> None:
        """Queue a wish."""
        raise NotImplementedError

    def ping(self) -> int:
        """Queue a ping; returns the token of its `Ponged`."""
        raise NotImplementedError

    def give_up(self, token: int) -> bool:
        """Stop waiting for an answer (its deadline passed); False when it is not open. Yields no event."""
        raise NotImplementedError

    @property
    def unsettled(self) -> int:
        """Submits that wait for their answer."""
        raise NotImplementedError

    def receive(self, data: bytes) -> Iterator[ClientEvent]:
        """Feed bytes; yields events in the order of the wire. Must be exhausted before the next call."""
        raise NotImplementedError

    def take_output(self) -> bytes:
        """Bytes to send now; empties the buffer."""
        raise NotImplementedError

    def end(self) -> list[SubmitSettled]:
        """The connection is gone: every open submit, settled as lost. Nothing more is yielded after this."""
        raise NotImplementedError
