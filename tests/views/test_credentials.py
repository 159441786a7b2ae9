"""Pages of API keys: keys are added, shared, replaced, and removed, but never shown again."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import Credential, Membership, ProviderAccount, SyncRun
from tests import factories
from tests.factories import NOW
from tests.views.conftest import PARTIAL, Page

KEY = "sk_a-key-that-only-this-test-knows"


def add(client, **values: str):
    posted = {"provider": "elevenlabs", "api_key": KEY, "nickname": "Studio", "is_shared": "on"}
    return client.post("/keys/add/", {**posted, **values}, follow=True)


def test_an_added_key_is_listed_only_by_name_and_last_four_characters(
    mia, cast, wakes, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        response = add(mia)

    credential = Credential.objects.get(owner=cast.mia)
    text = Page(response).text
    assert response.redirect_chain == [("/keys/", 302)]
    assert "Key saved. Checking what it can do…" in text
    assert "Studio" in text
    assert "key ending in nows" in text
    assert KEY not in response.content.decode()
    assert (credential.is_shared, credential.team) == (True, cast.aurora)
    assert wakes == [("catalog.check_credential", str(credential.pk))]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"provider": "nobody"}, "Voiceboard doesn't support this provider."),
        ({"provider": ""}, "This field is required."),
        ({"api_key": ""}, "This field is required."),
        ({"api_key": "sk_0123 456789"}, "This key contains a space or a line break."),
        ({"api_key": "sk_0123\r\nX-Evil: 1"}, "This key contains a space or a line break."),
        ({"api_key": "ключ" * 9}, "This doesn't look like a key"),
        ({"api_key": "k" * 10_000}, "at most 2000 characters"),
        ({"nickname": "n" * 10_000}, "at most 80 characters"),
    ],
)
def test_an_invalid_field_shows_an_error_and_the_key_is_not_put_back(mia, cast, values, words):
    response = add(mia, **values)

    assert response.status_code == 422
    assert words in Page(response).text
    assert KEY not in response.content.decode()
    if len(values.get("api_key", "")) > 8:
        assert values["api_key"] not in response.content.decode()
    assert not Credential.objects.filter(owner=cast.mia).exists()


def test_an_empty_form_shows_which_fields_are_required(mia):
    response = mia.post("/keys/add/")

    assert response.status_code == 422
    assert Page(response).text.count("This field is required.") == 2


def test_a_viewer_sees_why_they_cannot_add_keys_and_posting_changes_nothing(cast, sign_in):
    viewer = sign_in(factories.make_user("Vic", cast.aurora, Membership.Role.VIEWER))

    seen, posted = viewer.get("/keys/add/"), add(viewer)

    assert (seen.status_code, posted.status_code) == (403, 403)
    assert "Your role can't add keys." in Page(seen).text
    assert not Page(seen).find("input", name="api_key")
    assert Credential.objects.count() == 2


def test_browsers_do_not_store_or_autofill_the_key_field(mia):
    (field,) = Page(mia.get("/keys/add/")).find("input", name="api_key")

    assert (field["type"], field["autocomplete"], field["spellcheck"]) == (
        "password",
        "off",
        "false",
    )
    assert "value" not in field


def test_own_and_shared_keys_are_labeled_and_only_own_ones_can_be_changed(mia, ana, cast):
    def offers(client) -> bool:
        return bool(
            Page(client.get("/keys/")).find("a", href=f"/keys/{cast.credential.pk}/replace/")
        )

    text = Page(mia.get("/keys/")).text

    assert "owned by Ana, shared with Aurora" in " ".join(text.split())
    assert (offers(ana), offers(mia)) == (True, False)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"health": "good"}, "Works"),
        ({"health": "limited", "problem": "voices_write is missing."}, "voices_write is missing."),
        ({"health": "rejected", "problem": "Not accepted."}, "Rejected"),
        ({"health": "unreachable", "problem": "No network."}, "No response"),
        ({"health": "unchecked"}, "Being checked"),
        (
            {"health": "good", "check_asked_at": NOW, "checked_at": NOW - timedelta(hours=1)},
            "being checked again",
        ),
        ({"health": "good", "check_asked_at": NOW, "checked_at": NOW}, "Works"),
    ],
)
def test_a_key_shows_its_health_and_polls_only_while_it_is_checked(mia, cast, values, words):
    Credential.objects.filter(pk=cast.credential.pk).update(**values)
    path = f"/keys/{cast.credential.pk}/"

    page, part = Page(mia.get(path)), Page(mia.get(path, headers=PARTIAL))

    assert words in page.text
    (row,) = part.find("li", id=f"key-{cast.credential.pk}")
    assert (row.get("hx-get") == path) is ("eing checked" in words)
    assert not part.find("html")


@pytest.mark.parametrize(("health", "is_alarm"), [("rejected", True), ("unreachable", False)])
def test_only_a_rejected_key_looks_broken(mia, cast, health, is_alarm):
    Credential.objects.filter(pk=cast.credential.pk).update(health=health)

    text = mia.get(f"/keys/{cast.credential.pk}/", headers=PARTIAL).text

    assert ("s-failed" in text) is is_alarm


def test_a_replacement_key_waits_beside_the_old_one_and_is_never_shown(ana, mia, cast, wakes):
    response = ana.post(f"/keys/{cast.credential.pk}/replace/", {"api_key": KEY}, follow=True)

    text = Page(response).text
    assert f"The new key ending in {KEY[-4:]} is being tested. The old one stays in use." in text
    assert KEY not in response.content.decode()
    assert "is being tested" not in Page(mia.get("/keys/")).text


@pytest.mark.parametrize(
    ("values", "words", "choices"),
    [
        ({"state": "other", "label": "Other (free)"}, "opens another account, Other (free)", 1),
        ({"state": "untold"}, "doesn't say which account the new key", 2),
        ({"state": "refused", "problem": "Not known."}, "was refused; the old one stays.", 0),
    ],
)
def test_a_replacement_s_state_is_shown_with_the_available_choices(
    ana, cast, wakes, values, words, choices
):
    factories.make_replacement(cast.credential, KEY, **values)

    page = Page(ana.get("/keys/"))

    assert words in page.text
    assert len(page.find("button", name="account")) == choices
    assert KEY not in page.text


def test_a_replacement_for_another_account_can_be_canceled_or_confirmed(ana, cast, wakes):
    path = f"/keys/{cast.credential.pk}/replace/"
    factories.make_replacement(cast.credential, KEY, state="other")

    ana.post(f"{path}cancel/")
    assert Credential.objects.get(pk=cast.credential.pk).secrets()["api_key"] != KEY
    factories.make_replacement(cast.credential, KEY, state="other")
    ana.post(f"{path}confirm/", {"account": "other"})

    assert Credential.objects.get(pk=cast.credential.pk).secrets() == {"api_key": KEY}


def test_an_old_key_shows_its_age_and_can_be_renamed(ana, cast, settings):
    Credential.objects.filter(pk=cast.credential.pk).update(created_at=NOW - timedelta(days=400))
    old = Page(ana.get("/keys/")).text
    Credential.objects.filter(pk=cast.credential.pk).update(replaced_at=timezone.now())
    fresh = Page(ana.get("/keys/")).text

    ana.post(f"/keys/{cast.credential.pk}/rename/", {"nickname": "Studio"})

    assert "old. Create a new one at ElevenLabs, then replace it here." in old
    assert "old. Create" not in fresh
    assert "Studio" in Page(ana.get("/keys/")).text


def test_a_rejected_key_still_shows_what_it_could_do(ana, cast):
    Credential.objects.filter(pk=cast.credential.pk).update(health="rejected", problem="Revoked.")

    text = Page(ana.get("/keys/")).text

    assert "Rejected" in text
    assert "List voices" in text


def test_an_invalid_replacement_leaves_the_old_key(ana, cast):
    before = bytes(cast.credential.sealed)

    response = ana.post(f"/keys/{cast.credential.pk}/replace/", {"api_key": "a b"})

    assert response.status_code == 422
    assert bytes(Credential.objects.get(pk=cast.credential.pk).sealed) == before


def test_sharing_can_be_turned_off_and_on_with_a_message(ana, mia, cast):
    path = f"/keys/{cast.credential.pk}/share/"

    off = ana.post(path, {"is_shared": "0"}, follow=True)
    assert "The key is no longer shared." in Page(off).text
    assert mia.get(f"/keys/{cast.credential.pk}/").status_code == 404
    on = ana.post(path, {"is_shared": "1"}, follow=True)
    assert "Your team can now use this key." in Page(on).text
    assert mia.get(f"/keys/{cast.credential.pk}/").status_code == 200


def test_removing_a_key_asks_for_confirmation_first(ana, cast):
    path = f"/keys/{cast.credential.pk}/remove/"

    asked = Page(ana.get(path))
    assert "The key is erased and can't be restored." in asked.text
    assert Credential.objects.filter(pk=cast.credential.pk).exists()
    done = ana.post(path, follow=True)

    assert "The key was removed." in Page(done).text
    assert not Credential.objects.filter(pk=cast.credential.pk).exists()
    assert ana.post(path).status_code == 404


def test_checking_a_key_and_syncing_an_account_wake_workers(
    ana, mia, cast, wakes, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        ana.post(f"/keys/{cast.credential.pk}/check/")
        response = mia.post(f"/accounts/{cast.account.pk}/sync/", follow=True)

    assert "Syncing voices from ElevenLabs." in Page(response).text
    assert wakes == [
        ("catalog.check_credential", str(cast.credential.pk)),
        ("catalog.sync_account", cast.account.pk),
    ]


def test_an_account_shows_slots_last_sync_and_last_problem(mia, cast):
    ProviderAccount.objects.filter(pk=cast.account.pk).update(
        label="Studio (creator)", sync_error="No network."
    )

    text = Page(mia.get("/keys/")).text

    for words in ("Studio (creator)", "3 of 30", "Never", "No network."):
        assert words in text


def test_an_account_shows_what_its_last_sync_could_not_fetch(mia, cast):
    words = "Telnyx's built-in voices couldn't be fetched."
    SyncRun.objects.create(account=cast.account, started_at=NOW, ended_at=NOW, warning=words)

    for address in ("/keys/", "/health/"):
        assert "Telnyx's built-in voices couldn't be fetched." in Page(mia.get(address)).text


def test_more_keys_need_no_more_queries(mia, cast):
    def count_queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert mia.get("/keys/").status_code == 200
        return len(seen)

    few = count_queries()
    for _ in range(5):
        factories.make_credential(cast.ana, factories.make_account(cast.aurora))

    assert count_queries() == few
