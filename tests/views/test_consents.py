"""The pages on which a speaker agrees without an account, and a team follows what became of it."""

import json
import re
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from catalog.core.receipts import verify_receipt
from catalog.jobs.consents import check
from catalog.models import CloneBatch, Consent, ConsentRequest, Installation
from catalog.services.consents.requests import find_given_consent
from tests import factories
from tests.conftest import make_wav

TOKEN = "token-of-the-speaker"


@pytest.fixture
def asked(cast):
    return factories.make_consent_request(cast.ana, cast.aurora, token=TOKEN)


def send(client, path=None, **values):
    posted = {"recording": SimpleUploadedFile("a.wav", make_wav(3)), "agrees": "on", **values}
    return client.post(path or reverse("catalog:consent-speak", args=[TOKEN]), posted)


@pytest.fixture
def accepted(asked, monkeypatch):
    """The address of the speaker's page, after the recording passed."""
    page = send(Client())["Location"]
    monkeypatch.setattr(check, "check_words", lambda *_: {"outcome": "passed"})
    monkeypatch.setattr(check, "check_speaker", lambda *_: {"outcome": "later"})
    check.check_consent(str(asked.pk), timezone.now())
    return page


def test_stranger_sees_what_is_agreed_to_but_nothing_else_of_the_team(cast, asked):
    response = Client().get(reverse("catalog:consent-speak", args=[TOKEN]))
    body = response.content.decode()

    for words in (asked.phrase, "For any lawful use", "withdraw", str(cast.ana), cast.aurora.name):
        assert words in body
    for secret in (cast.ana.email, cast.credential.title):
        assert secret not in body
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert response["Referrer-Policy"] == "same-origin"
    assert "no-store" in response["Cache-Control"]


def test_recording_leads_to_the_speakers_page_and_uses_the_link_up(asked):
    response = send(Client())

    assert find_given_consent(response["Location"].strip("/").split("/")[-1]) == asked
    assert b"being checked" in Client().get(response["Location"]).content
    assert send(Client()).status_code == 404


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"agrees": ""}, "Confirm that you are the speaker"),
        ({"recording": ""}, "Record the sentence"),
        ({"recording": SimpleUploadedFile("a.wav", b"%PDF-1.7 no sound")}, "recording"),
    ],
)
def test_incomplete_form_is_shown_again(asked, values, words):
    response = send(Client(), **values)

    assert response.status_code == 422
    assert words in response.content.decode()
    assert not ConsentRequest.objects.exclude(recording_path="").exists()


def test_speaker_reads_everything_in_the_language_of_the_sentence(cast, monkeypatch):
    german = {"language": "de", "ends_on": date(2036, 3, 4), "phrase": "Ich, Ada, erlaube es."}
    asked = factories.make_consent_request(cast.ana, cast.aurora, token=TOKEN, **german)
    client, address = Client(), reverse("catalog:consent-speak", args=[TOKEN])
    body = client.get(address).content.decode()
    page = send(client)["Location"]
    found = {"words": {"outcome": "failed"}}
    changed = {"state": "failed", "checks": found, "problem": "Not all words were heard."}
    ConsentRequest.objects.filter(pk=asked.pk).update(**changed)
    failed, again = client.get(page).content.decode(), client.get(address).content.decode()
    refused = send(client, agrees="").content.decode()
    withdrawn = client.post(page, follow=True).content.decode()

    for shown in (body, failed, again, refused, withdrawn):
        assert '<html lang="de"' in shown
        assert "Für jede rechtmäßige Nutzung" in shown
        assert "4. März 2036" in shown
        text = re.sub(r"<code>.*?</code>|<[^>]*>", " ", shown.split("<main")[1])
        assert not re.findall(r"(?i)\b(the|your?|speaker|recording|consent|withdraw)\b", text)
    assert "Die Kopie kann jeden Text sprechen" in body
    for shown in (failed, again):
        assert "Es waren nicht alle Wörter des Satzes zu hören" in shown
    assert "Bestätigen Sie" in refused
    assert withdrawn.count("Sie haben Ihre Einwilligung widerrufen") == 2


