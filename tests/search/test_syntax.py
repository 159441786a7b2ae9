"""Parsing of the search field."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.search.completion import complete_search
from catalog.search.nodes import (
    NOTHING,
    AllOf,
    AnyOf,
    Created,
    Node,
    Not,
    Phrase,
    Value,
    Word,
)
from catalog.search.syntax import parse_search

MALE, FEMALE = Value("gender", ("male",)), Value("gender", ("female",))
ENGLISH = Value("family", ("en",))
# Everything with a special meaning in our own syntax, AIP-160, FTS5, tsquery, or LIKE.
SPECIAL = st.sampled_from(
    [*"\"'()-:=!<>*&|^%_\\~@#\x00\t", " AND ", " OR ", " NOT ", "NEAR(", "gender", "=", "lang:"]
)
_QUOTE = "To search for the words themselves, put them in quotation marks."
UNKNOWN_RE = f"There is no field “re”. {_QUOTE}"
UNKNOWN_HTTPS = f"There is no field “https”. {_QUOTE}"
ANYTHING = st.lists(SPECIAL | st.text(max_size=6), max_size=30).map("".join)


def parse_parts(text: str) -> tuple[Node, ...]:
    node = parse_search(text).node
    assert isinstance(node, AllOf)
    return node.parts


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ()),
        ("warm voice", (Word("warm"), Word("voice"))),
        ('"warm voice" low', (Phrase(("warm", "voice")), Word("low"))),
        ("-deep", (Not(Word("deep")),)),
        ('-"very deep"', (Not(Phrase(("very", "deep"))),)),
        ("well-known", (AllOf((Word("well"), Word("known"))),)),
        ("gender:female", (FEMALE,)),
        ("gender:woman", (FEMALE,)),
        ("GENDER:Female", (FEMALE,)),
        ("-gender:male", (Not(MALE),)),
        ("gender:male,female", (AnyOf((MALE, FEMALE)),)),
        ("gender:male warm gender:female", (Word("warm"), AnyOf((MALE, FEMALE)))),
        ("lang:en", (ENGLISH,)),
        ("lang:english", (ENGLISH,)),
        ("lang:en_GB", (Value("language", ("en-GB",), is_family=True),)),
        ("age:young", (Value("age", ("young",)),)),
        ("age:middle-aged", (Value("age", ("middle_aged",)),)),
        ("age:unknown", (Value("age", ("unknown",)),)),
        ("provider:ElevenLabs", (Value("provider", ("elevenlabs",)),)),
        ("kind:clone", (Value("kind", ("clone",)),)),
        ('kind:"professional clone"', (Value("kind", ("professional",)),)),
        ("has:preview", (Value("has", ("preview",)),)),
        ("is:own", (Value("is", ("own",)),)),
        ("use:narration", (Value("use_case", ("narration",)),)),
        ("name:ada", (Word("ada", frozenset({"name"})),)),
        ('name:"ada b"', (Phrase(("ada", "b"), frozenset({"name"})),)),
        ("is:starred", (Value("starred", ("yes",)),)),
        ("is:clone", (Value("kind", ("clone", "professional")),)),
        ("-is:archived", (Not(Value("archived", ("yes",))),)),
        ("has:note", (Value("note", ("yes",)),)),
        ("is:gone", (Value("gone", ("yes",)),)),
        ("owner:mia", (Value("owner", ("mia",)),)),
        ("rating:>=4", (Value("rating", ("4", "5")),)),
        ("style:soothing", (Value("style", ("calm",)),)),
        ("use:客服", (Value("use_case", ("customer_support",)),)),
        ("lang:yue", (Value("language", ("yue",), is_family=True),)),
        ("account:marketing", (Value("account", ("marketing",)),)),
        ('speaker:"Ada B"', (Value("speaker", ("Ada B",)),)),
        ("lang:", ()),
        ("-", ()),
        ('"', ()),
        ('"warm voi', (Word("warm"), Word("voi"))),
    ],
)
def test_words_phrases_exclusions_and_fields_are_parsed(text, parts):
    assert parse_parts(text) == parts
    assert parse_search(text).notes == ()


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("gender:robot warm", "There is no gender “robot”."),
        ("lang:klingon warm", "There is no language “klingon”."),
        ("%%% warm", "“%%%” contains no letters to search for."),
    ],
)
def test_unknown_values_and_signs_are_ignored_with_a_note(text, note):
    assert parse_parts(text) == (Word("warm"),)
    assert parse_search(text).notes == (note,)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("created:2026", (2026, 1, 1), (2027, 1, 1)),
        ("created:2026-12", (2026, 12, 1), (2027, 1, 1)),
        ("created:2024-02-29", (2024, 2, 29), (2024, 3, 1)),
        ("created:2026-01..2026-03", (2026, 1, 1), (2026, 4, 1)),
        ("created:>=2026-05", (2026, 5, 1), None),
        ("created:>2026-05", (2026, 6, 1), None),
        ("created > 2026", (2027, 1, 1), None),
        ('created <= "2026-05-17"', None, (2026, 5, 18)),
        ("CREATED<2026-05", None, (2026, 5, 1)),
    ],
)
def test_years_months_and_days_are_read_as_a_time(text, start, end):
    begins, ends = (moment and datetime(*moment, tzinfo=UTC) for moment in (start, end))

    assert parse_search(text).node in {Created(begins, ends), AllOf((Created(begins, ends),))}


@pytest.mark.parametrize(
    "value", ["soon", "2026-13", "2025-02-29", "0000", "9999", "2026..", "=>2026", "20260517"]
)
def test_impossible_dates_are_ignored_with_a_note(value):
    parsed = parse_search(f"created:{value} warm")

    assert parsed.node == AllOf((Word("warm"),))
    assert parsed.notes == (f"There is no creation date “{value}”.",)


def test_words_after_the_twelfth_are_ignored():
    assert parse_parts("ada " * 12 + "nowhere") == (Word("ada"),) * 12


@pytest.mark.parametrize(
    ("text", "node"),
    [
        (
            'gender = "female" AND lang_code = "en"',
            AllOf((FEMALE, Value("main_language", ("en",), is_family=True))),
        ),
        ("gender = female", FEMALE),
        ('gender != "male"', Not(MALE)),
        ("NOT gender = male", Not(MALE)),
        ("-gender=male", Not(MALE)),
        ('source = "IVC"', Value("kind", ("clone", "designed"))),
        ('source = "SYSTEM"', Value("kind", ("library",))),
        ('age_group = "elderly"', Value("age", ("old",))),
        (
            'lang_code = "en_US"',
            Value("main_language", ("en-US",), is_family=True),
        ),
        (
            'tags:"friendly" AND gender=male',
            AllOf((Phrase(("friendly",), frozenset({"labels", "team"})), MALE)),
        ),
        ("gender=male warm", AllOf((MALE, Word("warm")))),
        # In AIP-160, OR binds tighter than AND.
        (
            "warm AND gender=male OR gender=female",
            AllOf((Word("warm"), AnyOf((MALE, FEMALE)))),
        ),
        (
            "(warm AND gender=male) OR gender=female",
            AnyOf((AllOf((Word("warm"), MALE)), FEMALE)),
        ),
        ('name = "Ada \\"B\\""', Phrase(("ada", "b"), frozenset({"name"}))),
        ("warm OR deep", AnyOf((Word("warm"), Word("deep")))),
    ],
)
def test_expression_is_parsed_as_aip_160_specifies(text, node):
    parsed = parse_search(text)

    assert parsed.mistake is None
    assert parsed.node == node


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("gendre = male", "There is no field “gendre”. Did you mean “gender”?", "gendre"),
        ('warm gender = "robot"', "There is no gender “robot”.", '"robot"'),
        ("gender = ", "A value is missing after “gender =”.", "…"),
        ("gender = (male)", "A value is missing after “gender =”.", "("),
        ('gender = "fe', "This quotation mark is never closed.", '"fe'),
        ("(gender = male", "This parenthesis is never closed.", "("),
        ("gender = male)", "This closing parenthesis has no opening one.", ")"),
        ("= male AND gender = male", "A field name is missing before this.", "="),
        ("gender = male AND", "A condition is missing here.", "…"),
        ("gender = male AND OR warm", "A condition is missing next to OR.", "OR"),
        ("gender = male ()", "A condition is missing before this.", ")"),
        ("tags = warm", "“tags” supports :, not =", "="),
        ("re: hello", UNKNOWN_RE, "re"),
        ("warm https://example.com", UNKNOWN_HTTPS, "https"),
        ("acount:marketing", "There is no field “acount”. Did you mean “account”?", "acount"),
        ("created > soon", "There is no creation date “soon”.", "soon"),
        ("gender > male AND a = b", "“gender” supports =, != and :, not >", ">"),
        ("gender = male !", "This character isn't allowed here.", "!"),
        ("gender = male %%", "“%%” contains no letters to search for.", "%%"),
        ("(" * 11 + "gender = male", "Parentheses can be nested up to 10 levels.", "("),
        (
            " ".join(["age=old"] * 31),
            "A search can have up to 30 conditions.",
            "age",
        ),
    ],
)
def test_invalid_expression_or_unknown_field_finds_nothing_and_points_at_the_mistake(
    text, message, place
):
    parsed = parse_search(text)

    assert parsed.node == NOTHING
    assert parsed.mistake.message == message
    assert parsed.mistake.place == place
    assert f"{parsed.mistake.before}{parsed.mistake.place}{parsed.mistake.after}".startswith(
        text.strip()[:20]
    )


@given(ANYTHING)
def test_any_input_is_parsed_within_limits(text):
    parsed = parse_search(text)

    assert count_leaves(parsed.node) <= 12 * 31
    assert len(parsed.notes) <= 3
    for term in list_terms(parsed.node):
        assert term.isalnum() or not term.isascii()


@given(ANYTHING)
def test_any_input_can_be_completed(text):
    for offer in complete_search(text, {"language": {"en-GB": 2}}):
        # Only the last piece differs.
        assert offer.rsplit(" ", 1)[0].rstrip() in {text.rsplit(" ", 1)[0].rstrip(), offer}


def count_leaves(node: Node) -> int:
    match node:
        case Not():
            return count_leaves(node.part)
        case AllOf() | AnyOf():
            return sum(map(count_leaves, node.parts))
        case _:
            return 1


def list_terms(node: Node) -> list[str]:
    match node:
        case Word():
            return [node.term]
        case Phrase():
            return list(node.terms)
        case Not():
            return list_terms(node.part)
        case AllOf() | AnyOf():
            return [term for part in node.parts for term in list_terms(part)]
        case _:
            return []


@pytest.mark.parametrize(
    ("text", "offers"),
    [
        ("gen", ["gender:"]),
        ("warm gen", ["warm gender:"]),
        ("warm -gen", ["warm -gender:"]),
        ("gender:f", ["gender:female"]),
        ("age:mid", ["age:middle_aged"]),
        ("lang:en-", ["lang:en-GB", "lang:en-US"]),
        ("accent:b", ['accent:"black country"', "accent:british"]),
        ("gender:female", []),
        ("gender:female ", []),
        ("nothing:x", []),
        ("gender = f", []),
        ("", []),
    ],
)
def test_completions_are_fields_and_values_with_the_most_voices_first(text, offers):
    counts = {
        "language": {"en-US": 2, "en-GB": 7, "de": 1},
        "accent": {"british": 1, "black country": 2},
    }

    assert complete_search(text, counts) == offers
