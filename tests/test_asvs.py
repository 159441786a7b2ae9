"""docs/security/asvs.md has each requirement once, and names tests and files that exist."""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "security" / "asvs.md"
# OWASP ASVS 5.0.0: the number of requirements of levels 1 and 2 in each section. They come first.
SECTIONS = """
    1.1:2 1.2:9 1.3:11 1.4:3 1.5:2 2.1:3 2.2:3 2.3:4 2.4:1 3.2:2 3.3:4 3.4:6 3.5:5 3.7:2 4.1:3
    4.2:1 4.3:2 4.4:4 5.1:1 5.2:3 5.3:2 5.4:3 6.1:3 6.2:12 6.3:4 6.4:4 6.5:5 6.6:3 6.8:4 7.1:3
    7.2:4 7.3:2 7.4:5 7.5:2 7.6:2 8.1:2 8.2:3 8.3:1 8.4:1 9.1:3 9.2:4 10.1:2 10.2:2 10.3:4
    10.4:11 10.5:5 10.6:2 10.7:3 11.1:2 11.2:3 11.3:3 11.4:4 11.5:1 11.6:1 12.1:3 12.2:2
    12.3:4 13.1:1 13.2:5 13.3:2 13.4:5 14.1:2 14.2:4 14.3:3 15.1:3 15.2:3 15.3:7 16.1:1 16.2:5
    16.3:4 16.4:3 16.5:3 17.1:1 17.2:4 17.3:2
"""
NUMBERS = [
    f"{section}.{number}"
    for section, count in (word.split(":") for word in SECTIONS.split())
    for number in range(1, int(count) + 1)
]
STATES = ("Met", "Operator", "Not applicable", "Open")
_ROW = re.compile(
    r"^\| (\d[\d., ]*) \| [12, ]+ \| [^|]+ \| ([A-Z][a-z ]+) \| (.+) \|$", re.MULTILINE
)


def rows() -> list[tuple[list[str], str, str]]:
    """Return the numbers, the state, and the evidence of each row."""
    found = _ROW.findall(PAGE.read_text())
    return [(numbers.split(", "), state, evidence) for numbers, state, evidence in found]


@cache
def names_in(path: Path) -> set[str]:
    nodes = ast.walk(ast.parse(path.read_text()))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef)}


def test_there_are_253_requirements():
    assert len(NUMBERS) == len(set(NUMBERS)) == 253


def test_every_requirement_is_there_once():
    listed = Counter(number for numbers, _, _ in rows() for number in numbers)

    assert set(listed) == set(NUMBERS)
    assert set(listed.values()) == {1}


def test_every_named_test_and_file_exists():
    for numbers, _, evidence in rows():
        for path, name in re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", evidence):
            assert (ROOT / path).is_file(), numbers
            assert not name or name in names_in(ROOT / path), (numbers, name)
        for path in re.findall(r"`((?:catalog|voiceboard|scripts|static)/[\w./-]+)`", evidence):
            assert (ROOT / path).exists(), (numbers, path)


def test_what_is_met_names_a_test_a_file_or_a_page():
    for numbers, state, evidence in rows():
        assert state in STATES, numbers
        if state == "Met":
            assert re.search(r"`|\]\(", evidence), numbers


def test_the_sums_are_right():
    counted = Counter()
    for numbers, state, _ in rows():
        counted[state] += len(numbers)
    words = " ".join(PAGE.read_text().split())

    assert (
        f"{counted['Met']} are met, {counted['Operator']} depend on the operator,"
        f" {counted['Not applicable']} aren't applicable, and {counted['Open']} are open."
    ) in words
