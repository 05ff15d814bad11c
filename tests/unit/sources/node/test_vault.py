"""Found blocks on disk: whole or not there, found again after a restart."""

from pathlib import Path

from headframe.bitcoin.block import assemble_block
from headframe.bitcoin.hashing import sha256d
from headframe.sources.node.blocks import BlockRecord
from headframe.sources.node.vault import BlockVault

RAW = bytes(range(200)) + b"a block"
HASH_HEX = sha256d(RAW[:80])[::-1].hex()
COINBASE = bytes.fromhex("01000000" + "01" + "00" * 32 + "ffffffff" + "0151" + "ffffffff" + "00" + "00000000")
RECORD = BlockRecord(HASH_HEX, 7, "home", 123)


def test_what_is_kept_is_found_by_another_process(tmp_path: Path) -> None:
    BlockVault(tmp_path / "blocks" / "pending").keep(RECORD, RAW)
    again = BlockVault(tmp_path / "blocks" / "pending")
    assert again.load() == [RECORD]
    assert again.read(HASH_HEX) == RAW


def test_a_block_without_its_record_is_found_all_the_same(tmp_path: Path) -> None:
    vault = BlockVault(tmp_path)
    vault.keep(RECORD, RAW)
    (tmp_path / f"{HASH_HEX}.json").write_bytes(b"{torn")
    (found,) = vault.load()
    assert (found.hash_hex, found.outcome) == (HASH_HEX, "")


def test_half_written_files_and_strangers_are_not_blocks(tmp_path: Path) -> None:
    vault = BlockVault(tmp_path)
    (tmp_path / f"{HASH_HEX}.blk.part").write_bytes(RAW[:100])
    (tmp_path / ("00" * 32 + ".blk")).write_bytes(RAW)
    (tmp_path / "notes.json").write_bytes(b"{}")
    assert vault.load() == []
    assert not (tmp_path / f"{HASH_HEX}.blk.part").exists()


def test_a_block_that_was_only_put_aside_is_found_if_all_of_it_is_there(tmp_path: Path) -> None:
    raw = assemble_block(bytes(80), COINBASE, [])
    record = BlockRecord(sha256d(raw[:80])[::-1].hex(), 7, "home", 123)
    BlockVault(tmp_path).put(record, raw)
    again = BlockVault(tmp_path)
    assert again.load() == [record]
    assert again.read(record.hash_hex) == raw
    assert not list(tmp_path.glob("*.part"))
    again.forget(record.hash_hex)
    again.put(record, raw)
    (tmp_path / f"{record.hash_hex}.blk.part").write_bytes(raw[:-1])
    (tmp_path / f"{record.hash_hex}.json.part").write_bytes(b"{")
    assert BlockVault(tmp_path).load() == []


def test_forgetting_twice_and_reading_nothing_are_no_trouble(tmp_path: Path) -> None:
    vault = BlockVault(tmp_path)
    assert vault.load() == []
    vault.keep(RECORD, RAW)
    vault.forget(HASH_HEX)
    vault.forget(HASH_HEX)
    assert vault.read(HASH_HEX) is None
    assert list(tmp_path.iterdir()) == []


def test_records_come_oldest_first(tmp_path: Path) -> None:
    vault = BlockVault(tmp_path)
    for place in (3, 1, 2):
        raw = bytes([place]) * 100
        vault.keep(BlockRecord(sha256d(raw[:80])[::-1].hex(), place, "home", place), raw)
    assert [record.found_ms for record in vault.load()] == [1, 2, 3]
