"""Changing all voices of a selection: who may, which are left out and why, the log, and undo."""

import pytest
from django.core.exceptions import PermissionDenied

from catalog.audit import Origin, acting_from
from catalog.models import (
    AuditEntry,
    Membership,
    Notification,
    Protection,
    Rating,
    Selection,
    TagUse,
    Voice,
)
from catalog.models.cleanups.keeps import find_responsible
from catalog.queries.selections import get_selection_page
from catalog.services import selections
from catalog.services.selections import (
    NothingToUndo,
    TooManyToChange,
    archive_selected,
    assign_selected,
    protect_selected,
    rate_selected,
    relabel_selected,
    tag_selected,
    unarchive_selected,
    undo_selected,
    unprotect_selected,
    untag_selected,
)
from tests import factories
from tests.factories import NOW


@pytest.fixture
def voices(cast) -> list[Voice]:
    return [factories.make_clone(cast.account, name, is_owned=True) for name in ("Ada", "Bo", "Cy")]


@pytest.fixture
def chosen(cast, voices) -> Selection:
    return factories.make_selection(cast.ana, cast.aurora, *voices)


def outcome_of(user, selection) -> tuple[str, dict[str, list[str]]]:
    outcome = get_selection_page(user, selection.pk).outcome
    assert outcome is not None
    return outcome.words, {left.reason: left.names for left in outcome.left}


def logged(action: str) -> list[str]:
    rows = AuditEntry.objects.filter(action=action).order_by("number")
    return list(rows.values_list("target_name", flat=True))


def read_ratings(user) -> dict[str, int]:
    return dict(Rating.objects.filter(user=user).values_list("voice__name", "value"))


def test_rating_leaves_out_equal_ratings_logs_each_voice_under_one_number_and_is_undone(
    cast, chosen, voices
):
    Rating.objects.create(user=cast.ana, voice=voices[0], value=4)
    Rating.objects.create(user=cast.ana, voice=voices[1], value=2)
    Rating.objects.create(user=cast.mia, voice=voices[1], value=1)

    with acting_from(Origin("a1b2c3")):
        rate_selected(cast.ana, selection=chosen, value=4, now=NOW)

    assert read_ratings(cast.ana) == {"Ada": 4, "Bo": 4, "Cy": 4}
    words = "2 voices rated 4 of 5."
    assert outcome_of(cast.ana, chosen) == (words, {"Already rated 4 by you": ["Ada"]})
    assert logged("voice rated") == ["Bo", "Cy"]
    assert set(AuditEntry.objects.values_list("request_number", flat=True)) == {"a1b2c3"}
    undo_selected(cast.ana, selection=chosen, now=NOW)
    assert read_ratings(cast.ana) == {"Ada": 4, "Bo": 2}
    assert read_ratings(cast.mia) == {"Bo": 1}
    assert outcome_of(cast.ana, chosen)[0] == "2 voices are as they were before."
    with pytest.raises(NothingToUndo):
        undo_selected(cast.ana, selection=chosen, now=NOW)


def read_tags() -> set[tuple[str, str]]:
    return set(TagUse.objects.values_list("voice__name", "tag__name"))


def test_tags_are_added_and_removed_and_only_what_changed_is_undone(cast, chosen, voices):
    factories.make_tag(cast.aurora, "warm", voices[0])

    tag_selected(cast.ana, selection=chosen, tags=["Warm"], now=NOW)
    assert outcome_of(cast.ana, chosen) == (
        "2 voices tagged with Warm.",
        {"Already had these tags": ["Ada"]},
    )
    undo_selected(cast.ana, selection=chosen, now=NOW)
    assert read_tags() == {("Ada", "warm")}

    untag_selected(cast.ana, selection=chosen, tags=["warm"], now=NOW)
    assert read_tags() == set()
    assert outcome_of(cast.ana, chosen)[1] == {"Didn't have these tags": ["Bo", "Cy"]}
    undo_selected(cast.ana, selection=chosen, now=NOW)
    assert read_tags() == {("Ada", "warm")}


def test_labels_that_are_not_named_stay_and_are_undone_for_each_voice(cast, chosen, voices):
    before = {"accent": "british", "gender": "female"}
    Voice.objects.filter(pk=voices[0].pk).update(own_labels=before)
    Voice.objects.filter(pk=voices[2].pk).update(remote_deleted_at=NOW)

    relabel_selected(cast.ana, selection=chosen, labels={"gender": "male"}, now=NOW)

    labels = dict(Voice.objects.values_list("name", "own_labels"))
    assert labels["Ada"] == {"accent": "british", "gender": "male"}
    assert labels["Bo"] == {"gender": "male"}
    assert outcome_of(cast.ana, chosen)[1] == {"Gone at the provider": ["Cy"]}
    undo_selected(cast.ana, selection=chosen, now=NOW)
    assert list(Voice.objects.order_by("pk").values_list("own_labels", flat=True)) == [
        before, {}, {}
    ]  # fmt: skip
    relabel_selected(cast.ana, selection=chosen, labels={"gender": ""}, now=NOW)
    assert Voice.objects.get(name="Ada").own_labels == {"accent": "british"}


