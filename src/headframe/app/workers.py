"""Whom an entry of the file is for that names a worker.

Responsible for: the one rule by which pins and fixed difficulties find their workers.
Not responsible for: changing the entries (`app.desk_workers`), checking them (`config.workers`).
Read next: `mining.identity`.

A name with a point is for that identity's worker; one without is for every worker of that name, and for a miner whose whole
name it is. The first is the stronger one.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

from headframe.mining.identity import parse_user

V = TypeVar("V")


def by_worker(entries: Iterable[tuple[str, V]]) -> Callable[[str, str], V | None]:
    """From (name, value) to the value of a worker, by (identity, worker) as `mining.identity` reads them."""
    exact: dict[tuple[str, str], V] = {}
    of_name: dict[str, V] = {}
    for name, value in entries:
        user = parse_user(name)
        if user.worker:
            exact[user.identity, user.worker] = value
        else:
            of_name[user.identity] = value

    def found(identity: str, worker: str) -> V | None:
        own = exact.get((identity, worker))
        return own if own is not None else of_name.get(worker or identity)

    return found


def name_of(identity: str, worker: str) -> str:
    """The name of an entry for this worker alone (of a miner without a worker's name: for whoever is called so)."""
    return f"{identity}.{worker}" if worker else identity
