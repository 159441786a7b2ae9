"""Which voices a user sees, and how a voice is described."""

import pytest
from django.db import IntegrityError

from catalog.models import Voice
from catalog.templating.labels import known_labels
from tests import factories


def test_user_sees_the_voices_of_visible_accounts(cast):
    hidden = factories.make_account(cast.aurora, is_shared=False, last_owner=cast.ana)
    shared = factories.make_voice(cast.account)
    private = factories.make_voice(hidden)
    foreign = factories.make_voice(cast.other_account)

    assert set(Voice.objects.visible_to(cast.ana)) == {shared, private}
    assert set(Voice.objects.visible_to(cast.mia)) == {shared}
    assert set(Voice.objects.visible_to(cast.sam)) == {foreign}


def test_voice_is_listed_once_if_many_keys_open_its_account(cast):
    voice = factories.make_voice(cast.account)
    for owner in (cast.ana, cast.mia, cast.mia):
        factories.make_credential(owner, cast.account, is_shared=True)

    assert list(Voice.objects.visible_to(cast.mia)) == [voice]


def test_voice_read_from_the_database_is_saved_to_the_same_row(cast):
    voice = Voice.objects.get(pk=factories.make_voice(cast.account, "Ada").pk)
    voice.name, voice.account = "Zoe", factories.make_account(cast.aurora)
    voice.save()

    again = Voice.objects.select_related("account").get()
    assert (again.pk, again.name, again.account) == (voice.pk, "Zoe", voice.account)


def test_deferred_fields_of_a_voice_are_loaded_on_access(cast):
    made = factories.make_voice(cast.account, "Ada", details={"tier": "free"})
    voice = Voice.objects.only("name").get(pk=made.pk)

    assert voice.get_deferred_fields() >= {"details", "account_id"}
    assert (voice.details, voice.account) == ({"tier": "free"}, cast.account)


def test_remote_id_is_unique_within_an_account(cast):
    factories.make_voice(cast.account, remote_id="r-1")
    factories.make_voice(cast.other_account, remote_id="r-1")

    with pytest.raises(IntegrityError):
        factories.make_voice(cast.account, remote_id="r-1")


@pytest.mark.parametrize(
    ("kind", "is_owned", "is_gone", "expected"),
    [
        (Voice.Kind.CLONE, True, False, True),
        (Voice.Kind.DESIGNED, True, False, True),
        (Voice.Kind.PROFESSIONAL, True, False, True),
        (Voice.Kind.CLONE, False, False, False),
        (Voice.Kind.CLONE, True, True, False),
        (Voice.Kind.LIBRARY, True, False, False),
        (Voice.Kind.COMMUNITY, True, False, False),
        (Voice.Kind.UNKNOWN, True, False, False),
    ],
)
def test_only_own_present_voices_can_be_deleted(cast, kind, is_owned, is_gone, expected):
    remote_deleted_at = factories.NOW if is_gone else None
    voice = factories.make_voice(
        cast.account, kind=kind, is_owned=is_owned, remote_deleted_at=remote_deleted_at
    )

    assert Voice.objects.deletable().filter(pk=voice.pk).exists() is expected
    assert voice.is_deletable is expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"preview_url": "https://cdn.example.com/a.mp3"}, True),
        ({"preview_sample_id": "s-1"}, True),
        ({}, False),
        (
            {"preview_url": "https://cdn.example.com/a.mp3", "remote_deleted_at": factories.NOW},
            False,
        ),
    ],
)
def test_voice_can_be_played_if_the_provider_has_a_preview(cast, values, expected):
    assert factories.make_voice(cast.account, **values).can_play is expected


def test_labels_of_a_voice_omit_unknown_values(cast):
    known = factories.make_voice(
        cast.account, languages=("en-GB", "de"), gender="female", age="old", accent="british"
    )
    unknown = factories.make_voice(cast.account, languages=(), use_cases=())

    assert [word for _, word in known_labels(known)] == [
        "English (UK)", "Female", "Old", "Narration"
    ]  # fmt: skip
    assert known.language_words == ["English (UK)", "German"]
    assert (known.accent_name, unknown.accent_name) == ("British", "")
    assert known_labels(unknown) == []
    assert (unknown.language_words, unknown.use_case_words) == ([], [])
