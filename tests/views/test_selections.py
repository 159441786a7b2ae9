"""The table layout, selecting many voices, bulk actions on them, and exports."""

import csv
import io
import json
import re

import pytest

from catalog.models import (
    CleanupPlan,
    Collection,
    Consent,
    Preference,
    PreviewClip,
    Rating,
    Selection,
    Tag,
    Voice,
    VoiceLabel,
)
from catalog.models.comparisons import MOST_VOICES
from catalog.queries.searches.filters import COLUMNS
from catalog.queries.voices.export import EXPORT_COLUMNS
from catalog.services import searches
from tests import factories
from tests.views.conftest import Page


def read_csv(response) -> list[dict[str, str]]:
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def shelf(cast) -> list[Voice]:
    names = [f"Voice {place:02d}" for place in range(30)]
    return [factories.make_clone(cast.account, name, gender="female") for name in names]


# The table


def test_the_table_has_the_person_s_own_columns_and_checkboxes(cast, mia, ana, shelf):
    shelf[0].accent = "british"
    shelf[0].save()
    sent = {"has_columns": "1", "columns": ["gender", "id"], "layout": "table"}
    mia.post("/preferences/view/", sent)

    page, others = Page(mia.get("/voices/")), Page(ana.get("/voices/?layout=table"))

    assert len(page.find("input", type="checkbox", name="id")) == 24
    assert shelf[0].remote_id in page.text
    assert "British" not in page.text.split("Voice 00")[1].split("Voice 01")[0]
    assert "British" in others.text.split("Voice 00")[1].split("Voice 01")[0]
    assert Preference.objects.get(user=cast.mia).columns == ["gender", "id"]
    assert page.find("button", name="all", value="1")


def test_selecting_no_columns_is_remembered_too(cast, mia, shelf):
    mia.post("/preferences/view/", {"has_columns": "1", "layout": "table"})

    assert Preference.objects.get(user=cast.mia).columns == []
    assert "Voice 00" in Page(mia.get("/voices/")).text


# Selecting


def test_selected_voices_are_frozen_and_shown(mia, shelf):
    chosen = [shelf[3].pk, shelf[1].pk]

    page = Page(mia.post("/selections/", {"id": chosen}, follow=True))

    assert "2 voices selected" in page.text
    assert ("Voice 03" in page.text, "Voice 02" in page.text) == (True, False)


def test_select_all_matching_keeps_exactly_those_when_another_voice_is_added(cast, mia, shelf):
    factories.make_voice(cast.account, "Another", gender="male")
    mia.post("/selections/", {"all": "1", "query": "gender=female&sort=-name"})
    selection = Selection.objects.get()

    factories.make_clone(cast.account, "Voice 99", gender="female")
    page = Page(mia.get(f"/selections/{selection.pk}/"))

    assert "30 voices selected" in page.text
    assert "Voice 99" not in page.text
    assert selection.voice_ids == [voice.pk for voice in reversed(shelf)]


def test_foreign_or_malformed_ids_are_left_out_of_a_selection(cast, mia, shelf):
    foreign = factories.make_voice(cast.other_account)
    sent = [str(foreign.pk), "x", "9" * 30, str(shelf[0].pk)]

    page = Page(mia.post("/selections/", {"id": sent}, follow=True))

    assert "1 voice selected" in page.text
    assert "You selected 2; the others are no longer visible to you." in page.text


def test_an_empty_or_too_large_selection_shows_an_error(mia, shelf, monkeypatch):
    nothing = mia.post("/selections/", {"query": "q=voice"}, follow=True)
    monkeypatch.setattr(searches, "MOST_SELECTED", 5)
    much = mia.post("/selections/", {"all": "1", "query": ""}, follow=True)

    assert "Select at least one voice." in Page(nothing).text
    assert "voices. Narrow the filter." in Page(much).text
    assert not Selection.objects.exists()


# Bulk actions


@pytest.fixture
def chosen(cast, shelf) -> Selection:
    return factories.make_selection(cast.ana, cast.aurora, *shelf[:3])


def test_a_selection_can_be_tagged_and_collected_in_its_order(ana, chosen, shelf):
    ana.post(f"/selections/{chosen.pk}/tag/", {"tags": "narrator"})
    ana.post(f"/selections/{chosen.pk}/collect/", {"name": "Shortlist"})

    assert Tag.objects.get().uses.count() == 3
    entries = Collection.objects.get().entries.order_by("position")
    assert [entry.voice for entry in entries] == shelf[:3]


