"""Parse AIP-160 filter expressions, such as gender = "female" AND lang_code = "en".

https://google.aip.dev/160. Note that OR binds tighter than AND.
"""

import re
from dataclasses import dataclass

from catalog.search.fields import FIELDS, all_words, describe_unknown, whole_phrase
from catalog.search.nodes import ANYWHERE, AllOf, AnyOf, Node, Not

MOST_CONDITIONS = 30
MOST_DEPTH = 10
_TOKEN = re.compile(
    r"""\s*(?:(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
    r"""|(?P<operator>!=|<=|>=|=|<|>|:)|(?P<bracket>[()])|(?P<word>[^\s()=<>:"'!]+))"""
)
_COMPARISON = re.compile(r"(?<![^\s(!-])(?:[A-Za-z_][\w.]*\s*!?=|created\s*[<>])", re.IGNORECASE)
_JOINED = re.compile(r"\S\s+(?:AND|OR)\s+\S|(?:^|[\s(])NOT\s+\S+:")
_STRING = re.compile(r"\"[^\"]*\"?")
_OPERATORS = {"=", "!=", ":"}
_ORDERING = {"<", "<=", ">", ">="}


@dataclass(frozen=True, slots=True)
class Token:
    """A token of the expression and its position."""

    kind: str
    text: str
    start: int
    end: int


class BadExpression(Exception):
    """The expression is invalid; ``start`` and ``end`` mark the error."""

    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.message, self.start, self.end = message, start, end


def is_expression(text: str) -> bool:
    """Return whether the text is an expression rather than words to search for."""
    bare = _STRING.sub(lambda found: "_" * len(found[0]), text)
    return bool(_COMPARISON.search(bare) or _JOINED.search(bare))


def parse_expression(text: str) -> Node:
    """Parse an expression; raises BadExpression."""
    return _ExpressionReader(text).read()


def _cut(text: str) -> list[Token]:
    tokens, place = [], 0
    while text[place:].strip():
        found = _TOKEN.match(text, place)
        if found is None:
            start = len(text) - len(text[place:].lstrip())
            is_open = text[start] in "\"'"
            message = (
                "This quotation mark is never closed."
                if is_open
                else "This character isn't allowed here."
            )
            raise BadExpression(message, start, len(text) if is_open else start + 1)
        kind = found.lastgroup or ""
        tokens.append(Token(kind, found[kind], found.start(kind), found.end(kind)))
        place = found.end()
    return tokens


class _ExpressionReader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _cut(text)
        self._place = self._depth = self._count = 0

    def read(self) -> Node:
        if not self._tokens:
            return AllOf()
        node = self._expression()
        if (token := self._peek()) is not None:
            raise BadExpression(
                "This closing parenthesis has no opening one.", token.start, token.end
            )
        return node

    def _expression(self) -> Node:
        parts = [self._factor()]
        while (token := self._peek()) is not None and token.text != ")":
            # Adjacent conditions are combined with AND.
            if self._is_word("AND"):
                self._place += 1
            parts.append(self._factor())
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def _factor(self) -> Node:
        parts = [self._term()]
        while self._is_word("OR"):
            self._place += 1
            parts.append(self._term())
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def _term(self) -> Node:
        token = self._peek()
        if self._is_word("NOT"):
            self._place += 1
            return Not(self._simple())
        if token is not None and token.kind == "word" and token.text.startswith("-"):
            short = Token("word", token.text[1:], token.start + 1, token.end)
            # "-(a b)" and "-a" work alike: the sign negates what follows it.
            self._tokens[self._place : self._place + 1] = [short] if short.text else []
            return Not(self._simple())
        return self._simple()

    def _simple(self) -> Node:
        token = self._next("A condition is missing here.")
        if token.kind == "operator":
            raise BadExpression("A field name is missing before this.", token.start, token.end)
        if token.text == ")" and token.kind == "bracket":
            raise BadExpression("A condition is missing before this.", token.start, token.end)
        if token.kind != "bracket":
            return self._condition(token)
        self._depth += 1
        if self._depth > MOST_DEPTH:
            message = f"Parentheses can be nested up to {MOST_DEPTH} levels."
            raise BadExpression(message, token.start, token.end)
        node = self._expression()
        self._depth -= 1
        if (end := self._peek()) is None or end.text != ")":
            raise BadExpression("This parenthesis is never closed.", token.start, token.end)
        self._place += 1
        return node

    def _condition(self, token: Token) -> Node:
        self._count += 1
        if self._count > MOST_CONDITIONS:
            message = f"A search can have up to {MOST_CONDITIONS} conditions."
            raise BadExpression(message, token.start, token.end)
        if token.kind == "word" and token.text in {"AND", "OR", "NOT"}:
            message = f"A condition is missing next to {token.text}."
            raise BadExpression(message, token.start, token.end)
        following = self._peek()
        if following is None or following.kind != "operator":
            return _literal(token)
        self._place += 1
        return self._comparison(token, following)

    def _comparison(self, name: Token, operator: Token) -> Node:
        field = FIELDS.get(name.text.lower()) if name.kind == "word" else None
        if field is None:
            raise BadExpression(describe_unknown(name.text), name.start, name.end)
        supported = _OPERATORS | (_ORDERING if field.is_ordered else set())
        if operator.text not in supported or (field.has_only and operator.text != ":"):
            known = ":" if field.has_only else "=, != and :"
            message = f"“{name.text}” supports {known}, not {operator.text}"
            raise BadExpression(message, operator.start, operator.end)
        value = self._next(f"A value is missing after “{name.text} {operator.text}”.")
        if value.kind not in {"word", "string"}:
            message = f"A value is missing after “{name.text} {operator.text}”."
            raise BadExpression(message, value.start, value.end)
        text = _plain(value)
        if operator.text in _ORDERING:
            text = operator.text + text
        node = field.read_text(text, is_quoted=value.kind == "string")
        if node is None:
            message = f"There is no {field.label.lower()} “{_plain(value)}”."
            raise BadExpression(message, value.start, value.end)
        return Not(node) if operator.text == "!=" else node

    def _peek(self) -> Token | None:
        return self._tokens[self._place] if self._place < len(self._tokens) else None

    def _is_word(self, text: str) -> bool:
        token = self._peek()
        return token is not None and token.kind == "word" and token.text == text

    def _next(self, missing: str) -> Token:
        token = self._peek()
        if token is None:
            end = len(self._text.rstrip())
            raise BadExpression(missing, end, end)
        self._place += 1
        return token


def _literal(token: Token) -> Node:
    text = _plain(token)
    read = whole_phrase if token.kind == "string" else all_words
    node = read(text, ANYWHERE)
    if node is None:
        raise BadExpression(f"“{text}” contains no letters to search for.", token.start, token.end)
    return node


def _plain(token: Token) -> str:
    return re.sub(r"\\(.)", r"\1", token.text[1:-1]) if token.kind == "string" else token.text
