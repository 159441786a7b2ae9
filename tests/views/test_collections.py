"""Pages of collections, saved searches, view preferences, and new voices."""

from datetime import timedelta

import pytest

from catalog.models import Collection, Membership, Preference, SavedSearch
from tests import factories
from tests.views.conftest import PARTIAL, Page


@pytest.fixture
def voice(cast):
    yesterday = factories.NOW - timedelta(days=1)
    return factories.make_voice(cast.account, "Rachel", added_at=yesterday, changed_at=yesterday)


def test_a_collection_can_be_created_filled_ordered_and_removed_without_scripts(cast, mia, voice):
    mia.post("/collections/", {"name": "Trailers", "whose": "own"})
    collection = Collection.objects.get()
    mia.post(f"/voices/{voice.pk}/collections/", {"collection": collection.pk, "note": "Deep"})

    page = Page(mia.get(f"/collections/{collection.pk}/"))
    assert "Rachel" in page.text
    assert "Deep" in page.text
    entry = collection.entries.get()
    mia.post(f"/collections/{collection.pk}/entries/{entry.pk}/note/", {"note": "Slow"})
    mia.post(f"/collections/{collection.pk}/entries/{entry.pk}/move/", {"by": "1"})
    assert "Slow" in Page(mia.get(f"/collections/{collection.pk}/")).text
    mia.post(f"/collections/{collection.pk}/voices/{voice.pk}/remove/")
    assert "This collection is empty" in Page(mia.get(f"/collections/{collection.pk}/")).text
    removed = Page(mia.post(f"/collections/{collection.pk}/remove/", follow=True))
    assert removed.find("form", action=f"/collections/{collection.pk}/restore/")
    assert mia.get(f"/collections/{collection.pk}/").status_code == 404


def test_the_dialog_preselects_the_last_used_collection_and_offers_removal(cast, mia, voice):
    last = factories.make_collection(cast.mia, cast.aurora, name="Zulu")
    factories.make_collection(cast.mia, cast.aurora, name="Alpha")
    Preference.objects.create(user=cast.mia, last_collection=last)
    address = f"/voices/{voice.pk}/collections/"

    before = Page(mia.get(address, headers=PARTIAL))
    after = Page(mia.post(address, {"collection": last.pk}, headers=PARTIAL))

    assert not before.find("html")
    assert "selected" in before.find("option", value=str(last.pk))[0]
    assert after.find("button", hx_post=f"{address}{last.pk}/remove/")
    assert "Added to Zulu." in after.text
    again = Page(mia.post(address, {"collection": last.pk}, headers=PARTIAL))
    assert "This voice is already in Zulu." in again.text
    out = Page(mia.post(f"{address}{last.pk}/remove/", headers=PARTIAL))
    assert out.find("option", value=str(last.pk))


def test_a_new_collection_can_be_created_in_the_add_dialog(mia, voice):
    mia.post(f"/voices/{voice.pk}/collections/", {"name": "Fresh"})

    assert Collection.objects.get(name="Fresh").entries.get().voice == voice


def test_the_name_of_an_existing_collection_adds_to_it(mia, voice):
    mia.post(f"/voices/{voice.pk}/collections/", {"name": "Fresh"})
    mia.post(f"/voices/{voice.pk}/collections/", {"name": " fresh"})

    assert Collection.objects.get().name == "Fresh"


def test_the_voice_s_page_behind_the_dialog_shows_the_new_collection(mia, voice):
    shown = {"HX-Current-URL": f"http://testserver/voices/{voice.pk}/"}

    added = Page(
        mia.post(f"/voices/{voice.pk}/collections/", {"name": "Fresh"}, headers=PARTIAL | shown)
    )

    assert added.find("div", id="uses")
    assert "Fresh only you can see it" in " ".join(added.text.split())


@pytest.mark.parametrize("posted", [{}, {"name": "…"}, {"collection": "99999"}])
def test_an_empty_or_unknown_collection_choice_shows_an_error(mia, voice, posted):
    response = mia.post(f"/voices/{voice.pk}/collections/", posted, headers=PARTIAL)

    assert response.status_code == 422
    assert Page(response).find("p", role="alert")


def test_a_colleague_s_personal_collection_does_not_exist_for_others(cast, mia, ana, voice):
    theirs = factories.make_collection(cast.ana, cast.aurora, voice)

    closed, missing = (mia.get(f"/collections/{pk}/") for pk in (theirs.pk, 987_654))
    assert closed.status_code == missing.status_code == 404
    assert "is in Aurora too, ask them to share it with the team." in Page(closed).text
    assert Page(closed).text == Page(missing).text
    assert "Ana" not in Page(closed).text
    refused = mia.post(f"/voices/{voice.pk}/collections/", {"collection": theirs.pk})
    assert refused.status_code == 422
    page = Page(mia.get(f"/voices/?collection={theirs.pk}"))
    assert "Narrators" not in page.text


def test_a_collection_of_another_own_team_leads_to_that_team(cast, mia, sign_in):
    shared = factories.make_collection(cast.sam, cast.borealis, is_shared=True)
    personal = factories.make_collection(cast.sam, cast.borealis)
    address = f"/collections/{shared.pk}/"
    stranger = Page(mia.get(address))
    Membership.objects.create(user=cast.mia, team=cast.borealis, role="member")
    mia.post(f"/teams/{cast.aurora.pk}/choose/")

    page = Page(mia.get(address))

    assert "Borealis" not in stranger.text
    assert "This page belongs to Borealis" in page.text
    assert page.find("form", action=f"/teams/{cast.borealis.pk}/choose/")
    assert "belongs to Borealis" not in Page(mia.get(f"/collections/{personal.pk}/")).text
    there = mia.post(f"/teams/{cast.borealis.pk}/choose/", {"next": address, "stays": "1"})
    assert there.url == address


