"""Facets, their counts, and active filters."""

import pytest

from catalog.models import Rating
from catalog.queries.searches.filters import VoiceFilter
from catalog.queries.voices.search import find_voice_ids, find_voices
from catalog.search.engines import FEW
from tests import factories


def names(page) -> list[str]:
    return [voice.name for voice in page.voices]


@pytest.fixture
def six_voices(cast):
    """Six voices with different genders and languages, one of them without labels."""
    account = cast.account
    factories.make_voice(account, "Ann", gender="female", languages=("en-US",), age="young")
    factories.make_voice(account, "Bea", gender="female", languages=("de",), age="old")
    factories.make_voice(account, "Cem", gender="male", languages=("en-US", "de"), age="young")
    factories.make_voice(account, "Dan", gender="male", languages=("fr",), use_cases=("news",))
    factories.make_voice(account, "Eli", gender="neutral", languages=("en-US",))
    factories.make_voice(account, "Flo", languages=(), use_cases=(), accent="british")
    factories.make_voice(cast.other_account, "Foreign", gender="female")
    factories.make_voice(account, "Gone", gender="male", remote_deleted_at=factories.NOW)
    return account


def find_facet(page, name: str):
    return next(each for each in page.facets if each.name == name)


def counts(page, facet: str) -> dict[str, int]:
    found = find_facet(page, facet)
    return {choice.value: choice.count for choice in (*found.choices, *found.more)}


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({}, ["Ann", "Bea", "Cem", "Dan", "Eli", "Flo"]),
        ({"gender": ("female",)}, ["Ann", "Bea"]),
        ({"gender": ("female", "neutral")}, ["Ann", "Bea", "Eli"]),
        ({"gender": ("unknown",)}, ["Flo"]),
        ({"language": ("de",)}, ["Bea", "Cem"]),
        ({"language": ("de", "en-US")}, ["Ann", "Bea", "Cem", "Eli"]),
        ({"language": ("unknown",)}, ["Flo"]),
        ({"language": ("de",), "gender": ("male",)}, ["Cem"]),
        ({"use_case": ("news",)}, ["Dan"]),
        ({"accent": ("british",), "age": ("unknown",)}, ["Flo"]),
        ({"provider": ("elevenlabs",), "kind": ("unknown",), "age": ("old",)}, ["Bea"]),
        ({"language": ("xx",)}, []),
    ],
)
def test_values_of_a_facet_combine_with_or_and_facets_with_and(cast, six_voices, chosen, expected):
    assert names(find_voices(cast.ana, VoiceFilter(chosen=chosen, sort="name"))) == expected


def test_facet_counts_add_up_to_all_voices_including_unknown(cast, six_voices):
    page = find_voices(cast.ana, VoiceFilter())

    assert counts(page, "gender") == {"female": 2, "male": 2, "neutral": 1, "unknown": 1}
    assert counts(page, "age") == {"young": 2, "middle_aged": 0, "old": 1, "unknown": 3}
    for facet in ("provider", "kind", "gender", "age", "accent"):
        assert sum(counts(page, facet).values()) == page.found_count == 6
    assert counts(page, "language") == {"en": 3, "de": 2, "fr": 1, "unknown": 1}


def test_facet_counts_ignore_the_selected_values_of_their_own_facet(cast, six_voices):
    page = find_voices(cast.ana, VoiceFilter(chosen={"gender": ("male",), "language": ("de",)}))

    assert names(page) == ["Cem"]
    assert counts(page, "gender") == {"female": 1, "male": 1, "neutral": 0, "unknown": 0}
    assert counts(page, "language") == {"en": 1, "de": 1, "fr": 1}
    assert counts(page, "age") == {"young": 1, "middle_aged": 0, "old": 0, "unknown": 0}


def test_search_words_narrow_the_counts_of_every_facet(cast, six_voices):
    page = find_voices(cast.ana, VoiceFilter(words="ann"))

    assert counts(page, "gender")["female"] == 1
    assert counts(page, "language") == {"en": 1}


def test_a_language_counts_each_voice_once_and_opens_to_its_varieties(cast):
    for languages in (("en-GB", "en-US"), ("en-GB",), ("en", "de"), ("yue",), ("zh-TW", "zh-CN")):
        factories.make_voice(cast.account, "-".join(languages), languages=languages)

    language = find_facet(find_voices(cast.ana, VoiceFilter()), "language")

    assert {
        choice.label: (choice.count, {each.value: each.count for each in choice.members})
        for choice in language.choices
    } == {
        "English (any)": (3, {"en-GB": 2, "en-US": 1, "en~": 1}),
        "Chinese (any)": (2, {"yue": 1, "zh-CN": 1, "zh-TW": 1}),
        "German": (1, {}),
    }


