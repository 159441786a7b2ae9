"""Deleting takes two steps: a dry run, then the approval of an admin."""

from datetime import timedelta

import pytest

from catalog.models import CleanupPlan, Credential, PlannedDeletion, Voice
from catalog.queries.cleanups.stale import MEANINGS, SECTIONS
from tests import factories
from tests.views.conftest import PARTIAL, Page

State = PlannedDeletion.State


@pytest.fixture(autouse=True)
def _at_once(cast) -> None:
    """Remove the waiting time, which makes plans start when they are approved."""
    factories.make_rules(cast.aurora, waiting_days=0)


@pytest.fixture
def clone(cast) -> Voice:
    return factories.make_clone(cast.account, "Ada")


def test_a_cleanup_goes_from_the_list_through_dry_run_and_approval_to_the_outcome(
    ana, cast, clone, wakes, django_capture_on_commit_callbacks
):
    offered = Page(ana.get("/cleanup/?show=all"))
    assert offered.find("input", name="id", value=str(clone.pk))

    dry_run = ana.post("/cleanup/plans/", {"id": [clone.pk]}, follow=True)
    plan = CleanupPlan.objects.get()
    text = Page(dry_run).text
    assert dry_run.redirect_chain == [(f"/cleanup/plans/{plan.pk}/", 302)]
    assert "Dry run: 1 voice would be deleted" in text
    assert cast.account.info.delete_note in text
    assert "Nothing has changed yet." in text
    assert wakes == []

    with django_capture_on_commit_callbacks(execute=True):
        confirmed = Page(ana.post(f"/cleanup/plans/{plan.pk}/approve/", follow=True))
    assert "0 of 1 deleted, 1 to go." in confirmed.text
    assert confirmed.find("section", id="plan-lines", hx_get=f"/cleanup/plans/{plan.pk}/?page=1")
    assert not confirmed.find("form", action=f"/cleanup/plans/{plan.pk}/approve/")
    assert [name for name, _ in wakes] == ["catalog.run_deletion"]

    PlannedDeletion.objects.update(state=State.DELETED)
    part = Page(ana.get(f"/cleanup/plans/{plan.pk}/", headers=PARTIAL))
    assert "1 of 1 deleted." in part.text
    assert not part.find("section", hx_get=f"/cleanup/plans/{plan.pk}/?page=1")
    assert not part.find("html")


def test_the_button_on_a_voice_s_page_also_creates_a_dry_run(ana, clone):
    response = ana.post("/cleanup/plans/", {"id": clone.pk}, follow=True)

    assert "Dry run: 1 voice would be deleted" in Page(response).text


@pytest.mark.parametrize(
    ("posted", "words"),
    [
        ({}, "Select at least one voice."),
        ({"id": ["abc", "-1", ""]}, "Select at least one voice."),
        ({"id": ["9" * 30]}, "Select at least one voice."),
        (
            {"id": ["9" * 18]},
            "None of these voices can be deleted",
        ),
    ],
)
def test_a_selection_that_makes_no_plan_shows_an_error_in_the_list(ana, clone, posted, words):
    response = ana.post("/cleanup/plans/", {**posted, "query": "show=all"})

    page = Page(response)
    assert response.status_code == 422
    assert words in page.text
    assert page.find("input", name="id", value=str(clone.pk))
    assert not CleanupPlan.objects.exists()


def test_foreign_and_hidden_voices_get_the_same_answer_as_nonexistent_ones(ana, cast, clone):
    hidden = factories.make_account(cast.aurora, is_shared=False, last_owner=cast.mia)
    unseen = [factories.make_clone(cast.other_account).pk, factories.make_clone(hidden).pk]

    for ids in ([*unseen], [10**17]):
        response = ana.post("/cleanup/plans/", {"id": ids})
        assert response.status_code == 422
        assert "None of these voices can be deleted" in Page(response).text
    ana.post("/cleanup/plans/", {"id": [*unseen, clone.pk]})

    assert [line.voice for line in PlannedDeletion.objects.all()] == [clone]


def test_a_second_approval_shows_the_plan_and_changes_nothing(ana, cast, clone):
    plan = factories.make_plan(cast.ana, cast.aurora, [clone])
    ana.post(f"/cleanup/plans/{plan.pk}/approve/")
    PlannedDeletion.objects.update(state=State.SKIPPED)

    response = ana.post(f"/cleanup/plans/{plan.pk}/approve/", follow=True)

    assert "approved by Ana" in Page(response).text
    assert PlannedDeletion.objects.get().state == State.SKIPPED


@pytest.mark.parametrize(("section", "boxes"), [("all", 1), ("protected", 0), ("planned", 0)])
def test_only_deletable_voices_have_checkboxes_and_their_script(ana, cast, clone, section, boxes):
    if section == "protected":
        factories.protect(clone, cast.ana)
    if section == "planned":
        factories.make_plan(cast.ana, cast.aurora, [clone]).lines.update(state=State.HELD)

    page = Page(ana.get(f"/cleanup/?show={section}"))

    assert "Ada" in page.text
    assert len(page.find("input", name="id")) == boxes
    (form,) = page.find("form", action="/cleanup/plans/")
    assert ("data-module" in form) is bool(boxes)


