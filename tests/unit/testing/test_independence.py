"""The kit's witnesses share no code with what they bear witness on."""

import ast
from pathlib import Path

import pytest

import headframe.testing

FOLDER = Path(headframe.testing.__file__).parent

ALLOWED: dict[str, tuple[str, ...]] = {
    "client": (),
    "loop_thread": (),
    "fake_pool": ("headframe.net.certificates", "headframe.testing.fake_pool_", "headframe.testing.loop_thread"),
    "fake_pool_core": ("headframe.testing.fake_pool_",),
    "fake_pool_connection": ("headframe.testing.fake_pool_work",),
    "fake_pool_manners": (),
    "fake_pool_work": (),
    "fake_pool_absurd": (),
    "block_rules": ("headframe.bitcoin.",),
    "chain": ("headframe.bitcoin.", "headframe.testing."),
    "mempool": ("headframe.bitcoin.",),
    "pace": ("headframe.bitcoin.target",),
    "rival": ("headframe.bitcoin.", "headframe.testing."),
    "miner_protocol": ("headframe.bitcoin.target",),
    "search": ("headframe.bitcoin.", "headframe.testing.miner_protocol"),
    "node_answers": ("headframe.bitcoin.", "headframe.testing."),
}
MAKES_OUR_BLOCKS = ("headframe.bitcoin.coinbase", "headframe.bitcoin.merkle")


def imports_of(module: str) -> set[str]:
    tree = ast.parse((FOLDER / f"{module}.py").read_text(encoding="utf-8"))
    named = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    plain = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return {name for name in named | plain if name.split(".")[0] == "headframe"}


@pytest.mark.parametrize("module", ALLOWED)
def test_a_witness_imports_only_what_it_may(module: str) -> None:
    strange = {name for name in imports_of(module) if not name.startswith(ALLOWED[module] or ("nothing",))}
    assert not strange


@pytest.mark.parametrize("module", ["block_rules", "chain", "rival", "node_answers"])
def test_blocks_are_judged_without_the_code_that_makes_them(module: str) -> None:
    assert imports_of(module).isdisjoint(MAKES_OUR_BLOCKS)


def test_a_planted_import_would_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "client.py").write_text("from headframe.stratum.v1 import session\nimport headframe.mining.judge\n")
    monkeypatch.setitem(globals(), "FOLDER", tmp_path)
    assert imports_of("client") == {"headframe.stratum.v1", "headframe.mining.judge"}