def test_shared_things_and_searches_offer_a_link_to_copy(cast, mia, voice):
    own = factories.make_collection(cast.mia, cast.aurora, voice)
    shared = factories.make_collection(cast.ana, cast.aurora, voice, is_shared=True)
    search = factories.make_search(cast.mia, cast.aurora, query="gender=female")

    assert Page(mia.get(f"/collections/{shared.pk}/")).find("button", data_link="")
    personal = Page(mia.get(f"/collections/{own.pk}/"))
    assert not personal.find("button", data_link="")
    assert personal.find("a", href=f"/collections/{own.pk}/change/")
    assert Page(mia.get("/voices/?gender=female")).find("button", data_link="")
    assert not Page(mia.get("/voices/")).find("button", data_link="")
    link = f"/voices/?gender=female&saved={search.pk}"
    assert Page(mia.get("/searches/")).find("button", data_link=link)
    assert Page(mia.get(link)).find("input", name="saved", value=str(search.pk))


def test_a_team_search_can_be_saved_opened_by_a_colleague_and_updated(cast, mia, ana, voice):
    form = Page(mia.get("/searches/add/?gender=female&page=3", headers=PARTIAL))
    query = form.find("input", name="query")[0]["value"]
    saved = mia.post("/searches/add/", {"name": "Women", "whose": "team", "query": query})
    search = SavedSearch.objects.get()

    assert saved["Location"] == f"/voices/?gender=female&sort=best&saved={search.pk}"
    opened = Page(ana.get(saved["Location"]))
    assert opened.find("input", name="saved", value=str(search.pk), form="filters")
    assert "Changed" not in opened.text
    changed = Page(ana.get(f"{saved['Location']}&age=old"))
    assert "Changed" in changed.text
    assert changed.find("form", action=f"/searches/{search.pk}/update/")
    assert changed.find("a", href="/searches/add/?gender=female&age=old&sort=best")
    ana.post(f"/searches/{search.pk}/update/", {"query": "gender=female&age=old"})
    search.refresh_from_db()
    assert search.query == "gender=female&age=old&sort=best"


def test_without_the_right_to_change_a_search_only_save_as_is_offered(cast, mia, voice):
    search = factories.make_search(cast.ana, cast.aurora, query="sort=best", is_shared=True)

    page = Page(mia.get(f"/voices/?gender=male&saved={search.pk}"))

    assert "Save as…" in page.text
    assert not page.find("form", action=f"/searches/{search.pk}/update/")


def test_another_person_s_private_search_in_the_address_opens_nothing(cast, mia, voice):
    search = factories.make_search(cast.ana, cast.aurora, name="Secret plan")

    page = Page(mia.get(f"/voices/?saved={search.pk}"))

    assert "Secret plan" not in page.text
    assert not page.find("input", name="saved")


def test_a_search_can_be_renamed_removed_and_restored(cast, mia):
    search = factories.make_search(cast.mia, cast.aurora)
    values = {"name": "Deep", "whose": "own", "query": search.query}
    mia.post(f"/searches/{search.pk}/", values)

    page = Page(mia.post(f"/searches/{search.pk}/remove/", follow=True))

    assert page.find("form", action=f"/searches/{search.pk}/restore/")
    restored = Page(mia.post(f"/searches/{search.pk}/restore/", follow=True))
    assert "Deep" in restored.text


def test_layout_and_order_are_remembered_per_person_but_the_address_wins(cast, mia, ana, voice):
    mia.post("/preferences/view/", {"layout": "list", "sort": "newest"})

    page = Page(mia.get("/voices/"))
    assert page.find("ol", **{"class": "cards list"})
    assert "selected" in page.find("option", value="newest")[0]
    assert Page(mia.get("/voices/?layout=cards")).find("ol", **{"class": "cards cards"})
    assert Page(ana.get("/voices/")).find("ol", **{"class": "cards cards"})
    swapped = mia.get("/voices/?layout=cards&sort=best", headers=PARTIAL)
    assert swapped["HX-Push-Url"] == "/voices/?sort=best&layout=cards"


def test_an_unknown_layout_or_order_is_not_remembered(mia):
    mia.post("/preferences/view/", {"layout": "spiral", "sort": "loudest"})

    assert not Preference.objects.exists()


def test_new_voices_are_counted_on_the_list_until_marked_as_seen(cast, mia, voice):
    Preference.objects.create(user=cast.mia, news_since=factories.NOW - timedelta(days=2))

    assert Page(mia.get("/voices/")).find("b", **{"class": "badge"})
    page = Page(mia.get("/voices/new/"))
    assert "1 added, 0 changed, 0 gone" in page.text
    until = page.find("input", name="until")[0]["value"]
    factories.make_voice(
        cast.account,
        "Late",
        added_at=factories.NOW + timedelta(days=3650),
        changed_at=factories.NOW + timedelta(days=3650),
    )
    seen = Page(mia.post("/voices/new/", {"until": until}, follow=True))

    assert "Rachel" not in seen.text
    assert "Late" in seen.text


@pytest.mark.parametrize("until", ["nan", "inf", "-1e30", "x", ""])
def test_an_invalid_until_value_means_now(mia, until):
    assert mia.post("/voices/new/", {"until": until}).status_code == 302


def test_only_a_post_records_a_visit(cast, mia):
    mia.get("/voices/")
    assert not Preference.objects.exists()

    assert mia.post("/visits/").status_code == 204
    assert Preference.objects.get().seen_at