def test_english_version_is_one_press_away_and_stays(cast):
    factories.make_consent_request(cast.ana, cast.aurora, token=TOKEN, language="ja")
    client, address = Client(), reverse("catalog:consent-speak", args=[TOKEN])

    assert 'href="?lang=en"' in client.get(address).content.decode()
    english = client.get(f"{address}?lang=en").content.decode()
    assert '<html lang="en"' in english
    assert "What you agree to" in english
    assert "日本語" in english
    sent = send(client, f"{address}?lang=en")
    assert sent["Location"].endswith("?lang=en")
    withdrawn = client.post(sent["Location"], follow=True)
    assert "You withdrew your consent" in withdrawn.content.decode()


def test_dead_link_answers_in_the_language_of_the_browser(cast):
    address = reverse("catalog:consent-given", args=["wrong"])
    response = Client().get(address, headers={"Accept-Language": "fr-FR"})

    assert response.status_code == 404
    assert '<html lang="fr"' in response.content.decode()
    assert "Ce lien ne fonctionne plus" in response.content.decode()


def test_speaker_downloads_a_receipt_and_withdraws(accepted):
    client = Client()
    receipt = client.get(f"{accepted}receipt/").content
    fields = verify_receipt(receipt, bytes(Installation.objects.get().public_key))

    assert fields["withdraw_at"].endswith(accepted)
    assert fields["speaker"] == "Ada"
    client.post(accepted)
    assert ConsentRequest.objects.get().withdrawal_asked_at is not None
    assert b"You withdrew your consent" in client.get(accepted).content


def test_teams_receipt_does_not_hold_the_link_to_withdraw(cast, accepted, asked, sign_in):
    body = sign_in(cast.ana).get(reverse("catalog:consent-receipt", args=[asked.pk])).content

    assert "withdraw_at" not in json.loads(body)
    assert accepted.strip("/").split("/")[-1] not in body.decode()


def test_cloner_asks_gets_the_link_once_and_records_on_the_spot(cast, sign_in):
    client = sign_in(cast.ana)
    posted = {
        "speaker": "Grace",
        "language": "en",
        "allowed_use": "any",
        "ends_on": (timezone.localdate() + timedelta(days=30)).isoformat(),
        "days": "7",
    }
    body = client.post(reverse("catalog:consent-create"), posted).content.decode()
    link = re.findall(r"/agree/[\w-]+/", body)[0]
    made = ConsentRequest.objects.get()

    assert Client().get(link).status_code == 200
    detail = reverse("catalog:consent-detail", args=[made.pk])
    assert link not in client.get(detail).content.decode()
    assert send(client, reverse("catalog:consent-record", args=[made.pk])).status_code == 302
    made.refresh_from_db()
    assert made.is_checking


@pytest.mark.parametrize("days", [-1, 3700])
def test_end_must_be_between_today_and_ten_years(cast, sign_in, days):
    ends_on = (timezone.localdate() + timedelta(days=days)).isoformat()
    posted = {"speaker": "Grace", "language": "en", "allowed_use": "any", "days": "7"}
    address = reverse("catalog:consent-create")
    response = sign_in(cast.ana).post(address, {**posted, "ends_on": ends_on})

    assert response.status_code == 422
    assert not ConsentRequest.objects.exists()


def test_clone_form_uses_the_recorded_consent_instead_of_attesting(cast, accepted, sign_in):
    consent = Consent.objects.get()
    sample = factories.make_sample(cast.ana, cast.aurora, make_wav(8))
    client, address = sign_in(cast.ana), reverse("catalog:clone-create")
    shown = client.get(f"{address}?recorded={consent.pk}").content.decode()
    token = re.findall(r'name="form_token" value="([^"]+)"', shown)[0]
    posted = {
        "recorded": consent.pk,
        "credential": str(cast.credential.pk),
        "sample": str(sample.pk),
        "name": "Ada's voice",
        "form_token": token,
    }

    assert 'name="relation"' not in shown
    response = client.post(address, posted)

    assert response.status_code == 302, response.content.decode()[:3000]
    assert CloneBatch.objects.get().consent == consent
    # Another team's consent is not taken.
    assert (
        'name="relation"'
        in sign_in(cast.sam).get(f"{address}?recorded={consent.pk}").content.decode()
    )
