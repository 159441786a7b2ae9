"""Cleaning text from outside."""

import base64
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.providers.idempotency_marker import add_marker, find_markers, has_marker
from catalog.providers.sanitize import clean_line, clean_text, redact

MARKER = "vb1:5eb0a7c1:0f8fad5b"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  plain  words ", "plain words"),
        ("two\nlines\r\nthree", "two lines three"),
        ("nul\x00 bell\x07 esc\x1b[0m", "nul bell esc [0m"),
        ("\u202egnp.exe", "gnp.exe"),
        ("\u2066isolated\u2069", "isolated"),
        ("half \ud83d", "half"),
        ("مرحبا", "مرحبا"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"),
        ("\u200b\u200d\u2060", ""),
        ("\x00\x01", ""),
        ("no\u00a0break", "no break"),
        ("line\u2028separator", "line separator"),
    ],
)
def test_clean_line_removes_control_characters_and_extra_spaces(text, line):
    assert clean_line(text, 100) == line


def test_clean_text_keeps_line_breaks_but_collapses_blank_lines():
    assert clean_text("a\r\nb\n\n\n\n\nc", 100) == "a\nb\n\nc"


@given(st.text(st.characters(codec=None), max_size=300), st.integers(1, 50))
def test_clean_line_is_storable_within_the_limit_and_idempotent(text, limit):
    line = clean_line(text, limit)

    assert len(line) <= limit
    assert clean_line(line, limit) == line
    assert "\x00" not in line
    line.encode()


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126) | st.just("\n"), max_size=100))
def test_plain_text_only_loses_extra_spaces(text):
    assert clean_line(text, 1000) == " ".join(text.split())


@pytest.mark.parametrize(
    "shape",
    [
        "s3cr3t/+key=",
        "S3CR3T/+KEY=",
        quote("s3cr3t/+key=", safe=""),
        base64.b64encode(b"s3cr3t/+key=").decode(),
        b"s3cr3t/+key=".hex(),
    ],
)
def test_redact_removes_a_secret_in_any_encoding(shape):
    assert redact(f"before {shape} after", ["s3cr3t/+key="]).startswith("before [key]")
    assert shape not in redact(f"before {shape} after", ["s3cr3t/+key="])


def test_redact_ignores_secrets_that_are_too_short():
    assert redact("a test", ["a", ""]) == "a test"


def test_the_marker_is_the_last_line_and_the_text_is_cut_to_fit():
    assert add_marker("Our narrator.", MARKER, 500) == f"Our narrator.\n\n{MARKER}"
    assert add_marker("", MARKER, 500) == MARKER
    assert add_marker("x" * 1000, MARKER, 100).endswith(f"x\n\n{MARKER}")
    assert len(add_marker("x" * 1000, MARKER, 100)) == 100
    assert add_marker("long", MARKER, 5) == MARKER
    assert add_marker("no marker ", "", 500) == "no marker"


def test_only_a_whole_word_is_a_marker():
    assert find_markers(f"a\n{MARKER} b") == [MARKER]
    assert find_markers(f"a{MARKER} vb1: vb1:x") == []
    assert has_marker(f"a\n\n{MARKER}", MARKER)
    assert not has_marker(f"a\n\n{MARKER}0", MARKER)
