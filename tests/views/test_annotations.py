"""Pages of stars, tags, notes, and ratings, with htmx and without scripts."""

import pytest

from catalog.models import AuditEntry, Note, Rating, Star, Tag
from tests import factories
from tests.views.conftest import PARTIAL, Page


@pytest.fixture
def voice(cast):
    return factories.make_voice(cast.account, "Rachel")


def test_starring_swaps_the_button_and_offers_undo(mia, voice):
    response = mia.post(f"/voices/{voice.pk}/star/", {"on": "1"}, headers=PARTIAL)

    page = Page(response)
    star, undo = page.find("button", hx_post=f"/voices/{voice.pk}/star/")
    assert (star["id"], star["aria-pressed"], star["value"]) == (f"star-{voice.pk}", "true", "0")
    assert undo["value"] == "0"
    assert "Starred Rachel." in page.text
    assert Star.objects.count() == 1
    mia.post(f"/voices/{voice.pk}/star/", {"on": "0"}, headers=PARTIAL)
    assert Star.objects.count() == 0


@pytest.mark.parametrize(
    ("referer", "target"),
    [
        ("http://testserver/voices/?q=ra", "/voices/?q=ra#v-{}"),
        ("http://evil.example/voices/", "/voices/{}/"),
        ("http://testserver//evil.example/", "/voices/{}/"),
        ("", "/voices/{}/"),
    ],
)
def test_without_scripts_starring_returns_to_the_page_it_came_from(mia, voice, referer, target):
    response = mia.post(f"/voices/{voice.pk}/star/", {"on": "1"}, headers={"Referer": referer})

    assert (response.status_code, response["Location"]) == (302, target.format(voice.pk))


def test_a_star_is_shown_only_to_the_person_who_set_it(mia, ana, voice):
    mia.post(f"/voices/{voice.pk}/star/", {"on": "1"})

    for client, pressed in ((mia, "true"), (ana, "false")):
        star = Page(client.get("/voices/")).find("button", id=f"star-{voice.pk}")
        assert [each["aria-pressed"] for each in star] == [pressed]


def test_tags_are_added_removed_and_shown_on_the_card(mia, voice):
    response = mia.post(f"/voices/{voice.pk}/tags/", {"tags": "calm, Narrator,"}, headers=PARTIAL)

    page = Page(response)
    assert page.find("a", href="/voices/?tag=calm")
    assert "autofocus" in page.find("input", id="id_tags")[0]
    assert page.find("option", value="Narrator")
    assert page.ids.count("marks") == 1
    assert "Narrator" in Page(mia.get("/voices/")).text
    mia.post(f"/voices/{voice.pk}/tags/{Tag.objects.get(name='calm').pk}/remove/")
    assert [tag.name for tag in Tag.objects.all()] == ["Narrator"]


def test_rejected_tags_stay_in_their_field(mia, voice):
    posted = {"tags": f"calm, {'x' * 41}"}

    page = Page(mia.post(f"/voices/{voice.pk}/tags/", posted, headers=PARTIAL))

    assert page.find("input", id="id_tags")[0]["value"] == posted["tags"]


@pytest.mark.parametrize(
    ("path", "posted", "words"),
    [
        ("tags/", {"tags": " , "}, "Enter at least one tag."),
        ("tags/", {"tags": "x" * 41}, "A tag can have at most 40 characters."),
        ("tags/", {"tags": ",".join("abcdefghijk")}, "You can add at most 10 tags at once."),
        ("notes/", {"text": ""}, "Enter a note."),
        ("notes/", {"text": "x" * 2001}, "A note can have at most 2,000 characters."),
        ("rating/", {"value": "6"}, "less than or equal to 5"),
    ],
)
def test_invalid_annotations_show_an_error_and_store_nothing(mia, voice, path, posted, words):
    swapped = mia.post(f"/voices/{voice.pk}/{path}", posted, headers=PARTIAL)
    plain = mia.post(f"/voices/{voice.pk}/{path}", posted, follow=True)

    assert swapped.status_code == 422
    assert words in Page(swapped).text
    assert words in Page(plain).text
    assert not Tag.objects.exists() | Note.objects.exists() | Rating.objects.exists()
    assert not AuditEntry.objects.exists()


def test_a_note_can_be_added_edited_removed_and_restored(mia, voice):
    mia.post(f"/voices/{voice.pk}/notes/", {"text": "Warm,\nslow."})
    note = Note.objects.get()
    mia.post(f"/notes/{note.pk}/", {"text": "Warm,\nquick."})

    page = Page(mia.post(f"/notes/{note.pk}/remove/", follow=True))

    assert page.find("form", action=f"/notes/{note.pk}/restore/")
    assert "quick" not in page.text
    restored = Page(mia.post(f"/notes/{note.pk}/restore/", follow=True))
    assert "Warm, quick." in restored.text


def test_ratings_show_your_own_and_the_average(ana, mia, voice):
    ana.post(f"/voices/{voice.pk}/rating/", {"value": "2"})

    page = Page(mia.post(f"/voices/{voice.pk}/rating/", {"value": "5"}, headers=PARTIAL))

    assert "3.5 of 5, from 2 ratings" in page.text
    assert {each["aria-pressed"] for each in page.find("button", name="value")[:5]} == {"true"}
    mia.post(f"/voices/{voice.pk}/rating/", {"value": "0"})
    assert "2 of 5, from 1 rating" in Page(mia.get(f"/voices/{voice.pk}/")).text


def test_archiving_hides_a_voice_from_the_list_and_can_be_undone(ana, mia, voice):
    page = Page(ana.post(f"/voices/{voice.pk}/archive/", follow=True))

    assert page.find("form", action=f"/voices/{voice.pk}/unarchive/")
    assert "Rachel archived." in page.text
    listed = Page(mia.get("/voices/"))
    assert not listed.find("li", **{"class": "card"})
    assert listed.find("input", name="archived", value="yes")
    assert Page(mia.get("/voices/?archived=yes")).find("li", **{"class": "card"})
    ana.post(f"/voices/{voice.pk}/unarchive/")
    assert Page(mia.get("/voices/")).find("li", **{"class": "card"})
