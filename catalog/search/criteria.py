"""What a brief asks of a voice, as conditions that both engines can run."""

from dataclasses import dataclass, replace
from functools import lru_cache

from catalog.providers.labels import (
    language_family,
    language_label,
    style_label,
    use_case_label,
)
from catalog.search.lexicon import ACCENTS, AGES, GENDERS, NEIGHBORS, STYLES, USE_CASES
from catalog.search.meanings import Meaning
from catalog.search.nodes import NOTHING, AllOf, AnyOf, AnyPhrase, Node, Not, Phrase, Value, Word
from catalog.search.text_normalization import index_terms, is_unspaced, list_runs

# How much each kind counts. What a label can contradict counts most.
_WEIGHTS = {"gender": 8, "accent": 8, "language": 8, "age": 6, "use": 5, "word": 5, "style": 4}
_UNKNOWN = "unknown"
# Accent labels that say nothing, so the language's region or the description may.
_SILENT = Value("accent", (_UNKNOWN, "standard", "neutral"))
_LESS_THAN_YOUNG = {"child", "teen"}
# Uses that include another.
_INCLUDED = {
    "narration": ("audiobook",),
    "customer_support": ("phone_menus",),
    "characters": ("games",),
}
# Where words are searched for; not in ids, which mean nothing.
TEXT = frozenset({"name", "labels", "text", "team"})
_TEAM = frozenset({"team"})
_NO_LANGUAGE = Value("family", (_UNKNOWN,))
# Some providers state no languages, but describe their voices in Chinese.
_DESCRIBED_IN_CHINESE = AllOf(
    (_NO_LANGUAGE, AnyOf(tuple(Word(letter, frozenset({"text"})) for letter in "男女")))
)
_STATES_LANGUAGE = AnyOf((Not(_NO_LANGUAGE), _DESCRIBED_IN_CHINESE))
# Chinese without its other varieties.
_MANDARIN = "cmn"


@dataclass(frozen=True, slots=True)
class Criterion:
    """Something that a brief asks for.

    A voice that matches ``node`` fulfills it, one that matches ``near`` comes close, and one that
    matches ``against`` is excluded. ``typed`` holds the brief's words for it.
    """

    kind: str
    label: str
    typed: tuple[str, ...]
    node: Node
    near: Node = NOTHING
    against: Node = NOTHING

    @property
    def weight(self) -> int:
        """How much it counts."""
        return _WEIGHTS[self.kind]

    @property
    def facet(self) -> str:
        """The facet that a filter on the same would use."""
        return "use_case" if self.kind == "use" else self.kind


@lru_cache(maxsize=1024)
def make_criterion(meaning: Meaning, typed: str) -> Criterion:
    """Return the criterion for a meaning and the brief's words that have it."""
    kind, value = meaning
    criterion = Criterion(kind, value.replace("_", " "), (typed,), NOTHING)
    match kind:
        case "gender":
            others = Value("gender", tuple(each for each in GENDERS if each != value))
            return replace(criterion, node=Value("gender", (value,)), against=others)
        case "age":
            return _age_criterion(criterion, value)
        case "language":
            return _language_criterion(criterion, value)
        case "accent":
            return _accent_criterion(criterion, value)
    facet = criterion.facet
    label = style_label(value) if kind == "style" else use_case_label(value)
    same, near = (value, *_INCLUDED.get(value, ())), NEIGHBORS.get(value, ())
    # The team's tags and notes count like the provider's words.
    words = STYLES if kind == "style" else USE_CASES
    ours = list_phrases(tuple(word for each in same for word in words[each]), _TEAM)
    tagged = AnyPhrase(f"team {kind} {value}", ours)
    return replace(
        criterion,
        label=label if label.startswith("TV") else label.lower(),
        node=AnyOf((Value(facet, same), tagged)),
        near=Value(facet, near) if near else NOTHING,
    )


def _language_criterion(criterion: Criterion, value: str) -> Criterion:
    label = "Mandarin" if value == _MANDARIN else language_label(value)
    node: Node = Value("family", (value,))
    if value == _MANDARIN:
        node = Value("language", ("zh",), is_family=True)
    elif language_family(value) != value:
        node = Value("language", (value,))
    if value in {_MANDARIN, "zh"}:
        node = AnyOf((node, _DESCRIBED_IN_CHINESE))
    against = AllOf((Not(node), _STATES_LANGUAGE))
    return replace(criterion, label=label, node=node, against=against)


def _age_criterion(criterion: Criterion, value: str) -> Criterion:
    if value in _LESS_THAN_YOUNG:
        against = Value("age", ("middle_aged", "old"))
        return replace(
            criterion,
            node=_spoken_of(f"age {value}", AGES[value]),
            near=Value("age", ("young",)),
            against=against,
        )
    others = tuple(each for each in AGES if each not in {value, *_LESS_THAN_YOUNG})
    return replace(criterion, node=Value("age", (value,)), against=Value("age", others))


def _accent_criterion(criterion: Criterion, value: str) -> Criterion:
    accent = ACCENTS[value]
    labels = Value("accent", accent.labels)
    spoken_of = _spoken_of(f"accent {value}", accent.words)
    if accent.language:
        # Providers write "uk" for Ukrainian into descriptions, too.
        spoken = Value("language", (accent.language,), is_family=True)
        spoken_of = AllOf((spoken_of, AnyOf((spoken, Not(_STATES_LANGUAGE)))))
    said: list[Node] = [spoken_of]
    if accent.regions:
        said.append(Value("language", accent.regions, is_family=True))
    unsure = Value("accent", (*_SILENT.values, *accent.wider))
    node = AnyOf((labels, AllOf((unsure, AnyOf(tuple(said))))))
    against: Node = Not(Value("accent", (*unsure.values, *accent.labels)))
    languages = {tag.partition("-")[0] for tag in (*accent.regions, accent.language) if tag}
    if languages:
        spoken = Value("language", tuple(sorted(languages)), is_family=True)
        against = AnyOf((against, AllOf((Not(spoken), _STATES_LANGUAGE))))
    label = f"{value.title()} accent"
    return replace(criterion, label=label, node=node, against=AllOf((Not(node), against)))


def _spoken_of(name: str, words: tuple[str, ...]) -> Node:
    """Return the condition that a name, label, or text has one of the words."""
    return AnyPhrase(name, list_phrases(words))


@lru_cache(maxsize=1024)
def list_phrases(words: tuple[str, ...], sections: frozenset[str] = TEXT) -> tuple[Phrase, ...]:
    """Return a condition for each of the words: that one of the sections has it."""
    phrases = []
    for word in words:
        runs = list_runs(word)
        if len(runs) == 1 and is_unspaced(runs[0]):
            pairs = tuple(index_terms(runs[0])[:-1])
            phrases += [Phrase(pairs, sections)] if pairs else []
        elif runs:
            phrases.append(Phrase(tuple(runs), sections))
    return tuple(phrases)
