"""How a fake pool behaves: every switch, in one place.

Responsible for: the settings of `FakePool` that a test may change at any time, with what each is for.
Not responsible for: acting on them (`testing.fake_pool_core`).
Read next: `testing.fake_pool`.

The defaults are a pool without fault. H numbers are those of docs/flows/upstream.md.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

RANDOM_JOB_IDS = "random"
COUNTED_JOB_IDS = "counted"


def everybody(user: str, password: str) -> str:
    """Takes any worker."""
    return ""


@dataclass(slots=True)
class Manners:
    """Mutable; read at each message.

    Extranonce and version bits
    extranonce1_size, extranonce2_size   bytes; a change holds for new connections (`set_extranonce` for old ones) (H3)
    version_mask         granted bits of those asked for; 0 refuses; None leaves configure unanswered (H12, H13)
    extranonce_at_once   set_extranonce holds for the jobs that are out already, not from the next one on (H2, H9)

    Work
    difficulty           of the next job (see also `set_difficulty`)
    strict_difficulty    a share must meet the newest difficulty, whatever its job was issued with (H7)
    job_ids              "random" hex, or "counted": 1, 2, 3, ... as any other pool that counts (H5, H6)
    work_at              which of the two answers is followed by work
    work_first           work even before subscribe's answer
    ntime_roll_s         how far a miner may move the time

    Workers
    take_worker          "" or why a worker is refused
    one_worker           a second name on a connection is refused, and a submit under another name too (H17)

    Answers
    ids                  echo; or one constant number, null, or the number as text (H19)
    errors               an error as [code, text, null], as an object, or as bare text (H19)
    subscription         shape of subscribe's answer
    resumes              a session id that is named again gets its extranonce1 again (H15)
    handshake_delay_s    until a worker is authorised, each answer waits this long (H13)
    reply_delay_s        afterwards
    hold_verdicts        verdicts wait until this many are due, and then come newest first (H19)
    mute                 listens, and says nothing at all (H22)
    hang_up_after        cut the connection as soon as this method has been answered; "connect": at once (H15)

    Verdicts
    verdict              honest; or what it says of every share whatever it knows: accept all, refuse good, refuse all
    moves_on             a share that solves a block makes the next block
    """

    extranonce1_size: int = 4
    extranonce2_size: int = 8
    version_mask: int | None = 0x1FFFE000
    extranonce_at_once: bool = False

    difficulty: float = 1e-7
    strict_difficulty: bool = False
    job_ids: Literal["random", "counted"] = "random"
    work_at: Literal["mining.subscribe", "mining.authorize"] = "mining.authorize"
    work_first: bool = False
    ntime_roll_s: int = 7_000

    take_worker: Callable[[str, str], str] = everybody
    one_worker: bool = False

    ids: Literal["echo", "constant", "null", "text"] = "echo"
    errors: Literal["list", "object", "text"] = "list"
    subscription: Literal["usual", "nested", "one pair", "bare id", "no ids"] = "usual"
    resumes: bool = True
    handshake_delay_s: float = 0.0
    reply_delay_s: float = 0.0
    hold_verdicts: int = 0
    mute: bool = False
    hang_up_after: str = ""

    verdict: Literal["honest", "accept all", "refuse good", "refuse all"] = "honest"
    moves_on: bool = True
