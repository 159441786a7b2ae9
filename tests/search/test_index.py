"""The index and SQL give the same answer: same voices, same order, same counts."""

import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.models import Collection, CollectionEntry, Rating, Star, Voice, VoiceLabel
from catalog.models.voices.versions import touch_voices
from catalog.queries.searches.filters import COUNTED
from catalog.search import lexicon, sql, suggested
from catalog.search.engines import Search, answer_search
from catalog.search.index.engine import IndexEngine
from catalog.search.index.rows import read_rows
from catalog.search.index.segments import build_segment
from catalog.search.index.versions import IndexVersion, Shard
from catalog.search.labels import list_labels
from catalog.search.search_text import fill_words
from catalog.search.sql import SqlEngine
from catalog.search.syntax import parse_search
from tests import factories
from tests.search.test_syntax import ANYTHING

PAGE = 3
SORTS = ["best", "name", "-name", "newest", "oldest", "language", "suggested", "shuffled"]
WORDS = [
    "warm",
    "Wärme",
    "deep voice",
    "小美丽",
    "小丽",
    "الصوت",
    "O'Brien",
    "Voice 2",
    "voice 10",
    "x",
]
VALUES = {
    "gender": ["female", "male", "unknown"],
    "kind": ["library", "clone"],
    "age": ["young", "unknown"],
    "accent": ["british", "unknown"],
}
LANGUAGES = [(), ("en",), ("en-GB", "de"), ("en-US",), ("zh",), ("uz",)]

voices = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join),
            "description": st.lists(st.sampled_from(WORDS), max_size=4).map(" ".join),
            "languages": st.sampled_from(LANGUAGES),
            "made": st.none() | st.integers(0, 3),
            "account": st.integers(0, 2),
            "state": st.sampled_from(["ready", "pending"]),
            "preview_url": st.sampled_from(["", "https://cdn.example.com/a.mp3"]),
            "is_archived": st.sampled_from([False, False, False, True]),
            "is_gone": st.sampled_from([False, False, False, False, True]),
            "is_starred": st.booleans(),
            "is_owned": st.booleans(),
            "twin": st.sampled_from(["", "", "a", "b"]),
            "rating": st.none() | st.integers(1, 5),
            **{name: st.sampled_from(values) for name, values in VALUES.items()},
        }
    ),
    max_size=14,
)
ROWS = [
    {
        "name": name, "description": "Deep voice", "languages": ("en-GB", "de"), "made": 1,
        "account": place % 3, "state": "ready", "preview_url": "", "is_archived": False,
        "is_gone": False,
        "is_starred": place == 1, "is_owned": place < 5,
        "twin": "a" if place > 6 else "",
        "rating": place % 5 + 1, "gender": "female", "kind": "clone", "age": "young",
        "accent": "british",
    }
    for place, name in enumerate(WORDS)
]  # fmt: skip
terms = st.sampled_from(
    [
        *("warm", "war", "w", "wram", "deep", "voice", "小", "美丽", "صوت", "obrien", "o'b", "2"),
        *('"deep voice"', '"voice deep"', '"小美"', '"warm"', "name:warm", "description:warm"),
        *("lang:en", "lang:en-GB", "lang_code:de", "gender:female", "gender:male,unknown"),
        *("kind:clone", "has:description", "is:pending", "id:qzorb", "tag:friendly", "%"),
        *("qzorb1", "qzo", "qzrob", "qzorb qzrob", "tag:qzorb"),
    ]
)
searches = st.lists(st.tuples(st.sampled_from(["", "", "-"]), terms), max_size=3).map(
    lambda pieces: " ".join(sign + term for sign, term in pieces)
) | st.sampled_from(
    [
        'gender = "female" AND lang_code = "en"',
        "(warm OR deep) AND NOT gender = male",
        "gender != female OR age = young",
        "gender = robot",
        "warm woman",
        "british lady not deep",
        "young warm -deep voice for narration",
        "lang:en old man",
        f"created:{factories.NOW:%Y-%m-%d}",
        f"created > {factories.NOW:%Y-%m-%d}",
        f"-created:<={factories.NOW:%Y-%m-%d}",
        "is:starred",
        "rating:>=3 -style:deep",
        "rating:2..4",
        "-is:starred has:note",
    ]
)
choices = st.fixed_dictionaries(
    {},
    optional={
        "gender": st.lists(st.sampled_from(VALUES["gender"]), unique=True).map(tuple),
        "language": st.lists(
            st.sampled_from(["en", "en~", "en-GB", "de", "unknown"]), unique=True
        ).map(tuple),
        "starred": st.just(("yes",)),
        "collection": st.just(("1",)),
        "style": st.just(("warm", "deep")),
        "rating": st.just(("4", "5")),
        "created": st.sampled_from(["unknown", str(factories.NOW.year)]).map(lambda year: (year,)),
    },
)


