"""Voices by the API: what the page finds, page by page, and each with its preview."""

import random
import re
from urllib.parse import urlencode

import pytest

from catalog.jobs.searches.index import build_index
from catalog.models import PreviewClip, Rating, Star, Voice
from tests import factories

CARD = re.compile(r'<article[^>]* data-voice="(\d+)"|data-voice="(\d+)"')


def ids_of(answer):
    return [voice["id"] for voice in answer["data"]]


@pytest.fixture
def voices(cast):
    """Return 60 voices that differ in what filters look at."""
    dice = random.Random(7)
    made = []
    for number in range(60):
        name = dice.choice(["Rachel", "Adam", "Mei", "Björn"])
        made.append(
            factories.make_voice(
                cast.account,
                f"{name} {number}",
                gender=dice.choice(["female", "male", "unknown"]),
                age=dice.choice(["young", "old", "unknown"]),
                languages=(dice.choice(["en-US", "en-GB", "de-DE"]),),
                use_cases=(dice.choice(["narration", "conversational"]),),
                description=dice.choice(["A warm narrator.", "Deep and calm."]),
                kind=dice.choice(["library", "clone"]),
                archived_at=factories.NOW if number % 20 == 0 else None,
            )
        )
    return made


CHOICES = {
    "q": [
        "",
        "rachel",
        "warm narrator",
        'gender = "male"',
        "rachel OR adam",
        "deep -calm",
        "björn",
    ],
    "gender": ["female", "male", "unknown"],
    "age": ["young", "old"],
    "language": ["en", "en-GB", "de-DE"],
    "use_case": ["narration"],
    "kind": ["library", "clone"],
    "archived": ["yes"],
    "sort": ["best", "name", "-name", "newest", "oldest", "language", "rating", "slots"],
}


def test_the_list_agrees_with_the_page_on_50_random_queries(cast, voices, sign_in, program):
    browser, reader = sign_in(cast.mia), program(cast.mia, cast.aurora)
    build_index(frozenset({cast.aurora.pk}))
    dice, sizes = random.Random(19), set()
    for _ in range(50):
        pairs = [
            (name, dice.choice(values)) for name, values in CHOICES.items() if dice.random() < 0.3
        ]
        pairs = [pair for pair in pairs if pair[1]]
        query = urlencode(pairs)

        page = browser.get(f"/voices/?{query}").content.decode()
        answer = reader.read(f"voices?{query}")

        shown = list(dict.fromkeys(int(one or two) for one, two in CARD.findall(page)))
        assert ids_of(answer) == shown, query
        sizes.add(len(shown))
    assert len(sizes) > 5


@pytest.mark.parametrize("sort", ["best", "name", "id"])
def test_pages_bring_every_voice_once(cast, voices, program, sort):
    reader, seen, cursor = program(cast.mia, cast.aurora), [], ""
    while cursor is not None:
        answer = reader.read(f"voices?{urlencode({'sort': sort, 'limit': 25, 'cursor': cursor})}")
        seen += ids_of(answer)
        cursor = answer["next_cursor"]

    listed = {voice.pk for voice in voices if voice.archived_at is None}
    assert answer["total"] == len(seen) == len(listed)
    assert set(seen) == listed
    assert sort != "id" or seen == sorted(seen)


def test_a_cursor_belongs_to_its_list_and_its_person(cast, voices, program):
    reader, other = program(cast.mia, cast.aurora), program(cast.ana, cast.aurora)
    cursor = reader.read("voices?limit=5")["next_cursor"]

    def slug(asker, query):
        return asker.ask(f"voices?{query}").json()["type"].rpartition("/")[2]

    assert slug(reader, f"limit=5&gender=male&cursor={cursor}") == "cursor-other-list"
    assert slug(reader, f"limit=6&cursor={cursor}") == "cursor-other-list"
    assert slug(other, f"limit=5&cursor={cursor}") == "cursor-other-list"
    for broken in (cursor[:-1], cursor[:10] + "A" + cursor[11:], "AAAA", "-"):
        assert slug(reader, f"limit=5&cursor={broken}") == "bad-cursor"
    assert slug(reader, f"sort=id&limit=5&cursor={cursor}") == "cursor-other-list"


def test_a_page_says_whether_voices_changed_since_the_one_before(cast, voices, program):
    reader = program(cast.mia, cast.aurora)
    cursor = reader.read("voices?limit=5")["next_cursor"]
    assert reader.read(f"voices?limit=5&cursor={cursor}")["changed"] is False

    factories.make_voice(cast.account)
    assert reader.read(f"voices?limit=5&cursor={cursor}")["changed"] is True


def test_facets_count_what_the_list_finds(cast, voices, program):
    reader = program(cast.mia, cast.aurora)
    facets = reader.read("voices/facets?age=old")
    genders = next(each for each in facets["data"] if each["name"] == "gender")["values"]

    for value in genders:
        found = reader.read(f"voices?age=old&gender={value['value']}&limit=100")
        assert len(found["data"]) == value["count"], value
    assert facets["found"] == sum(value["count"] for value in genders)


def test_a_voice_says_what_its_page_says(cast, program):
    voice = factories.make_voice(
        cast.account, "Rachel", own_name="Our Rachel", gender="female", raw_labels={"gender": "f"}
    )
    factories.make_tag(cast.aurora, "warm", voice)
    Star.objects.create(user=cast.mia, voice=voice, starred_at=factories.NOW)
    Rating.objects.create(user=cast.ana, voice=voice, value=4)
    factories.make_collection(cast.mia, cast.aurora, voice)

    found = program(cast.mia, cast.aurora).read(f"voices/{voice.pk}")

    shown = (
        "name",
        "provider_name",
        "gender",
        "age",
        "tags",
        "is_starred",
        "rating",
        "collections",
    )
    assert {name: found[name] for name in shown} == {
        "name": "Our Rachel", "provider_name": "Rachel", "gender": "female", "age": None,
        "tags": ["warm"], "is_starred": True, "rating": 4.0, "collections": ["Narrators"],
    }  # fmt: skip
    assert found["provider_labels"] == {"gender": "f"}


def test_a_gone_voice_says_since_when(cast, program):
    voice = factories.make_voice(
        cast.account, remote_deleted_at=factories.NOW, gone_reason="Deleted at the provider."
    )
    reader = program(cast.mia, cast.aurora)

    found = reader.read(f"voices/{voice.pk}")

    assert (found["state"], found["gone_at"]) == ("gone", "2026-11-21T12:00:00Z")
    assert found["gone_reason"] == "Deleted at the provider."
    assert reader.read("voices")["data"] == []


def test_a_preview_is_sent_whole_or_in_part(world, cast, program, wav):
    reader, pk = program(cast.mia, cast.aurora), world.aurora.voice.pk
    assert PreviewClip.objects.filter(voice=pk).exists()

    whole = reader.ask(f"voices/{pk}/preview")
    part = reader.ask(f"voices/{pk}/preview", Range="bytes=0-3")

    assert b"".join(whole.streaming_content) == wav
    assert (part.status_code, b"".join(part.streaming_content)) == (206, b"RIFF")
    assert reader.ask(f"voices/{pk}/preview", Accept="application/json").status_code == 406


def test_a_voice_without_a_preview_says_so(cast, program):
    voice = factories.make_voice(cast.account)

    answer = program(cast.mia, cast.aurora).ask(f"voices/{voice.pk}/preview")

    assert answer.status_code == 404
    assert "has no preview" in answer.json()["detail"]
    assert Voice.objects.filter(pk=voice.pk).exists()
