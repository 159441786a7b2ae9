"""Labels that are read from a provider's words."""

import pytest

from catalog.models import Voice
from catalog.providers.labels import STYLES, USE_CASES
from catalog.search.labels import list_labels, read_styles, read_use_cases, relist_labels


def voice(description: str = "", name: str = "Claire", **details: object) -> Voice:
    return Voice(name=name, description=description, details=details, provider="noiz")


def values(facet: str, row: Voice, languages=(), use_cases=()) -> list[str]:
    pairs = list_labels(row, languages, use_cases)
    return [value for each, value in pairs if each == facet]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["narrative_story"], ["narration"]),
        (["characters_animation"], ["characters"]),
        (["informative_educational"], ["education"]),
        (["entertainment_tv"], ["entertainment"]),
        (["customer_service", "ivr"], ["customer_support", "phone_menus"]),
        (["客服与业务办理"], ["customer_support"]),
        (["口播", "解说", "新闻"], ["narration", "news"]),
        (["有声书"], ["audiobook"]),
        (["游戏角色"], ["games"]),
        (["interactive_media", "companions"], ["games", "companion"]),
        (["enterprise"], ["corporate"]),
        (["underwater_basketry"], ["unknown"]),
        ([], ["unknown"]),
    ],
)
def test_providers_words_for_use_cases_become_values_of_one_list(words, expected):
    assert values("use_case", voice(), use_cases=words) == expected


@pytest.mark.parametrize("use_case", USE_CASES)
def test_every_use_case_is_understood_by_its_own_name(use_case):
    assert read_use_cases(use_case)[0] == use_case


@pytest.mark.parametrize("style", STYLES)
def test_every_style_is_understood_by_its_own_name(style):
    assert style in read_styles(style)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (voice("A warm, calming voice."), ["warm", "calm"]),
        (voice("Never harsh. Not posh, but friendly."), ["friendly"]),
        (voice("低沉磁性的男声"), ["deep", "rich"]),
        (voice("", "Claire"), []),
        (voice("", "Claire, calm narrator"), ["calm"]),
        (voice(tags=["playful"]), ["playful"]),
        (voice(tone="soft"), ["gentle"]),
        (voice("The bank's customers trust it."), []),
    ],
)
def test_styles_are_read_from_what_the_provider_says(row, expected):
    assert values("style", row) == expected


def test_a_description_adds_use_cases_to_those_that_the_provider_lists():
    row = voice("Made for audiobooks, not for podcasts.")

    assert values("use_case", row, use_cases=["news"]) == ["news", "audiobook"]


@pytest.mark.parametrize(
    ("languages", "families"),
    [
        (("en-GB", "en-US", "de"), ["en", "de"]),
        (("yue", "zh-TW"), ["zh"]),
        (("nb",), ["no"]),
        ((), ["unknown"]),
    ],
)
def test_a_voice_is_in_each_language_family_once(languages, families):
    assert values("family", voice(), languages) == families


def test_listing_labels_again_changes_nothing():
    row = voice("Warm and slow, for bedtime stories.")
    pairs = list_labels(row, ("en-GB", "yue"), ("characters_animation", "underwater_basketry"))

    assert relist_labels(row, pairs) == pairs
