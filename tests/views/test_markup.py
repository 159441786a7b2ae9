"""Markup in any text from people or providers is shown as text on every page."""

import pytest

from catalog.models import (
    CloneJob,
    Consent,
    Credential,
    PlannedDeletion,
    ProviderAccount,
    Sample,
    Speaker,
    Team,
    User,
    VoiceLabel,
)
from catalog.services.annotations import tag_voices
from tests import factories
from tests.views.conftest import PARTIAL, Page

# Tries to break out of text, out of an attribute with either quote, and into a template.
EVIL = "\"'><script>evil()</script><img src=x onerror=evil()><a hx-get=/evil>{{7191*8}}{% now %}"


@pytest.fixture
def world(cast) -> dict[str, int | str]:
    """Put markup into every text that comes from a person or a provider."""
    account = cast.account
    Team.objects.filter(pk=cast.aurora.pk).update(name=EVIL[:80])
    User.objects.filter(pk=cast.ana.pk).update(first_name=EVIL)
    ProviderAccount.objects.filter(pk=account.pk).update(label=EVIL, sync_error=EVIL)
    Credential.objects.filter(pk=cast.credential.pk).update(
        nickname=EVIL[:80], problem=EVIL, last_four="<b>x"
    )
    voice = factories.make_clone(
        account,
        EVIL,
        description=EVIL,
        remote_id=EVIL,
        accent=EVIL[:60],
        raw_labels=dict.fromkeys(["gender", "age", "accent", "language", "use_case"], EVIL),
        details={EVIL: EVIL, "list": [EVIL, {EVIL: EVIL}]},
        problem=EVIL,
        language=EVIL[:20],
        languages=(EVIL[:60],),
        use_cases=(EVIL[:60],),
        preview_url="https://x.example/a",
        end_note=EVIL,
        plan_note=EVIL,
    )
    for badge in ("expires", "needs_plan"):
        VoiceLabel.objects.create(voice=voice, facet="badge", value=badge)
    tag_voices(cast.ana, team=cast.aurora, voices=[voice], names=[EVIL[:40]], now=factories.NOW)
    gone = factories.make_voice(account, EVIL, remote_deleted_at=factories.NOW, gone_reason=EVIL)
    evidence = [{"at": EVIL, "said": EVIL, "request_id": EVIL}]
    job = factories.make_job(
        cast.ana, cast.credential, name=EVIL, message=EVIL, evidence=evidence, voice=voice
    )
    Sample.objects.filter(pk=factories.sample_of(job).pk).update(filename=EVIL[:120])
    Speaker.objects.filter(pk=job.batch.speaker_id).update(name=EVIL[:120])
    Consent.objects.filter(pk=job.batch.consent_id).update(
        statement=EVIL, given_by=EVIL[:120], use_note=EVIL[:200], allowed_use="any"
    )
    ended = factories.make_job(
        cast.ana, cast.credential, name=EVIL, state=CloneJob.State.FAILED, message=EVIL
    )
    plan = factories.make_plan(cast.ana, cast.aurora, [], approved_at=factories.NOW,
                               approved_by=cast.ana)  # fmt: skip
    factories.make_line(plan, voice, name=EVIL, message=EVIL, state=PlannedDeletion.State.FAILED)
    dry_run = factories.make_plan(cast.ana, cast.aurora, [voice])
    return {
        "voice": voice.pk,
        "gone": gone.pk,
        "job": str(job.pk),
        "ended": str(ended.pk),
        "credential": str(cast.credential.pk),
        "plan": plan.pk,
        "dry_run": dry_run.pk,
    }


def demand_clean(response) -> None:
    page, source = Page(response), response.content.decode()
    assert "<script>evil" not in source
    assert "<img src=x" not in source
    assert not any("onerror" in attrs or attrs.get("hx-get") == "/evil" for _, attrs in page.tags)
    assert all(attrs.get("src") != "x" for _, attrs in page.tags)
    assert "57528" not in page.text


PAGES = [
    "/voices/",
    "/voices/?layout=list",
    "/voices/{voice}/",
    "/voices/{gone}/",
    "/clone/",
    "/jobs/",
    "/jobs/{job}/",
    "/jobs/{ended}/",
    "/keys/",
    "/keys/add/",
    "/keys/{credential}/",
    "/keys/{credential}/replace/",
    "/keys/{credential}/remove/",
    "/cleanup/",
    "/cleanup/plans/{plan}/",
    "/cleanup/plans/{dry_run}/",
    "/you/",
]


@pytest.mark.parametrize("path", PAGES)
def test_markup_in_every_field_is_shown_as_text(ana, world, path):
    for headers in ({}, PARTIAL):
        response = ana.get(path.format(**world), headers=headers)

        assert response.status_code == 200
        demand_clean(response)
    assert "&lt;script&gt;evil()&lt;/script&gt;" in response.content.decode() or "add" in path


def test_markup_in_the_address_is_shown_as_text(ana, world):
    response = ana.get("/voices/", {"q": EVIL, "gender": EVIL, "sort": EVIL, "language": EVIL[:60]})

    demand_clean(response)
    assert "There is no gender “" in Page(response).text


@pytest.mark.parametrize(
    ("path", "posted"),
    [
        ("/clone/", {"name": EVIL * 3, "description": EVIL * 9, "speaker": EVIL * 3,
                     "credential": EVIL, "form_token": EVIL}),
        ("/keys/add/", {"provider": EVIL, "nickname": EVIL * 3, "api_key": EVIL}),
        ("/keys/{credential}/replace/", {"api_key": EVIL}),
        ("/cleanup/plans/", {"id": EVIL}),
        ("/account/password/change/", {"oldpassword": EVIL, "password1": EVIL}),
    ],
)  # fmt: skip
def test_markup_in_a_rejected_form_is_shown_as_text(ana, world, path, posted):
    response = ana.post(path.format(**world), posted)

    assert response.status_code in {200, 422}
    demand_clean(response)


def test_markup_in_a_notification_is_shown_as_text(ana, cast, world):
    factories.make_notice(cast.ana, cast.aurora, f"{EVIL} is ready."[:300])

    response = ana.get("/notifications/bell/?after=0", headers=PARTIAL)

    assert "is ready." in Page(response).text
    demand_clean(response)
