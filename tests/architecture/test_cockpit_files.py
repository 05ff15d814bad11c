"""The cockpit's files: text stays text, nothing comes from elsewhere, every word is there in every language, every pair of
colours can be read."""

import json
import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[2] / "src" / "headframe" / "web" / "static"
SCRIPTS = sorted(STATIC.rglob("*.js"))
STYLES = sorted(STATIC.rglob("*.css"))
LANGUAGES = re.findall(r"^  (\w\w): \"", (STATIC / "core" / "i18n.js").read_text(), re.M)
AREAS = sorted(path.stem for path in (STATIC / "i18n" / "en").glob("*.json"))

_NEVER = {
    "markup from data": r"\b(inner|outer)HTML\b|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|srcdoc",
    "code from data": r"\beval\(|new Function\(|setTimeout\(\s*[\"'`]|setInterval\(\s*[\"'`]",
    "style by attribute": r"setAttribute\(\s*[\"']style|cssText",
    "handlers by attribute": r"setAttribute\(\s*[\"']on",
    "messages between windows": r"postMessage|document\.domain",
}
_ELSEWHERE = re.compile(r"(?:https?:|wss?:)?//[a-z0-9.-]+\.[a-z]{2,}", re.I)
_SVG_NAMES = "http://www.w3.org/"
_KEY = re.compile(r"\bt\(\s*\"([a-z]+\.[a-z0-9_.]+)\"")
_PLACES = re.compile(r"\{(\w+)\}")


def keys_of(language: str, area: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((STATIC / "i18n" / language / f"{area}.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.relative_to(STATIC)))
def test_no_script_makes_markup_or_code_out_of_text(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    assert {what: re.findall(pattern, text) for what, pattern in _NEVER.items() if re.search(pattern, text)} == {}


@pytest.mark.parametrize("file", [*SCRIPTS, *STYLES, STATIC / "index.html"], ids=lambda path: path.name)
def test_nothing_is_asked_of_other_machines(file: Path) -> None:
    """Examples in words (pool.example) and the names of SVG are no requests."""
    code = re.sub(r"^\s*(//|\*).*$", "", file.read_text(encoding="utf-8"), flags=re.M)
    found = [one for one in _ELSEWHERE.findall(code) if "www.w3.org" not in one and not one.endswith(".example")]
    assert found == []


def test_the_page_has_no_script_or_style_of_its_own() -> None:
    page = (STATIC / "index.html").read_text()
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=", page) == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.relative_to(STATIC)))
def test_every_script_says_what_it_is_for(script: Path) -> None:
    head = script.read_text(encoding="utf-8").split("\nimport ")[0].split("\nexport ")[0]
    assert head.startswith("//")
    assert "Responsible for:" in head


def test_every_word_that_a_script_asks_for_is_there() -> None:
    known = {area: keys_of("en", area) for area in AREAS}
    missing = []
    for script in SCRIPTS:
        code = re.sub(r"^\s*//.*$", "", script.read_text(encoding="utf-8"), flags=re.M)
        for key in _KEY.findall(code):
            area, _, name = key.partition(".")
            words = known.get(area, {})
            if name not in words and f"{name}.other" not in words and not name.endswith("_"):
                missing.append(f"{script.name}: {key}")
    assert missing == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("area", AREAS)
def test_every_language_has_every_word_with_the_same_places(language: str, area: str) -> None:
    """A plural may have more or fewer forms than English; `other` is always there."""
    english, own = keys_of("en", area), keys_of(language, area)
    plural = re.compile(r"\.(zero|one|two|few|many)$")
    wanted = {key for key in english if not plural.search(key)}
    assert wanted - own.keys() == set()
    assert {key for key in own if not plural.search(key)} - wanted == set()
    for key in wanted:
        places = set(_PLACES.findall(english[key]))
        assert set(_PLACES.findall(own[key])) == places, key
        assert own[key].strip(), key
    assert list(own) == sorted(own), "in the order of the alphabet"


# -- colours


def _colours(theme: str) -> dict[str, str]:
    text = (STATIC / "style" / "tokens.css").read_text()
    block = re.search(
        r":root\[data-theme=\"dark\"\] \{(.*?)\n\}" if theme == "dark" else r":root \{(.*?)\n\}", text, re.S
    )
    assert block
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block[1]))


def _light(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((_light(one), _light(other)))
    return (lighter + 0.05) / (darker + 0.05)


_TEXT_ON = [(text, ground) for text in ("text", "text-soft", "accent") for ground in ("ground", "surface", "raised")]
_TEXT_ON += [(name, f"{name}-ground") for name in ("accent", "ok", "warn", "bad", "off")]
_TEXT_ON += [(name, "surface") for name in ("ok", "warn", "bad")] + [("on-accent", "accent")]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_can_be_read_on_its_ground(theme: str) -> None:
    colours = _colours(theme)
    weak = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in _TEXT_ON}
    assert {pair: round(ratio, 2) for pair, ratio in weak.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_lines_and_controls_stand_out(theme: str) -> None:
    colours = _colours(theme)
    names = ["line-strong", *(f"series-{number}" for number in range(1, 9))]
    weak = {name: round(contrast(colours[name], colours["surface"]), 2) for name in names}
    assert {name: ratio for name, ratio in weak.items() if ratio < 3} == {}


def test_the_dark_of_the_device_is_the_dark_of_the_choice() -> None:
    text = (STATIC / "style" / "tokens.css").read_text()
    device = re.search(r"not\(\[data-theme=\"light\"\]\) \{(.*?)\n  \}", text, re.S)
    assert device
    assert dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", device[1])) == _colours("dark")


# -- modules

_NAMED = re.compile(r"^import\s*\{([^}]*)\}\s*from\s*\"(\.[^\"]+)\"", re.M)
_WHOLE = re.compile(r"^import\s*\*\s*as\s+(\w+)\s+from\s*\"(\.[^\"]+)\"", re.M)
_EXPORTED = re.compile(r"^export\s+(?:async\s+)?(?:function\*?|const|let|class)\s+(\w+)", re.M)
_EXPORT_LIST = re.compile(r"^export\s*\{([^}]*)\}", re.M)


def _names(text: str) -> list[list[str]]:
    return [one.split(" as ") for one in re.split(r"\s*,\s*", text.strip().strip(",")) if one]


def exports_of(path: Path) -> set[str]:
    text = path.read_text(encoding="utf-8")
    listed = {names[-1].strip() for block in _EXPORT_LIST.findall(text) for names in _names(block)}
    return set(_EXPORTED.findall(text)) | listed


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.relative_to(STATIC)))
def test_what_a_module_takes_from_another_is_given_by_it(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    missing = []
    for block, place in _NAMED.findall(text):
        given = exports_of((script.parent / place).resolve())
        missing += [f"{place}: {names[0].strip()}" for names in _names(block) if names[0].strip() not in given]
    for alias, place in _WHOLE.findall(text):
        given = exports_of((script.parent / place).resolve())
        missing += [f"{place}: {name}" for name in re.findall(rf"(?<![/\w.]){alias}\.(\w+)", text) if name not in given]
    assert missing == []
