"""Collections: ordered, across providers, personal or shared, with maintainers."""

import pytest
from django.core.exceptions import PermissionDenied

from catalog import policies
from catalog.models import AuditEntry, Collection, Membership
from catalog.queries.collections import (
    find_changeable_collections,
    find_collection_choice,
    find_collections,
    get_collection_page,
)
from catalog.services.collections import (
    change_collection,
    collect_voices,
    drop_voice,
    make_collection,
    move_entry,
    remove_collection,
    restore_collection,
)
from tests import factories
from tests.factories import NOW


def make(user, team, name="Narrators", *, is_shared=False):
    return make_collection(user, team=team, name=name, description="", is_shared=is_shared, now=NOW)


def names(user, collection) -> list[str]:
    return [entry.voice.name for entry in get_collection_page(user, collection.pk).entries]


def test_last_used_collection_is_suggested_and_can_mix_providers(cast):
    other = factories.make_account(cast.aurora, provider="inworld")
    ann, bea = factories.make_voice(cast.account, "Ann"), factories.make_voice(other, "Bea")
    first, second = make(cast.mia, cast.aurora, "First"), make(cast.mia, cast.aurora, "Second")
    collect_voices(cast.mia, collection=first, voices=[ann], now=NOW)
    collect_voices(cast.mia, collection=second, voices=[ann], now=NOW)

    choice = find_collection_choice(cast.mia, bea)
    assert (choice.inside, choice.outside, choice.last_used) == ([], [first, second], second.pk)
    collect_voices(cast.mia, collection=second, voices=[bea], now=NOW)

    assert names(cast.mia, second) == ["Ann", "Bea"]
    assert find_collection_choice(cast.mia, bea).inside == [second]
    drop_voice(cast.mia, collection=second, voice=bea, now=NOW)
    assert names(cast.mia, second) == ["Ann"]


def test_voice_is_in_a_collection_once_and_its_note_can_be_replaced(cast):
    ann, bea = factories.make_voice(cast.account, "Ann"), factories.make_voice(cast.account, "Bea")
    collection = make(cast.mia, cast.aurora)

    assert collect_voices(cast.mia, collection=collection, voices=[ann, ann], now=NOW) == 1
    added = collect_voices(
        cast.mia, collection=collection, voices=[ann, bea], now=NOW, note="Trailer"
    )

    assert added == 1
    assert list(collection.entries.values_list("voice", "note")) == [
        (ann.pk, "Trailer"), (bea.pk, "Trailer")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("place", "by", "expected"),
    [(0, 1, "BACD"), (3, -1, "ABDC"), (0, -1, "ABCD"), (3, 1, "ABCD"), (1, 1, "ACBD")],
)
def test_entry_moves_one_place_within_the_list(cast, place, by, expected):
    voices = [factories.make_voice(cast.account, name) for name in "ABCD"]
    collection = factories.make_collection(cast.mia, cast.aurora, *voices)

    entry = collection.entries.order_by("position")[place]
    move_entry(cast.mia, entry=entry, by=by, now=NOW)

    assert "".join(names(cast.mia, collection)) == expected


def test_personal_collection_is_visible_to_its_owner_only_and_not_logged(cast):
    collection = make(cast.mia, cast.aurora)

    assert find_collections(cast.mia) == [collection]
    assert find_collections(cast.ana) == []
    with pytest.raises(Collection.DoesNotExist):
        get_collection_page(cast.ana, collection.pk)
    assert not AuditEntry.objects.exists()


def test_shared_collection_can_be_changed_by_owner_maintainers_and_admins(cast):
    kim, lea = factories.make_user("Kim", cast.aurora), factories.make_user("Lea", cast.aurora)
    vic = factories.make_user("Vic", cast.aurora, Membership.Role.VIEWER)
    collection = make(cast.mia, cast.aurora, is_shared=True)
    change_collection(
        cast.mia,
        collection=collection,
        name="Ours",
        description="",
        is_shared=True,
        maintainers=[kim, cast.sam],
        now=NOW,
    )

    allowed = {cast.mia: True, kim: True, cast.ana: True, lea: False, vic: False, cast.sam: False}
    for person, may in allowed.items():
        assert policies.may_change_collection(person, collection) is may, person
        assert (collection in find_changeable_collections(person)) is may, person
    with pytest.raises(PermissionDenied):
        collect_voices(lea, collection=collection, voices=[], now=NOW)
    assert collection in find_collections(lea)


def test_viewer_can_only_make_personal_collections(cast):
    vic = factories.make_user("Vic", cast.aurora, Membership.Role.VIEWER)
    mine = make(vic, cast.aurora)

    with pytest.raises(PermissionDenied):
        make(vic, cast.aurora, is_shared=True)
    with pytest.raises(PermissionDenied):
        change_collection(
            vic, collection=mine, name="x", description="", is_shared=True, maintainers=[], now=NOW
        )


def test_hidden_voices_in_a_collection_are_counted_but_not_named(cast):
    hidden = factories.make_account(cast.aurora, is_shared=False, last_owner=cast.ana)
    secret, open_one = factories.make_voice(hidden, "Secret"), factories.make_voice(cast.account)
    collection = factories.make_collection(cast.ana, cast.aurora, secret, open_one, is_shared=True)

    page = get_collection_page(cast.mia, collection.pk)

    assert [entry.voice for entry in page.entries] == [open_one]
    assert (page.count, page.unseen_count) == (1, 1)


def test_removed_collection_is_restored_with_its_voices(cast):
    collection = factories.make_collection(
        cast.mia, cast.aurora, factories.make_voice(cast.account, "Ann")
    )

    remove_collection(cast.mia, collection=collection, now=NOW)
    assert find_collections(cast.mia) == []
    restore_collection(cast.mia, collection=collection, now=NOW)

    assert names(cast.mia, collection) == ["Ann"]