def test_a_selection_can_be_archived_and_unarchived(ana, chosen):
    page = Page(ana.post(f"/selections/{chosen.pk}/archive/", follow=True))

    assert Voice.objects.archived().count() == 3
    assert page.find("form", action=f"/selections/{chosen.pk}/unarchive/")
    ana.post(f"/selections/{chosen.pk}/unarchive/")
    assert Voice.objects.archived().count() == 0


def test_a_selection_becomes_a_dry_run_of_what_can_be_deleted(cast, ana, chosen):
    library = factories.make_voice(cast.account)
    chosen.voice_ids.append(library.pk)
    chosen.save()

    response = ana.post(f"/selections/{chosen.pk}/delete/")

    plan = CleanupPlan.objects.get()
    assert response["Location"] == f"/cleanup/plans/{plan.pk}/"
    assert {line.voice_id for line in plan.lines.all()} == set(chosen.voice_ids[:3])
    assert not plan.is_approved


def test_each_bulk_change_says_what_it_did_and_can_be_undone(cast, ana, chosen, shelf):
    owner = cast.mia.memberships.get()
    changes = {
        "tag": ({"tags": "narrator"}, "3 voices tagged with narrator."),
        "untag": ({"tags": "narrator"}, "3 voices no longer tagged with narrator."),
        "rate": ({"value": "4"}, "3 voices rated 4 of 5."),
        "relabel": ({"gender": "-", "accent": "British"}, "Labels of 3 voices changed."),
        "protect": ({"kind": "pin", "reason": "Ours"}, "3 voices pinned."),
        "unprotect": ({}, "Protection of 3 voices lifted."),
        "owner": ({"owner": owner.pk, "reason": "Hers."}, "3 voices now belong to Mia."),
        "archive": ({}, "3 voices archived."),
        "unarchive": ({}, "3 voices are back in the list."),
    }
    for name, (sent, words) in changes.items():
        page = Page(ana.post(f"/selections/{chosen.pk}/{name}/", sent, follow=True))

        assert page.text.count(words) == 2, name
        assert page.find("form", action=f"/selections/{chosen.pk}/undo/"), name
    assert Voice.objects.get(pk=shelf[0].pk).own_labels == {"accent": "british"}
    page = Page(ana.post(f"/selections/{chosen.pk}/undo/", follow=True))
    assert Voice.objects.archived().count() == 3
    assert not page.find("form", action=f"/selections/{chosen.pk}/undo/")


def test_voices_that_a_change_left_out_are_named_with_the_reason(ana, chosen, shelf):
    shelf[1].is_owned = False
    shelf[1].save()

    page = Page(ana.post(f"/selections/{chosen.pk}/protect/", {"kind": "pin"}, follow=True))

    assert "2 voices pinned." in page.text
    left = " ".join(page.text.split("1 voice was not changed:")[1].split())
    assert left.startswith("Never deleted by a cleanup, so it needs no protection Voice 01")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("tag", "Enter at least one tag."),
        ("rate", "Choose a rating."),
        ("relabel", "Choose at least one label to change."),
        ("owner", "Choose the new owner."),
        ("undo", "There is nothing to undo anymore."),
    ],
)
def test_a_bulk_change_without_a_value_says_what_is_missing(ana, chosen, name, words):
    assert words in Page(ana.post(f"/selections/{chosen.pk}/{name}/", follow=True)).text


def test_a_selection_fills_the_comparison_as_far_as_it_holds(ana, cast, shelf):
    mute = factories.make_voice(cast.account, "Mute", state="mute")
    chosen = factories.make_selection(cast.ana, cast.aurora, mute, *shelf[10:0:-1])

    page = Page(ana.post(f"/selections/{chosen.pk}/compare/", follow=True))

    assert f"{MOST_VOICES} of 11 voices are in the comparison." in page.text
    assert ana.session["tray"] == [voice.pk for voice in shelf[10:2:-1]]
    only_mute = factories.make_selection(cast.ana, cast.aurora, mute)
    page = Page(ana.post(f"/selections/{only_mute.pk}/compare/", follow=True))
    assert "None of these voices can be added to the comparison." in page.text


def test_every_layout_has_a_checkbox_for_each_voice(mia, shelf):
    for layout in ("cards", "list", "table"):
        page = Page(mia.get(f"/voices/?layout={layout}"))

        assert len(page.find("input", type="checkbox", name="id")) == 24, layout


def test_a_member_is_offered_only_the_actions_they_can_do(cast, mia, shelf):
    selection = factories.make_selection(cast.mia, cast.aurora, *shelf[:3])
    address = f"/selections/{selection.pk}"

    page = Page(mia.get(f"{address}/"))

    actions = {form.get("action") for form in page.find("form")}
    assert f"{address}/tag/" in actions
    assert not actions & {f"{address}/archive/", f"{address}/delete/"}
    assert mia.post(f"{address}/archive/").status_code == 403
    assert mia.post(f"{address}/delete/").status_code == 403


