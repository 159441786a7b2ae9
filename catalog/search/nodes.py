"""The conditions that a search is made of; both engines answer the same tree."""

from dataclasses import dataclass, replace

# Where a word may stand: the name, labels, the description, the team's tags and notes, the id.
SECTIONS = ("name", "labels", "text", "team", "ids")
ANYWHERE = frozenset(SECTIONS)
# Ids are no language: among a million, anything short begins one, so no spelling is told by them.
SPELLED = tuple(name for name in SECTIONS if name != "ids")


@dataclass(frozen=True, slots=True)
class Word:
    """A term that begins one of the voice's own; ``others`` are spellings that do as well."""

    term: str
    sections: frozenset[str] = ANYWHERE
    others: tuple[str, ...] = ()

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every beginning that will do."""
        return self.others or (self.term,)


@dataclass(frozen=True, slots=True)
class Phrase:
    """Whole terms that follow each other in one section."""

    terms: tuple[str, ...]
    sections: frozenset[str] = ANYWHERE


@dataclass(frozen=True, slots=True)
class Value:
    """One of several values of a facet; with ``is_family``, "en" is also "en-GB"."""

    facet: str
    values: tuple[str, ...]
    is_family: bool = False


@dataclass(frozen=True, slots=True)
class Not:
    """What must not hold."""

    part: "Node"


@dataclass(frozen=True, slots=True)
class AllOf:
    """What must hold together; nothing at all holds always."""

    parts: tuple["Node", ...] = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """What must hold in one of its parts; of nothing, none holds."""

    parts: tuple["Node", ...] = ()


Node = Word | Phrase | Value | Not | AllOf | AnyOf
EVERYTHING = AllOf()
NOTHING = AnyOf()


def list_words(node: Node) -> list[Word]:
    """Return the words that somebody looks for, not those behind a "not" or in a choice."""
    if isinstance(node, Word):
        return [node]
    if isinstance(node, AllOf):
        return [word for part in node.parts for word in list_words(part)]
    return []


def respell(node: Node, spellings: dict[Word, tuple[str, ...]]) -> Node:
    """Return the tree with other spellings for some of its words."""
    if isinstance(node, Word) and node in spellings:
        return replace(node, others=spellings[node])
    if isinstance(node, AllOf):
        return AllOf(tuple(respell(part, spellings) for part in node.parts))
    return node
