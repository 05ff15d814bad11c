"""Blocks on their way, and their files.

Responsible for: the `Parcel` a courier carries, and doing its disk work off the loop and in order; a disk that fails is
loud and never stops a block.
Not responsible for: the files themselves (`sources.node.vault`), sending (`sources.node.courier`).
Read next: `sources.node.courier`.
"""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import structlog

from headframe.sources.node.blocks import BlockRecord
from headframe.sources.node.dispatch import Reply
from headframe.sources.node.vault import BlockVault

log = structlog.get_logger()
A = TypeVar("A")
T = TypeVar("T")


@dataclass(eq=False)
class Parcel:
    """A block on its way. Owned by the courier, on the loop's thread."""

    record: BlockRecord
    token: int
    raw: bytes | None
    replies: asyncio.Queue[Reply] = field(default_factory=asyncio.Queue)
    in_flight: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)
    home: str = ""
    """URL of the node whose chain the confirmations are from; "" until one was asked after the delivery."""
    keeping: threading.Thread | None = None
    """Writes it to disk; whatever else is done to its files waits for this."""


class Shelf:
    """A vault for the loop's use: a disk that refuses to write is loud, and nothing more."""

    def __init__(self, vault: BlockVault) -> None:
        self._vault = vault

    def keep(self, parcel: Parcel, raw: bytes) -> None:
        """Put the block aside now, so that it outlives this process from the moment its share is answered; then begin to
        write it for good, in a thread that the process waits for before it ends."""
        record = parcel.record
        try:
            self._vault.put(record, raw)
            aside = True
        except OSError:
            aside = False  # the thread tries again, and says so if it cannot either

        def work() -> None:
            try:
                if aside:
                    self._vault.settle(record)
                else:
                    self._vault.keep(record, raw)
            except OSError as error:
                log.error("block_not_on_disk", hash=record.hash_hex, error=str(error))

        keeping = threading.Thread(target=work, name="keep-block")
        try:
            keeping.start()
        except RuntimeError as error:  # the system gives us no more threads; what is aside outlives this process
            log.error("block_not_on_disk", hash=record.hash_hex, error=str(error))
        else:
            parcel.keeping = keeping

    async def load(self, most: int) -> list[BlockRecord]:
        """The newest records from earlier runs, oldest first."""
        try:
            records = await asyncio.to_thread(self._vault.load)
        except OSError as error:
            log.error("pending_blocks_unreadable", error=str(error))
            return []
        if records:
            log.info("pending_blocks_resumed", count=len(records))
        return records[-most:]

    async def read(self, parcel: Parcel) -> bytes | None:
        """The raw block, if it is there. Raises OSError when that cannot be told."""
        return await asyncio.to_thread(_in_order, parcel, self._vault.read, parcel.record.hash_hex)

    async def note(self, parcel: Parcel) -> None:
        """Write the record as it is now."""
        try:
            await asyncio.to_thread(_in_order, parcel, self._vault.note, parcel.record)
        except OSError as error:
            log.error("block_record_not_on_disk", hash=parcel.record.hash_hex, error=str(error))

    async def forget(self, parcel: Parcel) -> None:
        """Remove its files."""
        await asyncio.to_thread(self._forget, parcel)

    def discard(self, parcel: Parcel) -> None:
        """Remove its files without waiting for it."""
        threading.Thread(target=self._forget, args=(parcel,), name="forget-block").start()

    def _forget(self, parcel: Parcel) -> None:
        try:
            _in_order(parcel, self._vault.forget, parcel.record.hash_hex)
        except OSError as error:
            log.error("block_not_forgotten", hash=parcel.record.hash_hex, error=str(error))


def _in_order(parcel: Parcel, act: Callable[[A], T], argument: A) -> T:
    """Act once the block's first write is over."""
    if parcel.keeping is not None:
        parcel.keeping.join()
    return act(argument)