def fill(cast: SimpleNamespace, rows: list[dict]) -> None:
    """Create the voices in three accounts. Mia can see two of them."""
    accounts = [cast.account, cast.second, cast.hidden]
    for number, row in enumerate(rows):
        write(cast, Voice(remote_id=f"qzorb{number}"), row, accounts[row["account"]])


def write(cast: SimpleNamespace, voice: Voice, row: dict, account) -> None:
    for name in (*VALUES, "name", "description", "state", "preview_url", "is_owned"):
        setattr(voice, name, row[name])
    voice.account, voice.provider = account, account.provider
    pairs = list_labels(voice, row["languages"], ("narration",))
    pairs += [("twin", row["twin"])] if row["twin"] and not row["is_owned"] else []
    voice.language = pairs[0][1]
    made = row["made"]
    voice.remote_created_at = None if made is None else factories.NOW + timedelta(days=made)
    voice.archived_at = factories.NOW if row["is_archived"] else None
    voice.remote_deleted_at = factories.NOW if row["is_gone"] else None
    voice.added_at = voice.changed_at = factories.NOW
    fill_words(voice, pairs)
    voice.save()
    voice.labels.all().delete()
    VoiceLabel.objects.bulk_create(VoiceLabel(voice=voice, facet=f, value=v) for f, v in pairs)
    Star.objects.filter(voice=voice).delete()
    Rating.objects.filter(voice=voice).delete()
    if row["rating"]:
        Rating.objects.create(user=cast.mia, voice=voice, value=row["rating"])
    if row["is_starred"]:
        Star.objects.create(user=cast.mia, voice=voice, starred_at=factories.NOW)
        CollectionEntry.objects.get_or_create(
            collection=cast.collection, voice=voice, position=1, added_at=factories.NOW
        )
    touch_voices([voice.pk])


@pytest.fixture
def library(cast: SimpleNamespace) -> SimpleNamespace:
    cast.second = factories.make_account(cast.aurora, provider="inworld")
    cast.hidden = factories.make_account(cast.aurora, is_shared=False, last_owner=cast.ana)
    cast.collection = Collection.objects.create(
        pk=1, team=cast.aurora, owner=cast.mia, name="Mine", created_at=factories.NOW
    )
    cast.seen = frozenset({cast.account.pk, cast.second.pk})
    return cast


@pytest.fixture
def few_turns(monkeypatch) -> None:
    """Let the suggested order pass into the shuffled one after four voices."""
    monkeypatch.setattr(suggested, "HEAD", 4)


def build(library: SimpleNamespace) -> IndexVersion:
    segment = build_segment(read_rows([*library.seen, library.hidden.pk]))
    return IndexVersion([Shard(segment)], versions())


def versions() -> dict[int, int]:
    from catalog.models import CatalogVersion  # noqa: PLC0415

    return dict(CatalogVersion.objects.values_list("team", "number"))


def assert_same_answers(library: SimpleNamespace, index: IndexVersion, search: Search) -> None:
    counted = [*COUNTED, "starred", "has", "is", "main_language"]
    # Counts are the same on every page.
    for page, facets in ((1, counted), (2, []), (9, [])):
        by_sql = answer_search(SqlEngine(), search, facets=facets, page=page, size=PAGE)
        by_index = answer_search(IndexEngine(index), search, facets=facets, page=page, size=PAGE)
        assert by_index == by_sql


common = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@common
@given(
    rows=voices,
    text=searches,
    chosen=choices,
    sort=st.sampled_from(SORTS),
    is_archived=st.booleans(),
    front=st.lists(st.integers(0, 14), max_size=3),
)
def test_index_gives_the_same_answers_as_sql(
    library, few_turns, rows, text, chosen, sort, is_archived, front
):
    Voice.objects.all().delete()
    fill(library, rows)
    parsed = parse_search(text)
    pks = dict(enumerate(Voice.objects.order_by("pk").values_list("pk", flat=True)))
    words = {"words": parsed.words, "conditions": parsed.conditions}
    words["front"] = tuple(pks[place] for place in dict.fromkeys(front) if place in pks)
    search = Search(
        library.mia, library.seen, parsed.node, chosen, sort, is_archived, has_twins=True, **words
    )

    assert_same_answers(library, build(library), search)


def test_every_value_of_the_lexicon_can_be_searched_for(library):
    fill(library, ROWS)
    index = build(library)
    accents = {value: accent.words for value, accent in lexicon.ACCENTS.items()}
    tables = (lexicon.GENDERS, lexicon.AGES, lexicon.STYLES, lexicon.USE_CASES, accents)
    words = [found[0] for table in tables for found in table.values()]
    texts = [" ".join(words[place : place + 8]) for place in range(0, len(words), 8)]
    texts += [found[0] for found in lexicon.LANGUAGES.values()]

    understood = []
    for text in texts:
        parsed = parse_search(text)
        more = {"words": parsed.words, "conditions": parsed.conditions}
        search = Search(library.mia, library.seen, parsed.node, **more)
        by_sql = answer_search(SqlEngine(), search, facets=[], page=1, size=PAGE)
        by_index = answer_search(IndexEngine(index), search, facets=[], page=1, size=PAGE)
        assert by_index == by_sql
        understood += [text] if by_sql.brief is not None else []
    # Accents contradict each other.
    assert len(understood) > len(words) / 8 / 2


def test_sql_reads_no_brief_with_too_many_voices(library, monkeypatch):
    fill(library, ROWS)
    parsed = parse_search("warm woman qqqq")
    more = {"words": parsed.words, "conditions": parsed.conditions}
    search = Search(library.mia, library.seen, parsed.node, **more)

    few = answer_search(SqlEngine(), search, facets=[], page=1, size=PAGE)
    monkeypatch.setattr(sql, "MOST_READ", 1)
    many = answer_search(SqlEngine(), search, facets=[], page=1, size=PAGE)

    assert few.count > 0
    assert (many.count, many.brief) == (0, None)


@settings(common, max_examples=10)
@given(text=ANYTHING)
def test_index_and_sql_agree_on_any_input_without_sql_syntax_in_terms(library, text):
    if not Voice.objects.exists():
        fill(library, ROWS)
    search = Search(library.mia, library.seen, parse_search(text).node)

    with CaptureQueriesContext(connection) as asked:
        assert_same_answers(library, build(library), search)

    for statement in asked.captured_queries:
        # We put percent signs around each term; the term itself has no special characters.
        for term in re.findall(r"LIKE '%(.*?)%' ESCAPE", statement["sql"]):
            assert not set(term) & set("%_*'\":&|!()")


@common
@given(
    rows=voices,
    changes=st.lists(st.tuples(st.integers(0, 20), voices.filter(bool)), max_size=5),
    text=searches,
    chosen=choices,
    sort=st.sampled_from(SORTS),
)
def test_updated_index_gives_the_same_answers_as_sql(
    library, few_turns, rows, changes, text, chosen, sort
):
    Voice.objects.all().delete()
    fill(library, rows)
    index = build(library)
    search = Search(library.mia, library.seen, parse_search(text).node, chosen, sort)

    for number, others in changes:
        seen = index.versions.get(library.aurora.pk, 0)
        for place, row in enumerate(others[:3]):
            remote_id = f"qzorb{number + place}"
            voice = Voice.objects.filter(remote_id=remote_id).first() or Voice(remote_id=remote_id)
            write(library, voice, row, library.second if voice.pk is None else voice.account)
        changed = list(read_rows([*library.seen, library.hidden.pk], newer_than=seen))
        index = index.with_changes(changed, versions())

        assert_same_answers(library, index, search)
