"""One fixed extranonce over many pools: what the miner hashes is what the pool rebuilds, and no search is given twice."""

from dataclasses import dataclass, field, replace

from hypothesis import given
from hypothesis import strategies as st

from headframe.bitcoin.hashing import sha256d
from headframe.bitcoin.header import pack_header
from headframe.gateway.jobbook import JobBook
from headframe.mining.extranonce import ExtranonceLayout, ExtranonceLeases
from headframe.mining.job import Job, PayoutSet
from headframe.mining.layout import fits, layout_for
from headframe.mining.splice import PoolOffer, VersionRule, pool_header_version, to_upstream
from headframe.mining.submission import Submission
from headframe.sources.pool.work import PoolWork, SearchSpaces, pool_work

PAYOUT = PayoutSet(1, b"\x51")
BITS = 0x1D00FFFF

masks = st.sampled_from([0, 0x1FFFE000, 0x00C00000, 0x0000E000])
small = st.binary(min_size=0, max_size=8)


@st.composite
def offers(draw: st.DrawFn) -> PoolOffer:
    return PoolOffer(
        job_id=draw(st.sampled_from(["1", "2", "bf"])),  # job ids of two pools collide
        prev_hash=bytes(31) + draw(st.binary(min_size=1, max_size=1)),
        coinbase1=b"\x01" * 42 + draw(small),
        coinbase2=draw(small),
        branch=tuple(draw(st.lists(st.binary(min_size=32, max_size=32), max_size=3))),
        version=draw(st.sampled_from([0x20000000, 0x2000E000, 0x3FFFE004, 0x20C00000])),
        bits=BITS,
        ntime=1_700_000_000 + draw(st.integers(0, 3)),
        target=2**230,
        extranonce1=draw(st.binary(min_size=0, max_size=8)),
        room=draw(st.integers(4, 16)),
        version_mask=draw(masks),
        rule=draw(st.sampled_from(VersionRule)),
    )


@dataclass
class House:
    """Two pools, some sessions of all layouts in use, and everything that was ever offered."""

    book: JobBook = field(default_factory=lambda: JobBook(1))
    spaces: dict[str, SearchSpaces] = field(default_factory=lambda: {"a": SearchSpaces(), "b": SearchSpaces()})
    works: dict[str, PoolWork] = field(default_factory=dict)
    issued: list[tuple[Job, bytes]] = field(default_factory=list)
    last_seq: dict[bytes, int] = field(default_factory=dict)

    def offers(self, source: str, offer: PoolOffer) -> None:
        work = pool_work(offer, self.spaces[source], source=source, generation=1, lane=source, clean=False, now=0.0)
        self.works[source] = work
        self.book.begin(work, 0.0)

    def moves(self, extranonce1: bytes, layout: ExtranonceLayout, source: str, *, fresh: bool) -> None:
        work = self.works[source]
        if not fits(layout, work.offer.room):
            return
        if fresh:
            job = self.book.reissue(work, PAYOUT, layout, 0.0)
        else:
            job = self.book.job(work, PAYOUT, layout, 0.0, above_seq=self.last_seq.get(extranonce1, 0))
        self.last_seq[extranonce1] = job.seq
        self.issued.append((job, extranonce1))


def search_of(job: Job, extranonce1: bytes) -> tuple[tuple[object, ...], bytes]:
    """(what must be equal for two searches to meet, the coinbase's first bytes): they meet when one begins the other."""
    offer = job.origin
    assert isinstance(offer, PoolOffer)
    rest = (job.source, job.coinbase2, job.branch, job.prev_hash, job.bits, job.ntime)
    return (*rest, len(job.coinbase1) + job.layout.size), job.coinbase1 + extranonce1


@given(st.data())
def test_any_moves_between_any_pools_keep_the_coinbase_and_repeat_no_search(data: st.DataObject) -> None:
    house = House()
    first, second = data.draw(offers()), data.draw(offers())
    house.offers("a", first)
    house.offers("b", second)
    leases = {size: ExtranonceLeases(size, seed=data.draw(st.integers(0, 2**32)), rest_s=600.0) for size in (2, 4)}
    layouts = [layout_for([first.room, second.room]), layout_for([first.room]), layout_for([second.room])]
    sessions = [
        (leases[layout.extranonce1_size].lease(0.0), layout)
        for layout in data.draw(st.lists(st.sampled_from(layouts), min_size=1, max_size=4))
    ]
    for _ in range(data.draw(st.integers(1, 25))):
        source = data.draw(st.sampled_from("ab"))
        current = house.works[source].offer
        match data.draw(
            st.sampled_from(["move", "move", "move", "fresh", "again", "harder", "later", "mask", "new", "extranonce"])
        ):
            case "again":  # a resumed connection repeats its job, perhaps under another id
                house.offers(source, replace(current, job_id="77"))
            case "harder":
                house.offers(source, replace(current, target=current.target // 2))
            case "later":
                house.offers(source, replace(current, ntime=current.ntime + data.draw(st.integers(-2, 2))))
            case "mask":
                house.offers(source, replace(current, version_mask=data.draw(masks)))
            case "new":
                house.offers(source, data.draw(offers()))
            case "extranonce":
                house.offers(source, replace(current, extranonce1=data.draw(small)))
            case what:
                extranonce1, layout = data.draw(st.sampled_from(sessions))
                house.moves(extranonce1, layout, source, fresh=what == "fresh")

    for job, extranonce1 in house.issued:
        offer = job.origin
        assert isinstance(offer, PoolOffer)
        extranonce2 = data.draw(st.binary(min_size=job.layout.extranonce2_size, max_size=job.layout.extranonce2_size))
        bits = data.draw(st.integers(0, 2**32 - 1)) & job.version_mask
        up = to_upstream(job, extranonce1, Submission(extranonce2, job.ntime, 7, bits))
        miners = job.coinbase1 + extranonce1 + extranonce2 + job.coinbase2
        pools = offer.coinbase1 + offer.extranonce1 + up.extranonce2 + offer.coinbase2
        assert miners == pools
        assert len(up.extranonce2) == offer.room
        version = job.version & ~job.version_mask | bits
        ours = pack_header(version, job.prev_hash, sha256d(miners), up.ntime, job.bits, up.nonce)
        theirs = pack_header(
            pool_header_version(offer, up.version_bits),
            offer.prev_hash,
            sha256d(pools),
            up.ntime,
            offer.bits,
            up.nonce,
        )
        assert ours == theirs

    searches: dict[tuple[object, ...], list[bytes]] = {}
    for job, extranonce1 in house.issued:
        rest, prefix = search_of(job, extranonce1)
        for other in searches.setdefault(rest, []):
            assert not prefix.startswith(other)
            assert not other.startswith(prefix)
        searches[rest].append(prefix)