@pytest.mark.parametrize(
    ("value", "expected", "chip"),
    [
        ("en", ["en", "en-GB"], "English"),
        ("en~", ["en"], "English (region not stated)"),
        ("en-GB", ["en-GB"], "English (UK)"),
        ("zh", ["yue", "zh-TW"], "Chinese"),
        ("yue", ["yue"], "Cantonese"),
    ],
)
def test_a_language_stands_for_its_varieties(cast, value, expected, chip):
    for language in ("en", "en-GB", "yue", "zh-TW"):
        factories.make_voice(cast.account, language, languages=(language,))

    page = find_voices(cast.ana, VoiceFilter(chosen={"language": (value,)}))

    assert sorted(names(page)) == expected
    assert [each.label for each in page.chips] == [chip]
    found = find_facet(page, "language")
    ticked = [one for each in found.choices for one in (each, *each.members) if one.is_on]
    assert [(each.value, each.count) for each in ticked] == [(value, len(expected))]


def test_accounts_owners_speakers_ratings_years_and_styles_are_facets(cast):
    second = factories.make_account(cast.aurora, label="Marketing")
    clone = factories.make_clone(
        second, "Clone", responsible=cast.mia, remote_created_at=factories.NOW
    )
    factories.make_voice(cast.account, "Ann", description="Warm and slow.")
    Rating.objects.create(user=cast.ana, voice=clone, value=4)
    Rating.objects.create(user=cast.mia, voice=clone, value=5)

    page = find_voices(cast.ana, VoiceFilter())
    shown = {
        facet: {choice.label: choice.count for choice in find_facet(page, facet).choices}
        for facet in ("account", "owner", "rating", "created", "style")
    }

    assert shown["account"]["ElevenLabs Marketing"] == 1
    assert shown["owner"] == {"Mia": 1}
    assert shown["rating"] == {"★★★★★": 1}
    assert shown["created"] == {str(factories.NOW.year): 1, "Unknown": 1}
    assert shown["style"] == {"Slow": 1, "Warm": 1}
    for facet, value in (("account", second.pk), ("owner", cast.mia.pk), ("rating", 5)):
        wanted = VoiceFilter(chosen={facet: (str(value),)})
        assert names(find_voices(cast.ana, wanted)) == ["Clone"]
    for words in ("owner:mia", "account:marketing", "rating:>4", "rating:5"):
        assert names(find_voices(cast.ana, VoiceFilter(words=words))) == ["Clone"], words


def test_facets_without_a_choice_are_left_out(cast):
    factories.make_voice(cast.account, "Ann")

    shown = {facet.name for facet in find_voices(cast.ana, VoiceFilter()).facets}

    assert not shown & {"account", "owner", "speaker", "rating", "style", "tag", "collection"}


def test_selected_value_without_voices_stays_visible(cast, six_voices):
    page = find_voices(cast.ana, VoiceFilter(chosen={"language": ("ja",)}))

    language = next(facet for facet in page.facets if facet.name == "language")
    ticked = [choice for choice in language.choices if choice.is_on]
    assert [(choice.value, choice.label, choice.count) for choice in ticked] == [
        ("ja", "Japanese", 0)
    ]
    assert (language.on_count, language.is_open) == (1, True)


def test_rare_facet_values_are_folded_with_unknown_last(cast):
    for place, accent in enumerate("abcdefgh", start=1):
        for _ in range(place):
            factories.make_voice(cast.account, accent=accent)
    for _ in range(20):
        factories.make_voice(cast.account, accent="unknown")

    page = find_voices(cast.ana, VoiceFilter(chosen={"accent": ("a",)}))
    facet = next(each for each in page.facets if each.name == "accent")

    assert [choice.value for choice in facet.choices] == list("hgfedc")
    assert [choice.value for choice in facet.more] == ["b", "a", "unknown"]
    assert facet.opens_more


# Chips and suggestions for empty results


