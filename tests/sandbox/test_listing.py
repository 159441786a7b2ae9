"""Listing ElevenLabs voices: pages, search, filters, and order."""

import unicodedata
from typing import Any

import httpx
import pytest

from catalog.sandbox import running_sandbox
from catalog.sandbox.providers.elevenlabs.library import FAVORITES, make_library
from tests.sandbox.conftest import clone, own_names

DEFAULTS = 20  # of the 60 voices in the fixture
OWN = 6


def search(client: httpx.Client, **params: Any) -> dict[str, Any]:
    answer = client.get("/v2/voices", params=params)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def every_page(client: httpx.Client, **params: Any) -> list[dict[str, Any]]:
    pages = [search(client, **params)]
    while pages[-1]["has_more"]:
        pages.append(search(client, **params, next_page_token=pages[-1]["next_page_token"]))
    return pages


def names(page: dict[str, Any]) -> list[str]:
    return [voice["name"] for voice in page["voices"]]


def test_pages_contain_every_voice_once(full):
    pages = every_page(full, page_size=7)

    ids = [voice["voice_id"] for page in pages for voice in page["voices"]]
    assert len(ids) == len(set(ids)) == 60 + OWN
    assert [page["total_count"] for page in pages] == [60 + OWN] * len(pages)


def test_the_first_page_contains_the_default_voices_on_top_of_its_size(full):
    first, second, *_ = every_page(full, page_size=7)

    kinds = [voice["category"] for voice in first["voices"]]
    assert len(first["voices"]) == 7 + DEFAULTS
    assert kinds.count("premade") == DEFAULTS
    assert len(second["voices"]) == 7
    assert "premade" not in [voice["category"] for voice in second["voices"]]


def test_the_default_page_size_is_ten(full):
    assert len(search(full)["voices"]) == 10 + DEFAULTS


def test_the_last_page_has_no_token(full):
    last = every_page(full, page_size=100)[-1]

    assert (last["has_more"], last["next_page_token"]) == (False, None)


def test_a_page_that_is_exactly_full_is_the_last(full):
    page = search(full, voice_type="personal", page_size=OWN)

    assert (len(page["voices"]), page["has_more"]) == (OWN, False)


def test_deleting_a_voice_between_pages_hides_no_other(full):
    first = search(full, voice_type="personal", page_size=3)

    full.delete(f"/v1/voices/{first['voices'][-1]['voice_id']}").raise_for_status()
    second = search(
        full, voice_type="personal", page_size=3, next_page_token=first["next_page_token"]
    )

    assert len({*names(first), *names(second)}) == OWN


def test_the_total_is_not_counted_if_not_requested(full):
    assert search(full, include_total_count="false")["total_count"] == 0


@pytest.mark.parametrize(
    ("size", "kind"),
    [("0", "greater_than_equal"), ("101", "less_than_equal"), ("ten", "int_parsing")],
)
def test_a_page_size_out_of_bounds_gets_a_list_of_problems(full, size, kind):
    answer = full.get("/v2/voices", params={"page_size": size})

    assert answer.status_code == 422
    [problem] = answer.json()["detail"]
    assert (problem["loc"], problem["type"]) == (["query", "page_size"], kind)


@pytest.mark.parametrize("token", ["nonsense", "e30=", "WzEsMiwzLDRd", "é", "bnVsbA=="])
def test_an_invalid_page_token_is_refused(full, token):
    answer = full.get("/v2/voices", params={"next_page_token": token})

    assert answer.status_code == 400
    assert answer.json()["detail"]["param"] == "next_page_token"


def test_a_page_token_for_another_order_is_refused(full):
    token = search(full, sort="name")["next_page_token"]

    answer = full.get("/v2/voices", params={"next_page_token": token})

    assert answer.status_code == 400


@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_names_are_sorted_across_pages(full, direction):
    pages = every_page(
        full, page_size=9, sort="name", sort_direction=direction, voice_type="non-default"
    )

    found = [name.casefold() for page in pages for name in names(page)]
    assert found == sorted(found, reverse=direction == "desc")


def test_the_newest_voice_comes_first_by_default(full):
    clone(full, "Brand new")

    assert names(search(full, voice_type="personal"))[0] == "Brand new"


def test_voices_can_be_sorted_oldest_first(full):
    page = search(full, sort="created_at_unix", sort_direction="asc", voice_type="personal")

    dates = [voice["created_at_unix"] for voice in page["voices"]]
    assert dates == sorted(dates)


def test_search_finds_words_in_name_description_labels_and_category(full):
    clone(full, "Zebulon the Baker")

    assert names(search(full, search="zebulon")) == ["Zebulon the Baker"]
    assert names(search(full, search="baker ZEB cloned")) == ["Zebulon the Baker"]
    assert all("news" in str(voice).lower() for voice in search(full, search="news")["voices"])
    assert names(search(full, search="zebulon nobody")) == []


