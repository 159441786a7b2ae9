"""Parse and apply the AIP-160 filter expressions that Inworld supports.

https://google.aip.dev/160
"""

import re
from collections.abc import Callable
from typing import Any

from catalog.sandbox.providers.inworld.refusals import invalid

Test = Callable[[dict[str, Any]], bool]

_TOKEN = re.compile(
    r"""\s*(?: (?P<string>"(?:[^"\\]|\\.)*") | (?P<operator>!=|<=|>=|[=:<>])
    | (?P<bracket>[()]) | (?P<word>[\w.\-]+) )""",
    re.VERBOSE,
)
_EQUAL = {
    "source": "source",
    "gender": "gender",
    "age_group": "ageGroup",
    "lang_code": "langCode",
}
_HAS = {"tags": "tags", "categories": "categories"}
MOST_DEPTH = 50


def filter_test(expression: str) -> Test:
    """Compile an expression to a predicate; raises if it is invalid."""
    return _FilterReader(expression).read()


class _FilterReader:
    """A recursive descent parser; OR binds tighter than AND, as in AIP-160."""

    def __init__(self, expression: str) -> None:
        self._tokens = _tokens(expression)
        self._place = 0
        self._depth = 0

    def read(self) -> Test:
        test = self._all_of()
        if self._place < len(self._tokens):
            raise self._odd()
        return test

    def _all_of(self) -> Test:
        tests = [self._any_of()]
        while self._take("word", "AND"):
            tests.append(self._any_of())
        return lambda voice: all(test(voice) for test in tests)

    def _any_of(self) -> Test:
        tests = [self._term()]
        while self._take("word", "OR"):
            tests.append(self._term())
        return lambda voice: any(test(voice) for test in tests)

    def _term(self) -> Test:
        if self._take("word", "NOT"):
            test = self._simple()
            return lambda voice: not test(voice)
        return self._simple()

    def _simple(self) -> Test:
        if not self._take("bracket", "("):
            return self._condition()
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise invalid("invalid filter: nested too deeply")
        test = self._all_of()
        if not self._take("bracket", ")"):
            raise self._odd()
        return test

    def _condition(self) -> Test:
        field, operator = self._next("word"), self._next("operator")
        if field not in _EQUAL and field not in _HAS:
            raise invalid(f"unknown filter field: '{field}'")
        if operator not in ((":",) if field in _HAS else ("=", "!=")):
            raise invalid(f"operator '{operator}' is not supported for filter field '{field}'")
        value = re.sub(r"\\(.)", r"\1", self._next("string")[1:-1])
        if field in _HAS:
            return lambda voice: value in voice[_HAS[field]]
        matches = _language_test(value) if field == "lang_code" else _word_test(field, value)
        return matches if operator == "=" else lambda voice: not matches(voice)

    def _take(self, kind: str, text: str) -> bool:
        if self._place < len(self._tokens) and self._tokens[self._place] == (kind, text):
            self._place += 1
            return True
        return False

    def _next(self, kind: str) -> str:
        if self._place >= len(self._tokens) or self._tokens[self._place][0] != kind:
            raise self._odd()
        self._place += 1
        return self._tokens[self._place - 1][1]

    def _odd(self) -> Exception:
        if self._place >= len(self._tokens):
            return invalid("invalid filter: unexpected end of expression")
        kind, text = self._tokens[self._place]
        hint = " (values must be quoted)" if kind == "word" else ""
        return invalid(f"invalid filter: unexpected {text!r}{hint}")


def language_matches(lang_code: str, wanted: str) -> bool:
    """Return whether a language code matches; en-US, en_US, and en all match EN_US."""
    plain = wanted.replace("-", "_").upper()
    return lang_code == plain or lang_code.split("_")[0] == plain


def _language_test(value: str) -> Test:
    return lambda voice: language_matches(voice["langCode"], value)


def _word_test(field: str, value: str) -> Test:
    return lambda voice: bool(voice[_EQUAL[field]] == value)


def _tokens(expression: str) -> list[tuple[str, str]]:
    tokens, place = [], 0
    text = expression.rstrip()
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            raise invalid(f"invalid filter: unexpected {text[place:].lstrip()[:1]!r}")
        kind = found.lastgroup or ""
        tokens.append((kind, found[kind]))
        place = found.end()
    return tokens
