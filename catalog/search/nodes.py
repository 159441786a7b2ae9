"""The conditions of a search; both engines run the same tree."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime

# Where a word can occur: name, labels, description, the team's tags and notes, id.
SECTIONS = ("name", "labels", "text", "team", "ids")
ANYWHERE = frozenset(SECTIONS)
# Not ids: among a million of them, one starts with almost anything, so they can't show typos.
SPELLED = tuple(name for name in SECTIONS if name != "ids")


@dataclass(frozen=True, slots=True)
class Word:
    """A prefix of one of the voice's terms; ``others`` are alternative spellings."""

    term: str
    sections: frozenset[str] = ANYWHERE
    others: tuple[str, ...] = ()

    @property
    def spellings(self) -> tuple[str, ...]:
        """All accepted prefixes."""
        return self.others or (self.term,)


@dataclass(frozen=True, slots=True)
class Phrase:
    """Whole terms that follow each other in one section."""

    terms: tuple[str, ...]
    sections: frozenset[str] = ANYWHERE


@dataclass(frozen=True, slots=True)
class AnyPhrase:
    """One of many phrases that mean the same; ``name`` stands for them when nodes are compared."""

    name: str
    parts: tuple[Phrase, ...] = field(compare=False)


@dataclass(frozen=True, slots=True)
class Value:
    """One of several values of a facet; with ``is_family``, "en" also matches "en-GB"."""

    facet: str
    values: tuple[str, ...]
    is_family: bool = False


@dataclass(frozen=True, slots=True)
class Created:
    """Created at the provider at ``start`` or later, and before ``end``; a missing end is open."""

    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Not:
    """Negation."""

    part: "Node"


@dataclass(frozen=True, slots=True)
class AllOf:
    """Conjunction; true if empty."""

    parts: tuple["Node", ...] = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Disjunction; false if empty."""

    parts: tuple["Node", ...] = ()


Leaf = Word | Phrase | AnyPhrase | Value | Created
Node = Leaf | Not | AllOf | AnyOf
EVERYTHING = AllOf()
NOTHING = AnyOf()


def list_words(node: Node) -> list[Word]:
    """Return the words searched for, except inside negations and alternatives."""
    if isinstance(node, Word):
        return [node]
    if isinstance(node, AllOf):
        return [word for part in node.parts for word in list_words(part)]
    return []


def list_values(node: Node, facets: Collection[str]) -> list[str]:
    """Return the values of these facets that the node asks for, except inside negations."""
    if isinstance(node, Value):
        return list(node.values) if node.facet in facets else []
    parts = node.parts if isinstance(node, AllOf | AnyOf) else ()
    return [value for part in parts for value in list_values(part, facets)]


def respell(node: Node, spellings: dict[Word, tuple[str, ...]]) -> Node:
    """Return the tree with other spellings for some of its words."""
    if isinstance(node, Word) and node in spellings:
        return replace(node, others=spellings[node])
    if isinstance(node, AllOf):
        return AllOf(tuple(respell(part, spellings) for part in node.parts))
    return node