def test_each_active_filter_has_a_chip_that_removes_it(cast, six_voices):
    wanted = VoiceFilter(words="n", chosen={"gender": ("male", "female"), "language": ("fr",)})

    page = find_voices(cast.ana, wanted)

    assert [(chip.name, chip.label, chip.query) for chip in page.chips] == [
        ("Search", "n", "?language=fr&gender=male&gender=female"),
        ("Gender", "Male", "?q=n&language=fr&gender=female"),
        ("Gender", "Female", "?q=n&language=fr&gender=male"),
        ("Language", "French", "?q=n&gender=male&gender=female"),
    ]


def test_empty_result_suggests_only_filters_whose_removal_helps(cast, six_voices):
    wanted = VoiceFilter(words="bea", chosen={"language": ("fr",), "age": ("old",)})

    page = find_voices(cast.ana, wanted)

    assert page.voices == []
    assert [(chip.name, chip.label, chip.count) for chip in page.relaxed] == [
        ("Language", "French", 1)
    ]
    assert page.relaxed[0].query == "?q=bea&age=old"


def test_words_whose_removal_helps_are_suggested(cast, six_voices):
    page = find_voices(cast.ana, VoiceFilter(words='bea "qqq"', chosen={"gender": ("female",)}))

    assert [(chip.name, chip.label, chip.query) for chip in page.relaxed] == [
        ("Word", '"qqq"', "?q=bea&gender=female"),
        ("Search", 'bea "qqq"', "?gender=female"),
    ]


def test_several_words_that_fit_no_voice_are_suggested_together(cast, six_voices):
    page = find_voices(cast.ana, VoiceFilter(words="qqqq bea lang:fr wwww"))

    assert [(chip.name, chip.label, chip.query) for chip in page.relaxed][:1] == [
        ("Words", "qqqq lang:fr wwww", "?q=bea")
    ]


def test_closest_voices_come_first_if_no_voice_has_all_words(cast):
    warm = {"description": "A warm voice."}
    factories.make_voice(cast.account, "Ada", gender="female", accent="british", **warm)
    factories.make_voice(cast.account, "Bea", gender="female", accent="british")
    factories.make_voice(cast.account, "Cem", gender="male", accent="british", **warm)
    factories.make_voice(cast.account, "Dee", gender="unknown", accent="british", **warm)

    page = find_voices(cast.ana, VoiceFilter(words="warm english-sounding british lady qqqq"))

    assert [voice.name for voice in page.voices] == ["Ada", "Bea", "Dee"]
    assert (page.answer.full_count, page.answer.brief.left_out) == (1, ("qqqq",))
    assert [page.answer.lacking.get(voice.pk) for voice in page.voices] == [
        None,
        ["warm"],
        ["female"],
    ]
    assert [(chip.label, chip.query) for chip in page.understood] == [
        ("warm", "?q=english-sounding+british+lady+qqqq"),
        ("British accent", "?q=warm+english-sounding+lady+qqqq"),
        ("female", "?q=warm+english-sounding+british+qqqq"),
    ]


def test_a_region_tells_the_accent_where_the_label_leaves_it_open(cast):
    labels = {"accent": "canadian"}
    factories.make_voice(cast.account, "Ada", languages=("en-CA", "fr-FR"), **labels)
    factories.make_voice(cast.account, "Zoe", languages=("fr-CA",), **labels)
    factories.make_voice(cast.account, "Eve", languages=("fr-CA",), accent="parisian")

    page = find_voices(cast.ana, VoiceFilter(words="french canadian narrator"))

    assert [voice.name for voice in page.voices] == ["Zoe", "Ada"]
    assert page.answer.lacking == {page.ids[1]: ["Quebecois accent"]}


def test_a_mistyped_field_offers_the_search_with_the_right_one(cast):
    page = find_voices(cast.ana, VoiceFilter(words="warm gendr:female"))

    assert page.correction.query == "?q=warm+gender%3Afemale"
    assert find_voices(cast.ana, VoiceFilter(words="shoesize:43")).correction is None
    assert find_voices(cast.ana, VoiceFilter(words="gender = (")).correction is None


def test_what_a_brief_excludes_is_shown_and_dropped_with_its_negation(cast):
    factories.make_voice(cast.account, "Ada", gender="female", description="Warm.")

    page = find_voices(cast.ana, VoiceFilter(words="warm lady not too posh, british 不要老"))

    assert [(chip.label, chip.query) for chip in page.understood][-2:] == [
        ("not posh", "?q=warm+lady+british+%E4%B8%8D%E8%A6%81%E8%80%81"),
        ("not old", "?q=warm+lady+not+too+posh%2C+british"),
    ]


