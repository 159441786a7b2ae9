"""Translating the providers' labels into ours."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.providers.labels import (
    accent_label,
    accent_word,
    age_word,
    gender_word,
    language_label,
    language_tag,
    use_case_label,
    use_case_words,
)
from catalog.providers.languages import LANGUAGES, OTHER_CODES, OTHER_NAMES, REGIONS


@pytest.mark.parametrize(
    ("word", "gender"),
    [
        ("male", "male"),
        ("Male", "male"),
        ("masculine", "male"),
        ("男", "male"),
        (" FEMALE ", "female"),
        ("feminine", "female"),
        ("女", "female"),
        ("neutral", "neutral"),
        ("non-binary", "neutral"),
        ("NonBinary", "neutral"),
        ("gender_neutral", "neutral"),
        ("", ""),
        ("not_specified", ""),
        ("unknown", ""),
        ("robot", ""),
        ("male or female", ""),
    ],
)
def test_gender_words_are_translated(word, gender):
    assert gender_word(word) == gender


@pytest.mark.parametrize(
    ("word", "age"),
    [
        ("young", "young"),
        ("Young adult", "young"),
        ("middle-aged", "middle_aged"),
        ("middle aged", "middle_aged"),
        ("middle_aged", "middle_aged"),
        ("old", "old"),
        ("elderly", "old"),
        ("adult", ""),
        ("42", "middle_aged"),
        ("30", "young"),
        ("40s", "middle_aged"),
        ("60+", "old"),
        ("25-34", "young"),
        ("1999", ""),
        ("edad", ""),
        ("joven", "young"),
        ("mittleren Alters", "middle_aged"),
        ("пожилой", "old"),
        ("", ""),
    ],
)
def test_age_words_are_translated(word, age):
    assert age_word(word) == age


@pytest.mark.parametrize(
    ("word", "accent"),
    [
        ("American", "american"),
        ("us-southern", "us southern"),
        ("  Received   Pronunciation ", "received pronunciation"),
        ("irish", "irish"),
        ("österreichisch", "österreichisch"),
        ("unknown", ""),
        ("none", ""),
        ("N/A", ""),
        ("", ""),
        ("x" * 61, ""),
    ],
)
def test_accent_words_are_normalized(word, accent):
    assert accent_word(word) == accent


@pytest.mark.parametrize(
    ("word", "use_cases"),
    [
        ("social media", ("social_media",)),
        ("social_media", ("social_media",)),
        ("Social-Media", ("social_media",)),
        ("Narrative & Story", ("narrative_story",)),
        ("children's stories", ("childrens_stories",)),
        ("news, audiobook; News", ("news", "audiobook")),
        ("有声书、客服", ("有声书", "客服")),
        ("n/a", ()),
        ("", ()),
        (", ,", ()),
        ("x" * 61, ()),
        ("口播（解说、新闻）", ("口播", "解说", "新闻")),
    ],
)
def test_use_cases_are_split_and_normalized(word, use_cases):
    assert use_case_words(word) == use_cases


@pytest.mark.parametrize(
    ("word", "tag"),
    [
        ("en", "en"),
        ("EN", "en"),
        ("English", "en"),
        ("english", "en"),
        ("eng", "en"),
        ("EN_US", "en-US"),
        ("en_US", "en-US"),
        ("en-us", "en-US"),
        ("en-UK", "en-GB"),
        ("English (UK)", "en-GB"),
        ("English (United Kingdom)", "en-GB"),
        ("zh", "zh"),
        ("cmn-CN", "zh-CN"),
        ("ZH_CN", "zh-CN"),
        ("zh-hans-cn", "zh-Hans-CN"),
        ("zh_Hant", "zh-Hant"),
        ("Mandarin", "zh"),
        ("yue-HK", "yue-HK"),
        ("pt-BR", "pt-BR"),
        ("es-419", "es-419"),
        ("ca-ES-valencia", "ca-ES"),
        ("sr-Latn-RS", "sr-Latn-RS"),
        ("fil", "fil"),
        ("iw-IL", "he-IL"),
        ("Norwegian Bokmål", "nb"),
        ("Haitian Creole", "ht"),
        (" de ", "de"),
        ("", ""),
        ("locale", ""),
        ("language", ""),
        ("AUTO", ""),
        ("multilingual", "mul"),
        ("multi", "mul"),
        ("Deutsch", "de"),
        ("Español", "es"),
        ("inglés", "en"),
        ("русский", "ru"),
        ("xx", ""),
        ("en-XX", ""),
        ("in-house", ""),
        ("no-accent", ""),
        ("english-american-male", ""),
        ("English (Mars)", ""),
        ("zh+en", ""),
        ("en" * 40, ""),
    ],
)
def test_languages_are_parsed_from_codes_and_names(word, tag):
    assert language_tag(word) == tag


@pytest.mark.parametrize(
    ("tag", "label"),
    [
        ("en", "English"),
        ("en-GB", "English (UK)"),
        ("zh-Hans-CN", "Chinese (Simplified, China)"),
        ("es-419", "Spanish (Latin America)"),
        ("nb-NO", "Norwegian Bokmål (Norway)"),
        ("en-AQ", "English (AQ)"),
        ("tlh", "tlh"),
        ("", ""),
    ],
)
def test_a_language_tag_has_a_readable_label(tag, label):
    assert language_label(tag) == label


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_language_is_found_by_its_code_and_by_its_name(code):
    assert language_tag(code) == language_tag(LANGUAGES[code]) == code


@pytest.mark.parametrize("region", REGIONS)
def test_every_region_is_found_by_its_code_and_by_its_name(region):
    label = language_label(f"en-{region}")

    assert label != f"English ({region})" or region == "US"
    assert language_tag(label) == language_tag(f"en_{region.lower()}") == f"en-{region}"


def test_alternative_codes_and_names_map_to_known_languages():
    assert set(OTHER_CODES.values()) | set(OTHER_NAMES.values()) <= set(LANGUAGES)
    assert not set(OTHER_CODES) & set(LANGUAGES)


@given(st.text(max_size=80))
def test_parsed_labels_of_any_text_are_valid_and_fit_their_columns(word):
    tag = language_tag(word)

    assert tag == "" or re.fullmatch(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|\d{3}))?", tag)
    assert len(accent_word(word)) <= 60
    assert all(0 < len(use_case) <= 60 for use_case in use_case_words(word))
    assert gender_word(word) in {"", "male", "female", "neutral"}
    assert age_word(word) in {"", "young", "middle_aged", "old"}


@pytest.mark.parametrize(
    ("use_case", "label"),
    [
        ("narration", "Narration"),
        ("social_media", "Social media"),
        ("entertainment", "TV and trailers"),
        ("gone_from_the_list", "gone_from_the_list"),
    ],
)
def test_a_use_case_has_a_readable_label(use_case, label):
    assert use_case_label(use_case) == label


@pytest.mark.parametrize(
    ("accent", "label"),
    [("american", "American"), ("us southern", "US Southern"), ("en irish", "En Irish")],
)
def test_an_accent_has_a_readable_label(accent, label):
    assert accent_label(accent) == label