@pytest.mark.parametrize(("provider", "end"), [("telnyx", "deleted"), ("stepfun", "hidden here")])
def test_owners_read_what_will_happen_to_their_voice(ana, cast, provider, end):
    account = factories.make_account(cast.aurora, provider=provider)
    factories.make_credential(cast.ana, account)
    voice = factories.make_clone(account, "Bo")
    waits = {"approved_at": factories.NOW, "due_at": factories.NOW, "started_at": None}
    plan = factories.make_plan(cast.ana, cast.aurora, [voice], **waits)
    plan.lines.update(state=State.HELD, responsible=cast.ana)

    assert f"Will be {end} on" in Page(ana.get("/cleanup/yours/")).text


def test_outcomes_link_to_their_lines(ana, cast, clone):
    plan = factories.make_plan(cast.ana, cast.aurora, [clone], approved_at=factories.NOW)
    factories.make_line(plan, factories.make_clone(cast.account, "Bo"), state=State.FAILED)
    failed = f"/cleanup/plans/{plan.pk}/?outcome=failed"

    assert Page(ana.get(f"/cleanup/plans/{plan.pk}/")).find("a", href=failed)
    page = Page(ana.get(failed))

    assert page.find("a", href=f"/cleanup/plans/{plan.pk}/")
    assert ("Bo" in page.text, "Ada" in page.text) == (True, False)


def test_only_a_failed_line_offers_to_retry(ana, cast, clone):
    plan = factories.make_plan(cast.ana, cast.aurora, [clone], approved_at=factories.NOW)
    plan.lines.update(state=State.FAILED, message="ElevenLabs refused.")
    retry = f"/cleanup/plans/{plan.pk}/lines/{plan.lines.get().pk}/retry/"

    page = Page(ana.get(f"/cleanup/plans/{plan.pk}/"))
    assert "Failed: ElevenLabs refused." in page.text
    assert page.find("form", action=retry)
    after = Page(ana.post(retry, follow=True))

    assert "Queued" in after.text
    assert not after.find("form", action=retry)


def test_a_retry_without_a_working_key_shows_an_error(ana, cast, clone):
    plan = factories.make_plan(cast.ana, cast.aurora, [clone], approved_at=factories.NOW)
    plan.lines.update(state=State.FAILED)
    Credential.objects.all().delete()

    path = f"/cleanup/plans/{plan.pk}/lines/{plan.lines.get().pk}/retry/"
    page = Page(ana.post(path, follow=True))

    assert "No key works for this account anymore." in page.text
    assert plan.lines.get().state == State.FAILED


def test_a_line_says_whose_key_it_uses_or_that_there_is_none(ana, cast, clone):
    keyless = factories.make_clone(factories.make_account(cast.aurora), "Bo")
    plan = factories.make_plan(cast.ana, cast.aurora, [clone])
    factories.make_line(plan, keyless, credential=None, message="No key that you may use.")

    text = Page(ana.get(f"/cleanup/plans/{plan.pk}/")).text

    assert "None" in text
    assert "Not approved yet: No key that you may use." in text


def test_dry_runs_and_approved_plans_are_listed(ana, cast, clone):
    factories.make_plan(cast.ana, cast.aurora, [clone])
    factories.make_plan(cast.ana, cast.aurora, [clone], approved_at=factories.NOW)

    text = Page(ana.get("/cleanup/")).text

    assert text.count("dry run only") == 1
    assert text.count("· approved") == 1


def test_a_page_without_deletable_voices_says_so(ana, cast):
    factories.make_voice(cast.account)

    assert "Nothing to clean up here" in Page(ana.get("/cleanup/")).text


def test_same_named_clones_are_told_apart_by_account_day_and_id(ana, cast):
    other = factories.make_account(cast.aurora, label="Second studio")
    clones = [
        factories.make_clone(account, "Ada", remote_created_at=factories.NOW - timedelta(days=days))
        for account, days in ((cast.account, 10), (other, 20))
    ]
    plan = factories.make_plan(cast.ana, cast.aurora, clones)

    for path in ("/cleanup/?show=all", f"/cleanup/plans/{plan.pk}/"):
        text = " ".join(Page(ana.get(path)).text.split())

        assert "Second studio · created Nov 1, 2026" in text
        assert "created Nov 11, 2026" in text
        for clone in clones:
            assert f"Voice ID of Ada {clone.remote_id}" in text


def test_each_group_says_what_its_voices_have_in_common(ana, cast, clone):
    for name, words in MEANINGS.items():
        assert words in Page(ana.get(f"/cleanup/?show={name}")).text
    assert set(MEANINGS) == set(SECTIONS)


def test_members_see_no_link_to_the_cleanup_page(mia, ana):
    assert Page(ana.get("/voices/")).find("a", href="/cleanup/")
    assert not Page(mia.get("/voices/")).find("a", href="/cleanup/")


def test_voices_like_one_that_ends_are_offered_before_anyone_has_played_them(ana, cast):
    factories.make_voice(cast.account, "Ada", ends_at=factories.NOW)
    factories.make_voice(cast.account, "Bo", preview_url="https://cdn.example.com/a.mp3")

    assert "Play Bo" in ana.get("/cleanup/expiry/").content.decode()
