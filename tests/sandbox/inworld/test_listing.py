"""Listing Inworld voices: filters as in AIP-160, order, and pages."""

import pytest

from tests.sandbox.inworld.conftest import VOICES, clone, found


def test_a_list_without_parameters_contains_all_voices(inworld):
    page = inworld.get(VOICES).json()

    assert len(page["voices"]) == page["totalSize"] == 65
    assert page["nextPageToken"] == ""
    assert {voice["source"] for voice in page["voices"]} == {"SYSTEM", "IVC", "PVC"}


def test_the_longer_path_with_the_workspace_works_too(inworld):
    longer = inworld.get("/voices/v1/workspaces/sandbox-full/voices")

    assert longer.json() == inworld.get(VOICES).json()


def test_page_tokens_lead_through_all_pages(inworld):
    names, token = [], ""
    while True:
        page = inworld.get(VOICES, params={"pageSize": 20, "pageToken": token}).json()
        names += [voice["displayName"] for voice in page["voices"]]
        token = page["nextPageToken"]
        if not token:
            break

    assert len(names) == 65
    assert names == sorted(names, key=str.casefold)


def test_a_filtered_list_is_paged_by_default(inworld):
    page = inworld.get(VOICES, params={"filter": 'source = "SYSTEM"'}).json()

    assert len(page["voices"]) == 20
    assert (page["totalSize"], page["nextPageToken"]) == (60, "1-20")


@pytest.mark.parametrize(
    ("expression", "fits"),
    [
        ('source = "IVC"', lambda v: v["source"] == "IVC"),
        ('source != "SYSTEM"', lambda v: v["source"] != "SYSTEM"),
        ('gender = "female"', lambda v: v["gender"] == "female"),
        ('NOT gender = "female"', lambda v: v["gender"] != "female"),
        ('lang_code = "en"', lambda v: v["langCode"].startswith("EN_")),
        ('lang_code = "en-us"', lambda v: v["langCode"] == "EN_US"),
        ('lang_code = "fr_FR"', lambda v: v["langCode"] == "FR_FR"),
        ('tags:"calm"', lambda v: "calm" in v["tags"]),
        ('categories : "companions"', lambda v: "companions" in v["categories"]),
        # OR binds tighter than AND.
        (
            'source="SYSTEM" AND gender="male" OR gender="neutral"',
            lambda v: v["source"] == "SYSTEM" and v["gender"] in {"male", "neutral"},
        ),
        (
            '(source="SYSTEM" AND gender="male") OR gender="neutral"',
            lambda v: (
                (v["source"] == "SYSTEM" and v["gender"] == "male") or v["gender"] == "neutral"
            ),
        ),
        ('source="SYSTEM" AND NOT (age_group="young")', lambda v: v["ageGroup"] != "young"),
    ],
)
def test_filters_select_matching_voices(inworld, expression, fits):
    everything = [v for v in found(inworld) if "age" not in expression or v["source"] == "SYSTEM"]

    chosen = found(inworld, filter=expression, pageSize=2000)

    assert {v["voiceId"] for v in chosen} == {v["voiceId"] for v in everything if fits(v)}
    assert chosen


def test_quotes_in_a_filter_value_can_be_escaped(inworld):
    clone(inworld, tags=['so-called "calm"'])

    chosen = found(inworld, filter=r'tags:"so-called \"calm\""')

    assert [voice["displayName"] for voice in chosen] == ["Nora"]


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"filter": 'unknown_field = "a"'}, "unknown filter field: 'unknown_field'"),
        ({"filter": 'gender : "male"'}, "operator ':' is not supported"),
        ({"filter": 'tags = "calm"'}, "operator '=' is not supported"),
        ({"filter": "gender = male"}, "must be quoted"),
        ({"filter": 'gender = "male'}, "invalid filter"),
        ({"filter": 'gender = "male" AND'}, "unexpected end"),
        ({"filter": '(gender = "male"'}, "unexpected end"),
        ({"filter": 'gender = "male" tags:"calm"'}, "invalid filter"),
        ({"filter": "(" * 60 + 'gender="male"' + ")" * 60}, "too deeply"),
        ({"orderBy": "age"}, "unknown order_by field: 'age'"),
        ({"orderBy": "gender sideways"}, "invalid order_by direction"),
        ({"pageSize": 2001}, "cannot exceed 2000"),
        ({"pageSize": "many"}, "invalid page size"),
        ({"pageToken": "later"}, "invalid page token"),
    ],
)
def test_an_invalid_list_request_is_refused_with_code_3(inworld, params, words):
    answer = inworld.get(VOICES, params=params)

    assert answer.status_code == 400
    assert (answer.json()["code"], answer.json()["details"]) == (3, [])
    assert words in answer.json()["message"]


def test_the_list_is_ordered_as_requested(inworld):
    clone(inworld, "Aaron")

    newest = found(inworld, orderBy="created_at desc", pageSize=1)
    genders = [voice["gender"] for voice in found(inworld, orderBy="gender", pageSize=99)]

    assert newest[0]["displayName"] == "Aaron"
    assert genders == sorted(genders)


def test_the_older_language_parameter_accepts_several_values(inworld):
    chosen = found(inworld, languages=["DE_DE", "fr"])

    assert {voice["langCode"] for voice in chosen} == {"DE_DE", "FR_FR"}
