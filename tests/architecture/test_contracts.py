"""Each import contract catches a breach that is planted on purpose.

A contract that catches nothing looks just like one that is kept. So the package is copied, one file with a forbidden
import is put beside the others for each thing that a contract forbids, and import-linter must name every one of them.
"""

import shutil
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
LINTER = Path(sys.executable).with_name("lint-imports")


def contracts() -> list[dict[str, Any]]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    found: list[dict[str, Any]] = settings["tool"]["importlinter"]["contracts"]
    return found


def levels() -> list[list[str]]:
    """The layers, highest first; siblings together."""
    (layers,) = [contract["layers"] for contract in contracts() if contract["type"] == "layers"]
    return [[name.strip() for name in layer.split("|")] for layer in layers]


def breaches(contract: dict[str, Any]) -> list[tuple[str, str]]:
    """(importing package, imported module) for everything that the contract forbids.

    Of layers: each level from the one below, and siblings each other.
    """
    if contract["type"] == "forbidden":
        return [(source, module) for source in contract["source_modules"] for module in contract["forbidden_modules"]]
    found = [
        (lower, upper)
        for above, below in zip(levels(), levels()[1:], strict=False)
        for upper in above
        for lower in below
    ]
    return found + [(one, other) for level in levels() for one in level for other in level if one != other]


def planted(source: str, module: str) -> str:
    """The name of the module that holds the breach. Every breach has one of its own."""
    return f"{source}.breach_{module.replace('.', '_')}"


def lint(folder: Path, contract_id: str | None = None) -> subprocess.CompletedProcess[str]:
    arguments = [str(LINTER), "--no-cache", "--config", str(folder / "pyproject.toml")]
    if contract_id is not None:
        arguments += ["--contract", contract_id]
    return subprocess.run(
        arguments,
        cwd=folder,
        env={"PYTHONPATH": str(folder / "src"), "PATH": "/usr/bin:/bin", "COLUMNS": "1000"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


@pytest.fixture(scope="module")
def house_with_breaches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages' fronts only (the rest would only slow the linter down), with every breach planted."""
    folder = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", folder)
    package = folder / "src" / "headframe"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    names = {name for level in levels() for name in level} | {"headframe.testing"}
    for contract in contracts():
        names |= {
            name
            for name in (*contract.get("source_modules", ()), *contract.get("forbidden_modules", ()))
            if name.startswith("headframe.")
        }
    for name in names:
        inner = package.joinpath(*name.split(".")[1:])
        inner.mkdir(parents=True, exist_ok=True)
    for inner in package.rglob("**/"):
        (inner / "__init__.py").touch()
    for contract in contracts():
        for source, module in breaches(contract):
            path = folder.joinpath("src", *planted(source, module).split(".")).with_suffix(".py")
            path.write_text(f"import {module}\n")
    return folder


@cache
def _report(folder: Path) -> str:
    return lint(folder).stdout


@pytest.mark.parametrize("contract", contracts(), ids=lambda contract: contract["id"])
def test_every_planted_breach_is_caught(contract: dict[str, Any], house_with_breaches: Path) -> None:
    report = _report(house_with_breaches)
    assert f"{contract['name']} BROKEN" in report
    told = report.partition("Broken contracts")[2].partition(contract["name"])[2]
    section = told
    for other in contracts():
        if other["name"] != contract["name"]:
            section = section.split(f"\n{other['name']}\n")[0]
    missed = [(source, module) for source, module in breaches(contract) if planted(source, module) not in section]
    assert missed == []


def test_all_packages_of_the_house_are_in_the_layers_or_named_here() -> None:
    outside = {"testing"}  # the shipped test kit, which nothing below the command line may import
    packages = {path.parent.name for path in (ROOT / "src/headframe").glob("*/__init__.py")}
    modules = {path.stem for path in (ROOT / "src/headframe").glob("*.py")} - {"__init__", "__main__"}
    layered = {name.split(".")[1] for level in levels() for name in level}
    assert packages | modules == layered | outside


def test_the_house_itself_keeps_its_contracts() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout[-4000:]