def test_closest_voices_follow_the_few_that_have_all_words(cast):
    factories.make_voice(cast.account, "Zoe", description="A warm old man.")
    bob = {"gender": "male", "age": "old"}
    factories.make_voice(cast.account, "Bob", description="Calm and warm.", **bob)
    factories.make_voice(cast.account, "Ann", gender="female", description="Warm.")

    page = find_voices(cast.ana, VoiceFilter(words="warm old man"))

    assert [voice.name for voice in page.voices] == ["Zoe", "Bob"]
    assert (page.answer.exact_count, page.answer.full_count, page.answer.lacking) == (1, 2, {})
    ids = find_voice_ids(cast.ana, VoiceFilter(words="warm old man"), is_exact=True)
    assert ids == [page.voices[0].pk]


def test_only_what_lacks_nothing_follows_many_voices_with_all_words(cast):
    for number in range(FEW):
        factories.make_voice(cast.account, f"Zoe {number}", description="A warm old man.")
    bob = {"gender": "male", "age": "old"}
    factories.make_voice(cast.account, "Ada", **bob)

    page = find_voices(cast.ana, VoiceFilter(words="warm old man"))
    factories.make_voice(cast.account, "Bob", description="Warm.", **bob)
    more = find_voices(cast.ana, VoiceFilter(words="warm old man"))

    assert (page.found_count, page.answer.exact_count) == (FEW, FEW)
    assert [chip.label for chip in page.understood] == ["warm", "old", "male"]
    assert (more.found_count, more.answer.full_count, names(more)[-1]) == (FEW + 1, FEW + 1, "Bob")
    assert find_voices(cast.ana, VoiceFilter(words="warm")).understood == []


def test_a_typo_of_a_word_for_voices_wins_over_other_similar_words(cast):
    ada = factories.make_voice(cast.account, "Ada", description="A warm voice.")
    factories.make_voice(cast.account, "Ram")
    factories.make_voice(cast.account, "Wrap")

    page = find_voices(cast.ana, VoiceFilter(words="wram"))

    assert (page.ids, page.respelled) == ([ada.pk], {"wram": ("warm",)})


def test_search_for_a_name_finds_only_that_voice(cast):
    factories.make_voice(cast.account, "Zoe Old Man")
    factories.make_voice(cast.account, "Bob", gender="male", age="old", description="Calm.")

    assert names(find_voices(cast.ana, VoiceFilter(words="zoe old man"))) == ["Zoe Old Man"]


def test_name_of_words_for_voices_comes_first(cast):
    factories.make_voice(cast.account, "Zoe - Calm Old Man")
    factories.make_voice(cast.account, "Bob", gender="male", age="old", description="Calm.")

    page = find_voices(cast.ana, VoiceFilter(words="calm old man"))

    assert names(page) == ["Zoe - Calm Old Man", "Bob"]


def test_exact_selection_leaves_out_what_fits_only_nearly(cast):
    ada = factories.make_voice(cast.account, "Ada", gender="female", description="A warm voice.")
    bea = factories.make_voice(cast.account, "Bea", gender="female")
    wanted = VoiceFilter(words="warm lady")

    assert find_voice_ids(cast.ana, wanted) == [ada.pk, bea.pk]
    assert find_voice_ids(cast.ana, wanted, is_exact=True) == [ada.pk]


@pytest.mark.parametrize("chosen", ["male", "female"])
def test_filter_wins_over_the_words(cast, chosen):
    for name, gender in (("Ada", "female"), ("Bob", "male")):
        text = "A warm voice."
        factories.make_voice(cast.account, name, gender=gender, description=text)

    page = find_voices(
        cast.ana, VoiceFilter(words="warm lady narrator", chosen={"gender": (chosen,)})
    )

    assert [voice.gender for voice in page.voices] == [chosen]


def test_exact_syntax_stays_exact(cast):
    factories.make_voice(cast.account, "Ada", gender="female", description="A warm voice.")

    for words in ('"warm lady"', "warm lady gender:male", "warm lady -warm"):
        assert find_voices(cast.ana, VoiceFilter(words=words)).found_count == 0


def test_result_with_voices_suggests_no_filter_to_remove(cast, six_voices):
    assert find_voices(cast.ana, VoiceFilter(words="bea")).relaxed == []
