"""The list of voices as a page and as a partial, and the page of one voice."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from catalog.models import Preference, ProviderAccount, Voice
from catalog.models.voices.versions import raise_version
from catalog.queries.searches.filters import COLUMNS, FACETS, LAYOUTS
from catalog.queries.voices.search import PAGE_SIZE
from tests import factories
from tests.views.conftest import BOOSTED, PARTIAL, Page


@pytest.fixture
def shelf(cast):
    for name, gender in (("Ann", "female"), ("Bea", "female"), ("Cem", "male")):
        factories.make_voice(cast.account, name, gender=gender, preview_url="https://x.example/a")


def shown(response) -> list[str]:
    return [attrs["data-name"] for attrs in Page(response).find("li", **{"class": "card"})]


def test_the_page_shows_voices_counts_filters_and_navigation(mia, shelf):
    response = mia.get("/voices/")

    page = Page(response)
    assert sorted(shown(response)) == ["Ann", "Bea", "Cem"]
    assert "3 voices" in page.text
    assert page.find("nav", aria_label="Main")
    assert page.find("form", id="filters", action="/voices/", method="get")
    assert page.find("input", name="gender", value="female")
    assert response["Vary"].count("HX-Request") == 2


def test_the_page_state_comes_from_its_address(mia, shelf):
    page = Page(mia.get("/voices/?q=ann&gender=female&sort=-name&layout=list"))

    assert page.find("input", name="q", value="ann")
    assert "checked" in page.find("input", name="gender", value="female")[0]
    assert "checked" not in page.find("input", name="gender", value="male")[0]
    assert "selected" in page.find("option", value="-name")[0]
    assert "checked" in page.find("input", name="layout", value="list")[0]
    assert page.find("ol", **{"class": "cards list"})
    assert [chip["href"] for chip in page.find("a", **{"class": "chip"})] == [
        "/voices/?gender=female&sort=-name&layout=list",
        "/voices/?q=ann&sort=-name&layout=list",
    ]
    assert "1 voice of 3" in page.text


def test_a_partial_has_results_counts_and_badge_but_no_page_frame(mia, shelf):
    response = mia.get("/voices/?gender=female", headers=PARTIAL)

    page = Page(response)
    assert sorted(shown(response)) == ["Ann", "Bea"]
    assert {"results", "facets-in", "nfilters"} <= set(page.ids)
    assert [attrs["hx-target"] for attrs in page.find("hx-partial")] == [
        "#facets-in",
        "#nfilters",
        "#q-offers",
        "#sort-best",
    ]
    assert not page.find("html")
    assert not page.find("nav", aria_label="Main")
    assert response["Vary"].count("HX-Request") == 2


@pytest.mark.parametrize(
    ("before", "query", "header"),
    [
        ("/voices/", "?q=a", "HX-Push-Url"),
        ("/voices/?q=a", "?q=an", "HX-Replace-Url"),
        ("/voices/?q=a&gender=female", "?q=an&gender=female", "HX-Replace-Url"),
        ("/voices/?q=a", "?q=an&gender=female", "HX-Push-Url"),
        ("/voices/?q=a", "?q=a&sort=newest", "HX-Push-Url"),
        ("/voices/?q=a", "?q=a&layout=list", "HX-Push-Url"),
        ("", "?q=a", "HX-Push-Url"),
        ("http://[", "?q=a", "HX-Push-Url"),
        ("http://evil.example/voices/?q=a", "?q=an", "HX-Push-Url"),
    ],
)
def test_a_partial_pushes_its_address_and_typing_on_replaces_it(mia, shelf, before, query, header):
    current = f"http://testserver{before}" if before.startswith("/") else before
    response = mia.get(f"/voices/{query}", headers={**PARTIAL, "HX-Current-URL": current})

    other = {"HX-Push-Url", "HX-Replace-Url"} - {header}
    assert response[header] == f"/voices/{query}"
    assert not response.has_header(*other)


def test_the_address_of_a_partial_is_canonical(mia, shelf):
    query = "?evil=1&layout=cards&sort=best&gender=nobody&gender=male&gender=male&page=1&q="

    response = mia.get(f"/voices/{query}", headers=PARTIAL)

    assert response["HX-Push-Url"] == "/voices/?gender=male"


def test_boosted_links_and_history_restores_get_the_whole_page(mia, shelf):
    for headers in (BOOSTED, {**BOOSTED, "HX-History-Restore-Request": "true"}):
        response = mia.get("/voices/?gender=female", headers=headers)

        assert Page(response).find("nav", aria_label="Main")
        assert not response.has_header("HX-Push-Url")


def test_unknown_filter_values_are_reported_and_the_rest_is_applied(mia, shelf):
    response = mia.get("/voices/?gender=robot&kind=%00&sort=x&q=bea")

    page = Page(response)
    assert response.status_code == 200
    assert shown(response) == ["Bea"]
    assert "There is no gender “robot”." in page.text
    assert page.text.count("That part of the address was ignored.") == 3


@pytest.mark.parametrize("number", ["1000000000", "-1", "abc", "1" + "0" * 30, "%00", ""])
def test_an_unknown_page_number_shows_the_nearest_page(mia, shelf, number):
    response = mia.get(f"/voices/?sort=name&page={number}")

    assert response.status_code == 200
    assert shown(response) == ["Ann", "Bea", "Cem"]


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@example(query="q=%00%F0%28%8C%28")
@example(query="q=%ED%A0%80")
@example(query="&&=&q&=x&page")
@example(query="q=" + "%25_" * 3000)
@given(
    query=st.one_of(
        st.text(max_size=60),
        st.lists(
            st.tuples(
                st.sampled_from([*FACETS, "q", "sort", "layout", "page"]), st.text(max_size=12)
            ),
            max_size=6,
        ).map(lambda pairs: "&".join(f"{name}={value}" for name, value in pairs)),
    )
)
def test_any_query_string_gets_a_page(mia, shelf, query):
    # The server passes the bytes of the address as Latin-1.
    raw = query.encode("utf-8", "surrogatepass").decode("latin-1")

    for headers in ({}, PARTIAL):
        response = mia.get("/voices/", QUERY_STRING=raw, headers=headers)

        assert response.status_code == 200


def test_a_search_expression_with_an_error_shows_where_it_is(mia, shelf):
    response = mia.get("/voices/", {"q": 'warm AND gendre = "<b>"'})

    assert "There is no field “gendre”." in Page(response).text
    assert "warm AND <mark>gendre</mark> = &quot;&lt;b&gt;&quot;" in response.content.decode()
    assert shown(response) == []


def test_a_typo_is_corrected_with_a_message_and_field_names_are_suggested(mia, shelf):
    forgiven = Page(mia.get("/voices/?q=elevenlasb"))
    offered = Page(mia.get("/voices/?q=gend"))

    words = " ".join(forgiven.text.split())
    assert "No match for elevenlasb . Showing results for elevenlabs ." in words
    assert offered.find("option", value="gender:")


def test_an_empty_result_suggests_removing_filters(mia, shelf):
    page = Page(mia.get("/voices/?q=bea&gender=male"))

    assert "No voices match all of these filters" in page.text
    assert "Without gender “Male” · 1 voice" in page.text
    assert page.find("a", href="/voices/?q=bea")


def test_a_search_without_results_is_not_called_filters(mia, shelf):
    assert "No voices match this search" in Page(mia.get("/voices/?q=qqqq")).text


def test_a_ukrainian_voice_marked_uk_is_not_british(cast, mia):
    known = {"gender": "male", "age": "old", "description": "male,old,uk,intense"}
    factories.make_voice(cast.account, "Qzbohdan", languages=("uk",), **known)
    factories.make_voice(cast.account, "Qzarthur", languages=("en",), **known)

    page = Page(mia.get("/voices/?q=old+british+man+intense")).text

    assert "Qzarthur" in page
    assert "Qzbohdan" not in page


def test_pages_are_linked_and_do_not_overlap(cast, mia):
    for place in range(PAGE_SIZE + 1):
        factories.make_voice(cast.account, f"Voice {place:02d}")

    first, second = Page(mia.get("/voices/?q=voice")), mia.get("/voices/?q=voice&page=2")

    assert first.find("a", rel="next", href="/voices/?q=voice&page=2")
    assert not first.find("a", rel="prev")
    assert Page(second).find("a", rel="prev", href="/voices/?q=voice")
    assert shown(second) == ["Voice 24"]


def test_an_empty_list_says_why_and_polls(cast, mia):
    waiting = Page(mia.get("/voices/"))
    ProviderAccount.objects.all().delete()
    raise_version(cast.aurora.pk)
    unconnected = Page(mia.get("/voices/"))

    assert "Syncing voices" in waiting.text
    assert "No provider is connected yet" in unconnected.text
    for page in (waiting, unconnected):
        assert page.find("div", hx_get="/voices/", hx_target="#results")


@pytest.mark.parametrize("values", [{"synced_at": factories.NOW}, {"sync_error": "No key."}])
def test_a_synced_account_without_voices_is_not_shown_as_still_fetching(cast, mia, values):
    ProviderAccount.objects.update(**values)

    page = Page(mia.get("/voices/"))

    assert "Syncing voices" not in page.text
    assert "No voices yet" in page.text
    assert not page.find("div", hx_get="/voices/")


def test_a_failed_sync_is_shown_with_the_age_of_the_voices(cast, mia, shelf):
    ProviderAccount.objects.filter(pk=cast.account.pk).update(sync_error="No network.")

    page = Page(mia.get("/voices/"))

    assert "ElevenLabs's voices couldn't be synced: No network." in page.text
    assert "They were never synced." in page.text
    assert len(page.find("li", **{"class": "card"})) == 3


@pytest.mark.parametrize("layout", LAYOUTS)
def test_more_voices_need_no_more_queries(cast, mia, layout):
    def count_queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert mia.get(f"/voices/?layout={layout}").status_code == 200
        return len(seen)

    Preference.objects.create(user=cast.mia, columns=list(COLUMNS))
    factories.make_voice(cast.account)
    mia.get("/voices/?q=nobody")  # caches what surrounds the list
    few = count_queries()
    for place in range(PAGE_SIZE):
        factories.make_voice(cast.account, languages=(f"x{place}",))
    mia.get("/voices/?q=nobody")

    assert count_queries() == few


def test_element_ids_on_the_page_are_unique(cast, mia):
    for value in ("老", "旧", "!!", "a b", "a_b", "A B", "…"):
        factories.make_voice(cast.account, accent=value, use_cases=(value,), languages=(value,))
    for place in range(9):
        factories.make_voice(cast.account, accent=f"é{place}")

    ids = Page(mia.get("/voices/")).ids

    assert sorted(set(ids)) == sorted(ids)


# One voice


def test_a_voice_page_shows_everything_known_about_the_voice(cast, ana):
    voice = factories.make_clone(
        cast.account,
        "Zoë",
        description="Warm.",
        gender="female",
        raw_labels={"gender": "feminine"},
        languages=("en-GB", "de"),
        details={"tiers": ["pro"], "is_legacy": True},
        remote_created_at=factories.NOW,
        preview_url="https://x.example/a",
    )
    job = factories.make_job(cast.mia, cast.credential, voice=voice)

    page = Page(ana.get(f"/voices/{voice.pk}/"))

    for words in ("Zoë", "Warm.", "Female", "feminine", "English (UK), German", voice.remote_id,
                  "Nov 21, 2026", "Tiers", "pro", "Mia", "Ada", "Delete…"):  # fmt: skip
        assert words in page.text, words
    assert page.find("a", href=f"/jobs/{job.pk}/")
    assert page.find("header", data_src=f"/voices/{voice.pk}/preview/")
    assert page.find("button", data_copy=voice.remote_id)


def test_delete_is_offered_only_to_admins_and_only_for_deletable_voices(cast, ana, mia):
    clone, library = factories.make_clone(cast.account), factories.make_voice(cast.account)

    def offers(client: Client, voice: Voice) -> bool:
        return "Delete…" in Page(client.get(f"/voices/{voice.pk}/")).text

    assert (offers(ana, clone), offers(ana, library), offers(mia, clone)) == (True, False, False)


def test_a_voice_that_the_provider_cannot_delete_can_be_hidden(cast, ana):
    account = factories.make_account(cast.aurora, provider="stepfun")
    clone = factories.make_clone(account)

    page = Page(ana.get(f"/voices/{clone.pk}/"))

    assert "Delete…" not in page.text
    assert "StepFun can't delete voices." in page.text
    assert "Hide here" in page.text


def test_a_deleted_voice_keeps_its_page_and_shows_since_when(cast, mia):
    remote_deleted_at = factories.NOW + timedelta(hours=1)
    voice = factories.make_clone(
        cast.account, remote_deleted_at=remote_deleted_at, gone_reason="Deleted by Ana with plan 7."
    )

    page = Page(mia.get(f"/voices/{voice.pk}/"))

    assert "This voice has been gone since Nov 21, 2026, 13:00." in page.text
    assert "Deleted by Ana with plan 7." in page.text
    assert not page.find("button", data_play="")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"state": "pending"}, "Processing"),
        ({"state": "failed"}, "Failed"),
        ({"problem": "age."}, "age."),
        ({}, "Generate (about"),
    ],
)
def test_a_voice_page_says_why_there_is_no_preview(cast, mia, values, words):
    voice = factories.make_voice(cast.account, **values)

    assert words in Page(mia.get(f"/voices/{voice.pk}/")).text


def test_the_start_page_redirects_to_the_voices(client):
    response = client.get("/")

    assert (response.status_code, response["Location"]) == (302, "/voices/")


def test_labels_set_on_a_voice_page_say_where_they_apply(cast, mia):
    account = factories.make_account(cast.aurora, provider="stepfun")
    clone = factories.make_clone(account, gender="unknown")

    before = Page(mia.get(f"/voices/{clone.pk}/"))
    response = mia.post(f"/voices/{clone.pk}/relabel/", {"gender": "female", "language": "zh"})
    after = Page(mia.get(response.url))

    assert "where they replace the labels from" in before.text
    assert "team label" in after.text
    assert "Set by your team, only in Voiceboard. No gender from StepFun." in after.text
    assert shown(mia.get("/voices/?gender=female&language=zh")) == [clone.name]


def test_an_unknown_label_is_refused(cast, mia):
    clone = factories.make_clone(cast.account)

    response = mia.post(f"/voices/{clone.pk}/relabel/", {"gender": "royal"}, follow=True)

    assert "aren't valid for a voice" in Page(response).text
    assert Voice.objects.get(pk=clone.pk).own_labels == {}