# Exports


@pytest.mark.parametrize(
    "query",
    [
        "gender=female",
        "q=voice+0&sort=-name",
        "layout=table&page=2",
        "q=nothing",
        "q=gender+%3D+female+AND+NOT+name+%3D+%2203%22",
        "q=gendre+%3D+female",
    ],
)
def test_an_export_has_exactly_the_rows_that_the_pages_show(cast, mia, shelf, query):
    factories.make_voice(cast.account, "Male", gender="male")
    factories.make_voice(cast.account, "Away", archived_at=factories.NOW)
    factories.make_voice(cast.other_account, "Foreign")

    rows = read_csv(mia.get(f"/voices/export.csv?{query}"))
    first, second = (mia.get(f"/voices/?{query.replace('page=2', '')}&page={n}") for n in (1, 2))

    shown = [
        tag["data-name"]
        for response in (first, second)
        for kind in ("li", "tr")
        for tag in Page(response).find(kind)
        if "data-name" in tag
    ]
    assert [row["name"] for row in rows] == list(dict.fromkeys(shown))


def test_an_export_contains_origin_consent_and_annotations(cast, mia):
    voice = factories.make_clone(cast.account, "Zoë 小美", languages=("en-GB", "de"))
    job = factories.make_job(cast.ana, cast.credential, voice=voice)
    factories.make_tag(cast.aurora, "calm", voice)
    factories.make_note(cast.ana, voice, "For trailers")
    factories.make_note(cast.ana, voice, "Withdrawn", removed_at=factories.NOW)

    text = b"".join(mia.get("/voices/export.json").streaming_content).decode()
    [row] = json.loads(text)

    assert list(row) == list(EXPORT_COLUMNS)
    assert "小美" in text
    assert (row["name"], row["languages"], row["tags"]) == ("Zoë 小美", ["en-GB", "de"], ["calm"])
    assert row["notes"] == ["Ana: For trailers"]
    assert (row["speaker"], row["consent_by"], row["cloned_by"]) == ("Ada", "Ana", "Ana")
    assert row["sample_sha256"] == factories.sample_of(job).sha256
    [line] = read_csv(mia.get("/voices/export.csv"))
    assert (line["languages"], line["speaker"]) == ("en-GB; de", "Ada")


# What the list and the page of a voice show, and the columns that hold it.
SHOWN = {
    **{name: name for name in ("Gender", "Age", "Accent", "Kind", "Languages", "Collections")},
    "Voice ID": "voice_id",
    "Language": "languages",
    "Use case": "use_cases",
    "Style": "styles",
    "Created": "made_at",
    "Last changed here": "changed_at",
    "Ends": "ends_at",
    "Plan": "plan_note",
    "Pace": "details",
    "Provider": "provider",
    "Tags": "tags",
    "Rating": "rating",
    "Length": "preview_seconds",
    "Last used": "last_used_at",
    "Owner": "owner",
    "Protected": "protection",
    "Speaker": "speaker",
    "Agreed by": "consent_given_by",
    "Attested by": "consent_by",
    "Basis": "consent_relation",
    "Allowed use": "consent_use",
    "Until": "consent_until",
    "Statement": "consent_statement",
    "Proof": "consent_proof",
    "Cloned by": "cloned_by",
    "Taken over by": "taken_over_by",
    "Samples": "sample_file",
}
# Links to other pages about the voice, which aren't facts about it.
LINKED = {"Related clones", "Comparisons", "Your lists", "Cleanup plans", "Starred by"}


