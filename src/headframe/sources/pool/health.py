"""What can be wrong with a pool, and what the operator can do about it.

Responsible for: one table of states with their words.
Not responsible for: finding out (`sources.pool.connection`), acting on it (`sources.pool.source`).
Read next: `sources.pool.source`.

Those of kind "pool" keep a connection from working and make the source `Down` when it has no other; the rest is `Noted`
while it works.
"""

from headframe.sources.condition import State


class PoolState(State):
    """(kind of note, text, remedy): one state of each kind at a time; braces are filled from the details given."""

    UNREACHABLE = (
        "pool",
        "cannot connect to the pool at {endpoint}: {detail}",
        "Check the address and port in `url` and your way to it; it is tried again by itself.",
    )
    TLS_REFUSED = (
        "pool",
        "the pool at {endpoint} does not prove who it is: {detail}",
        "Check that the port is its TLS port; for a certificate of its own set `tls_ca_file` or `tls_fingerprint`.",
    )
    SUBSCRIBE_REFUSED = (
        "pool",
        "the pool at {endpoint} gives us no work: {detail}",
        "Ask the pool; some serve only known software or addresses.",
    )
    USER_REFUSED = (
        "pool",
        "the pool at {endpoint} refuses our user: {detail}",
        "Check `wallet`, `user` and `password` against what the pool asks for.",
    )
    NO_HANDSHAKE = (
        "pool",
        "the pool at {endpoint} gave no work within {detail} s of connecting",
        "Check that this is a mining port of a pool; otherwise its operator must look after it.",
    )
    SILENT = (
        "pool",
        "the pool at {endpoint} has gone silent: {detail}",
        "Nothing to do here: it is tried again by itself; add a backup to `url`.",
    )
    HUNG_UP = (
        "pool",
        "the pool at {endpoint} closed the connection: {detail}",
        "Nothing to do here: it is tried again by itself; add a backup to `url`.",
    )
    MISBEHAVES = (
        "pool",
        "the pool at {endpoint} does not speak as a pool should: {detail}",
        "Check that `url` is a Stratum V1 port; if it is, tell its operator.",
    )
    REFUSES_SHARES = (
        "pool",
        "the pool at {endpoint} refuses every share: {detail}",
        "Check `wallet` and `user`; if they are right, see `version_rule`, or leave this pool.",
    )
    NO_ROOM = (
        "pool",
        "the pool at {endpoint} leaves us {detail} bytes of extranonce: too few",
        "Use another port or pool; every miner needs at least 4 of them.",
    )
    ASKED_TO_LEAVE = (
        "pool",
        "the pool at {endpoint} asked us to come back later or elsewhere",
        "Nothing to do: it is obeyed, within the pool's own domain.",
    )
    ROOM_SHRANK = (
        "pool",
        "the pool at {endpoint} now leaves us only {detail} bytes of extranonce",
        "Nothing to do: sessions that still fit come back at once, the others when they reconnect.",
    )
    SMALL_ROOM = (
        "room",
        "the pool at {endpoint} leaves us only {detail} bytes of extranonce",
        "Sessions with more stay with the other sources until they reconnect; new ones get as many as fit everywhere.",
    )
    NO_ROLLING = (
        "version_rolling",
        "the pool at {endpoint} grants no version rolling",
        "Expect refused shares from miners that roll all the same; use another port of the pool if it has one.",
    )
    LESS_ROLLING = (
        "version_rolling",
        "the pool at {endpoint} grants only the version bits {detail}",
        "Nothing to do, unless miners roll others: those shares are refused here.",
    )
    BACKUP = (
        "backup",
        "working with the backup at {endpoint}: {detail}",
        "Look after the preferred address; work returns to it by itself.",
    )
    ONE_NAME = (
        "names",
        "the pool at {endpoint} takes one worker name only: {detail}",
        "Nothing to do: all shares go up under one name; set `mode` to per_miner to be known by each worker.",
    )
    CONNECTIONS_FULL = (
        "connections",
        "all {detail} connections to the pool are in use: sessions share them",
        "Raise `max_connections` if the pool allows more.",
    )