def test_protection_leaves_out_what_is_protected_and_undo_lifts_only_its_own(cast, chosen, voices):
    factories.protect(voices[0], cast.mia)
    Voice.objects.filter(pk=voices[1].pk).update(is_owned=False)

    protect_selected(cast.ana, selection=chosen, kind="hold", reason="A case", now=NOW)

    assert Protection.objects.get(voice=voices[2]).is_hold
    assert outcome_of(cast.ana, chosen) == (
        "1 voice put on legal hold.",
        {
            "Already protected by Mia": ["Ada"],
            "Never deleted by a cleanup, so it needs no protection": ["Bo"],
        },
    )
    undo_selected(cast.ana, selection=chosen, now=NOW)
    assert [row.voice.name for row in Protection.objects.all()] == ["Ada"]


def test_a_member_lifts_only_their_own_pins(cast, voices):
    chosen = factories.make_selection(cast.mia, cast.aurora, *voices)
    factories.protect(voices[0], cast.mia, reason="Mine")
    factories.protect(voices[1], cast.ana)

    unprotect_selected(cast.mia, selection=chosen, now=NOW)

    assert outcome_of(cast.mia, chosen) == (
        "Protection of 1 voice lifted.",
        {"Protected by someone else; an admin can lift it": ["Bo"], "Not protected": ["Cy"]},
    )
    undo_selected(cast.mia, selection=chosen, now=NOW)
    assert Protection.objects.get(voice=voices[0]).reason == "Mine"


def test_a_new_owner_is_notified_once_and_undo_names_who_cannot_take_back(cast, chosen, voices):
    Voice.objects.filter(pk=voices[0].pk).update(responsible=cast.mia)
    Voice.objects.filter(pk=voices[1].pk).update(is_owned=False)
    cleo = factories.make_user("Cleo", cast.aurora, Membership.Role.CLONER)
    owner = cleo.memberships.get()

    assign_selected(cast.ana, selection=chosen, owner=owner, reason="Hers.", now=NOW)

    assert find_responsible(Voice.objects.get(name="Ada")) == cleo
    left = {"A voice of the provider, which has no owner here": ["Bo"]}
    assert outcome_of(cast.ana, chosen) == ("2 voices now belong to Cleo.", left)
    notice = Notification.objects.get(user=cleo)
    assert notice.text == "Ana made you the owner of the voices Ada and Cy. Reason: Hers."
    assert logged("voice owner changed") == ["Ada", "Cy"]
    Membership.objects.filter(user=cast.mia).delete()
    undo_selected(cast.ana, selection=chosen, now=NOW)
    assert find_responsible(Voice.objects.get(name="Cy")) == cast.ana
    assert outcome_of(cast.ana, chosen) == (
        "1 voice is as it was before.",
        {"Had no owner before who is still in the team": ["Ada"]},
    )


def test_archiving_is_logged_for_each_voice_and_undo_leaves_older_ones_archived(
    cast, chosen, voices
):
    Voice.objects.filter(pk=voices[0].pk).update(archived_at=NOW)

    archive_selected(cast.ana, selection=chosen, now=NOW)
    assert logged("voices archived") == ["Bo", "Cy"]
    undo_selected(cast.ana, selection=chosen, now=NOW)
    assert [voice.name for voice in Voice.objects.archived()] == ["Ada"]
    unarchive_selected(cast.ana, selection=chosen, now=NOW)
    assert not Voice.objects.archived().exists()


def test_a_change_of_nothing_leaves_the_one_before_it_to_be_undone(cast, chosen):
    rate_selected(cast.ana, selection=chosen, value=4, now=NOW)
    rate_selected(cast.ana, selection=chosen, value=4, now=NOW)

    assert outcome_of(cast.ana, chosen)[0] == "No voice was changed."
    undo_selected(cast.ana, selection=chosen, now=NOW)
    assert read_ratings(cast.ana) == {}


def test_voices_that_are_no_longer_visible_are_not_changed(cast, voices):
    foreign = factories.make_clone(cast.other_account, "Foreign")
    chosen = factories.make_selection(cast.ana, cast.aurora, voices[0], foreign)

    rate_selected(cast.ana, selection=chosen, value=5, now=NOW)

    assert read_ratings(cast.ana) == {"Ada": 5}


def test_slow_changes_have_a_limit(cast, chosen, monkeypatch):
    monkeypatch.setattr(selections, "MOST_CHANGED", 2)

    with pytest.raises(TooManyToChange):
        relabel_selected(cast.ana, selection=chosen, labels={"gender": "male"}, now=NOW)


@pytest.mark.parametrize(
    ("change", "values", "role"),
    [
        (tag_selected, {"tags": ["x"]}, "viewer"),
        (untag_selected, {"tags": ["x"]}, "viewer"),
        (rate_selected, {"value": 3}, "viewer"),
        (relabel_selected, {"labels": {"gender": "male"}}, "viewer"),
        (protect_selected, {"kind": "pin", "reason": ""}, "viewer"),
        (protect_selected, {"kind": "hold", "reason": ""}, "cloner"),
        (unprotect_selected, {}, "viewer"),
        (assign_selected, {"reason": "Hers."}, "cloner"),
        (archive_selected, {}, "cloner"),
        (unarchive_selected, {}, "cloner"),
    ],
)
def test_each_change_needs_the_right_of_the_single_act(cast, voices, change, values, role):
    kim = factories.make_user("Kim", cast.aurora, role)
    chosen = factories.make_selection(kim, cast.aurora, *voices)
    if change is assign_selected:
        values = values | {"owner": cast.mia.memberships.get()}

    with pytest.raises(PermissionDenied):
        change(kim, selection=chosen, now=NOW, **values)

    assert not AuditEntry.objects.exists()