def test_an_export_has_a_column_with_a_value_for_everything_the_pages_show(cast, ana):
    voice = factories.make_clone(
        cast.account,
        "Ada",
        gender="female",
        age="young",
        accent="british",
        details={"pace": "slow"},
        ends_at=factories.NOW,
        end_note="Ends soon.",
        plan_note="a paid plan",
        remote_created_at=factories.NOW,
    )
    job = factories.make_job(cast.ana, cast.credential, voice=voice, kept_by=cast.mia)
    values = {"given_by": "Her mother", "ends_on": factories.NOW.date(), "proof_path": "p"}
    Consent.objects.update(**values, proof_filename="agreed.pdf")
    VoiceLabel.objects.create(voice=voice, facet="badge", value="verified")
    VoiceLabel.objects.create(voice=voice, facet="style", value="calm")
    factories.protect(voice, cast.ana, reason="Ours")
    factories.make_use(voice, played_at=factories.NOW)
    factories.make_tag(cast.aurora, "calm", voice)
    factories.make_collection(cast.ana, cast.aurora, voice, name="Own list")
    factories.make_collection(cast.mia, cast.aurora, voice, name="Private to Mia")
    Rating.objects.create(user=cast.ana, voice=voice, value=5)
    Rating.objects.create(user=cast.mia, voice=voice, value=2)
    PreviewClip.objects.create(
        voice=voice, source="s", path="p", content_type="audio/mpeg", size=1, seconds=3.25,
        fetched_at=factories.NOW,
    )  # fmt: skip

    html = ana.get(f"/voices/{voice.pk}/").content.decode()
    [row] = json.loads(b"".join(ana.get("/voices/export.json").streaming_content))
    [line] = read_csv(ana.get("/voices/export.csv"))

    shown = {" ".join(words.split()) for words in re.findall(r"<dt[^>]*>([^<]*)</dt>", html)}
    facts = (shown | set(COLUMNS.values())) - LINKED
    assert "Owner" in facts
    assert "Basis" in facts
    for name in facts:
        column = SHOWN[name].lower()
        assert row[column], name
        assert line[column], name
    assert (row["account"], row["owner"]) == (cast.account.label, "Mia")
    assert (row["badges"], row["collections"]) == (["verified"], ["Own list"])
    assert (row["my_rating"], row["rating"], row["rating_count"]) == (5, 3.5, 2)
    assert (row["ends_at"][:10], row["consent_until"]) == ("2026-11-21", "2026-11-21")
    assert row["consent_relation"] == job.batch.consent.relation
    assert line["details"] == '{"pace": "slow"}'


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "＝"])
def test_csv_cells_that_a_spreadsheet_would_run_are_escaped(cast, mia, start):
    factories.make_voice(cast.account, f'{start}HYPERLINK("x")', description=f"{start}1+1")

    response = mia.get("/voices/export.csv")

    assert response["Content-Disposition"].endswith('.csv"')
    [row] = read_csv(response)
    assert row["name"].startswith(f"'{start}")
    assert row["description"].startswith(f"'{start}")


def test_an_empty_export_is_valid(mia):
    assert b"".join(mia.get("/voices/export.json").streaming_content) == b"[]\n"
    assert read_csv(mia.get("/voices/export.csv")) == []


def test_an_export_is_streamed_without_extra_queries_per_voice(
    cast, mia, shelf, django_assert_max_num_queries
):
    # Three of these queries read which key sets hide voices, and one which index is newest.
    with django_assert_max_num_queries(38):
        parts = list(mia.get("/voices/export.csv").streaming_content)

    assert len(parts) == 31


def test_only_two_exports_run_at_once_and_each_gives_its_place_back(mia, shelf):
    open_ones = [mia.get("/voices/export.csv") for _ in range(2)]

    refused = mia.get("/voices/export.csv")
    assert refused.status_code == 503
    assert "Try again in a minute" in refused.content.decode()

    # One was read to its end, the other wasn't read at all.
    assert b"".join(open_ones[0].streaming_content)
    for response in open_ones:
        response.close()
    assert mia.head("/voices/export.csv").status_code == 200
    assert mia.get("/voices/export.csv").status_code == 200


def test_a_selection_can_be_exported(ana, chosen):
    assert [row["name"] for row in read_csv(ana.get(f"/selections/{chosen.pk}/export.csv"))] == [
        "Voice 00", "Voice 01", "Voice 02"
    ]  # fmt: skip


# Code snippets


def test_a_voice_page_has_code_snippets_with_its_id_and_a_placeholder_key(cast, mia):
    voice = factories.make_voice(cast.account, remote_id="r-77")
    gone = factories.make_voice(cast.account, remote_deleted_at=factories.NOW)

    page, without = Page(mia.get(f"/voices/{voice.pk}/")), Page(mia.get(f"/voices/{gone.pk}/"))

    copied = [each["data-copy"] for each in page.find("button") if "data-copy" in each]
    assert copied[0] == "r-77"
    for text in copied[1:]:
        assert "https://api.elevenlabs.io/v1/text-to-speech/r-77?" in text
        assert "YOUR_API_KEY" in text
    assert len(copied) == 3
    assert "YOUR_API_KEY" not in without.text


def test_a_clone_with_a_separate_tts_id_uses_it_in_code_snippets(cast, mia):
    account = factories.make_account(cast.aurora, provider="telnyx")
    ready = factories.make_clone(account, details={"tts_voice_id": "Telnyx.Natural.ada"})
    untold = factories.make_clone(account)

    assert "Telnyx.Natural.ada" in Page(mia.get(f"/voices/{ready.pk}/")).text
    assert "YOUR_API_KEY" not in Page(mia.get(f"/voices/{untold.pk}/")).text