@pytest.mark.parametrize("category", ["premade", "professional", "cloned", "generated", "famous"])
def test_a_category_contains_only_its_voices(full, category):
    pages = every_page(full, category=category)

    kinds = {voice["category"] for page in pages for voice in page["voices"]}
    assert kinds == {category}


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        ("personal", OWN),
        ("default", DEFAULTS),
        ("community", 60 - DEFAULTS),
        ("workspace", 0),
        ("non-default", 60 - DEFAULTS + OWN),
        ("non-community", OWN),
    ],
)
def test_each_voice_type_selects_its_part_of_the_list(full, kind, count):
    assert search(full, voice_type=kind)["total_count"] == count


def test_the_fine_tuning_state_filter_finds_the_professional_clone(full):
    [voice] = search(full, fine_tuning_state="fine_tuning")["voices"]

    assert voice["category"] == "professional"
    assert voice["is_owner"]
    assert voice["fine_tuning"]["progress"]["eleven_multilingual_v2"] == 0.62


def test_the_collection_filter_finds_its_voices(full):
    found = search(full, collection_id=FAVORITES, page_size=100)["voices"]

    assert found
    assert all(FAVORITES in voice["collection_ids"] for voice in found)
    assert search(full, collection_id="nothing")["total_count"] == 0


def test_voices_can_be_requested_by_id(full):
    wanted = {voice["voice_id"] for voice in search(full)["voices"][:3]}

    page = search(full, voice_ids=[*wanted])

    assert {voice["voice_id"] for voice in page["voices"]} == wanted


def test_label_filters_are_case_insensitive(full):
    everybody = full.get("/v1/voices").json()["voices"]
    words = [voice["labels"].get("age", "") for voice in everybody]

    page = search(full, age="YOUNG", page_size=100)

    found = {voice["labels"]["age"] for voice in page["voices"]}
    assert found == {"young", "Young"}
    assert page["total_count"] == words.count("young") + words.count("Young")


@pytest.mark.parametrize(
    "params",
    [{"voice_type": "mine"}, {"category": "x"}, {"sort": "id"}, {"sort_direction": "up"}],
)
def test_an_unknown_filter_value_is_refused(full, params):
    answer = full.get("/v2/voices", params=params)

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["type"] == "literal_error"


def test_the_unpaged_list_contains_everything(full):
    assert len(full.get("/v1/voices").json()["voices"]) == 60 + OWN


def test_a_single_voice_looks_as_in_the_list(full):
    listed = search(full)["voices"][0]

    assert full.get(f"/v1/voices/{listed['voice_id']}").json() == listed


def test_a_larger_library_starts_with_the_same_voices():
    few, many = make_library(60), make_library(300)

    assert len(many) == 300
    assert [voice.voice_id for voice in many[21:60]] == [voice.voice_id for voice in few[21:]]


def test_the_unpaged_list_refuses_more_than_500_voices():
    with running_sandbox(voices=501) as large:
        headers = {"xi-api-key": "sandbox-elevenlabs-full"}
        answer = httpx.get(large.url("elevenlabs", "/v1/voices"), headers=headers)

    assert answer.status_code == 400


def test_the_library_s_labels_are_as_inconsistent_as_the_real_ones():
    voices = make_library(300)
    labels = [voice.labels for voice in voices]

    assert {"middle_aged", "middle-aged", "middle aged"} <= {label.get("age") for label in labels}
    assert {"american", "American", None} <= {label.get("accent") for label in labels}
    assert {"social_media", "social media"} <= {label.get("use_case") for label in labels}
    assert any("use case" in label for label in labels)
    assert {"premade", "professional", "high_quality", "famous"} <= {v.category for v in voices}
    assert any(not voice.has_preview for voice in voices)
    assert any((voice.payload["sharing"] or {}).get("disable_at_unix") for voice in voices)
    assert any((voice.payload["sharing"] or {}).get("notice_period") for voice in voices)


@pytest.mark.parametrize(
    "script",
    ["LATIN", "CYRILLIC", "GREEK", "ARABIC", "HEBREW", "DEVANAGARI", "THAI", "CJK", "HANGUL"],
)
def test_the_library_has_names_in_many_scripts(script):
    names = "".join(voice.payload["name"] for voice in make_library(300))

    assert any(unicodedata.name(letter, "").startswith(script) for letter in names)


def test_accounts_share_the_library_but_not_their_clones(connect):
    assert not {*own_names(connect("full"))} & {*own_names(connect("full-2"))}
    assert search(connect("full-2"), voice_type="default")["total_count"] == DEFAULTS
