"""Outsiders hear and vote by a link that ends, without an account, and see no ids."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from catalog.core.media import store_media
from catalog.models import (
    AuditEntry,
    ComparedVoice,
    Comparison,
    Membership,
    PreviewClip,
    Share,
    ShareVote,
    Vote,
)
from tests import factories
from tests.views.conftest import Page


def give_preview(voice, sound: bytes) -> None:
    path, size, _ = store_media("previews", [sound], "wav")
    values = {"content_type": "audio/wav", "size": size, "fetched_at": factories.NOW}
    PreviewClip.objects.create(voice=voice, source="x", path=path, **values)


@pytest.fixture
def voices(cast):
    names = ("Ada", "Bo")
    made = [factories.make_voice(cast.account, each, remote_id=f"remote-{each}") for each in names]
    for voice in made:
        give_preview(voice, b"RIFF" + voice.name.encode())
    return made


@pytest.fixture
def collection(cast, voices):
    return factories.make_collection(cast.mia, cast.aurora, *voices, name="For the client")


def make_link(person, address: str, **values: str) -> str:
    """Return the path of a new link, made on the page for it."""
    posted = {"days": "14", "takes_votes": "on", **values}
    page = Page(person.post(address, posted))
    return re.findall(r"https?://[^/\s]+(/s/[\w-]+/)", page.text)[0]


def listen(outsider, path: str) -> list[str]:
    """Return the addresses of the clips on the link's page."""
    return [each["src"] for each in Page(outsider.get(path)).find("audio")]


def vote(outsider, path: str, address: str, name: str = "Zed") -> str:
    key = address.split("/")[-3]
    return Page(outsider.post(f"{path}vote/", {"key": key, "name": name}, follow=True)).text


def test_an_outsider_hears_a_collection_and_learns_no_ids(mia, cast, voices, collection):
    path, outsider = make_link(mia, f"/collections/{collection.pk}/links/"), Client()

    response = outsider.get(path)
    page, text = Page(response), response.content.decode()

    assert [each.strip() for each in re.findall(r"<h3[^>]*>([^<]+)", text)] == ["Ada", "Bo"]
    assert response.headers["X-Robots-Tag"].startswith("noindex")
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert not any(each in text for each in ("remote-Ada", f"/voices/{voices[0].pk}", "ElevenLabs"))
    assert not page.find("nav")
    first, second = listen(outsider, path)
    assert b"".join(outsider.get(second).streaming_content) == b"RIFFBo"
    assert first.startswith(path)
    # The token isn't stored.
    assert path.split("/")[2] not in str(Share.objects.values_list())
    assert AuditEntry.objects.get(action="share link created").actor == cast.mia


def test_each_browser_counts_once_and_has_one_vote_that_it_can_change(mia, voices, collection):
    path = make_link(mia, f"/collections/{collection.pk}/links/")
    one, other = Client(), Client()
    for outsider in (one, one, other):
        ada, bo = listen(outsider, path)

    assert "Your vote is stored" in vote(one, path, ada)
    vote(one, path, bo)
    vote(other, path, bo, "Yve")

    share = Share.objects.get()
    assert share.views == 2
    assert sorted(ShareVote.objects.values_list("name", "voice__name")) == [
        ("Yve", "Bo"),
        ("Zed", "Bo"),
    ]
    text = " ".join(Page(mia.get(f"/shares/{share.pk}/")).text.split())
    assert "Opened in 2 browsers" in text
    assert "2 votes" in text
    assert "Zed chose Bo" in text
    assert "vote is stored" not in vote(one, path, "/no/such/key/")


def end(cast, collection):
    Share.objects.update(ends_at=timezone.now() - timedelta(minutes=1))


def revoke(cast, collection):
    Share.objects.update(revoked_at=timezone.now())


def remove_maker(cast, collection):
    Membership.objects.filter(user=cast.mia).delete()


def make_viewer(cast, collection):
    Membership.objects.filter(user=cast.mia).update(role="viewer")


def remove_collection(cast, collection):
    collection.removed_at = timezone.now()
    collection.save()


@pytest.mark.parametrize("change", [end, revoke, remove_maker, make_viewer, remove_collection])
def test_a_link_that_ended_says_so_and_plays_nothing(mia, cast, collection, change):
    path, outsider = make_link(mia, f"/collections/{collection.pk}/links/"), Client()
    clip = listen(outsider, path)[0]
    change(cast, collection)

    response = outsider.get(path)

    assert response.status_code == 410
    assert "doesn't work anymore" in Page(response).text
    assert outsider.get(clip).status_code == 410
    assert outsider.post(f"{path}vote/", {"key": "x", "name": "Zed"}).status_code == 410
    assert outsider.get("/s/unknown/").status_code == 404


def test_what_its_maker_can_not_see_or_use_is_not_heard(mia, cast, voices, collection):
    path, outsider = make_link(mia, f"/collections/{collection.pk}/links/"), Client()
    clip = listen(outsider, path)[0]
    voices[0].remote_deleted_at = timezone.now()
    voices[0].save()

    assert len(listen(outsider, path)) == 1
    assert outsider.get(clip).status_code == 404


def test_a_password_opens_the_link_and_guesses_are_limited(mia, collection):
    path = make_link(mia, f"/collections/{collection.pk}/links/", password="open sesame")
    outsider, guesser = Client(), Client(REMOTE_ADDR="203.0.113.9")

    assert "Enter the password" in Page(outsider.get(path)).text
    assert Share.objects.get().views == 0
    assert "open sesame" not in Share.objects.get().password
    assert outsider.post(path, {"password": "open sesame"}).status_code == 302
    clip = listen(outsider, path)[0]
    assert guesser.get(clip).status_code == 404
    codes = [guesser.post(path, {"password": f"guess {n}"}).status_code for n in range(6)]
    assert codes == [422] * 5 + [429]
    assert guesser.post(path, {"password": "open sesame"}).status_code == 429
    assert guesser.post(f"{path}vote/", {"key": "x", "name": "Zed"}).status_code == 302
    assert not ShareVote.objects.exists()


def test_a_blind_comparison_stays_blind_and_votes_are_kept_apart(mia, cast, voices):
    made = factories.make_comparison(
        cast.mia, voices, "Hello there.", is_blind=True, votes_wanted=1
    )
    for entry in made.entries.all():
        clip = factories.make_spoken_clip(entry.voice, b"RIFF" + entry.voice.name.encode())
        entry.speech.clip, entry.speech.state = clip, "done"
        entry.speech.save()
        disguised, _, _ = store_media("speech", [b"ID3" + entry.voice.name.encode()], "mp3")
        ComparedVoice.objects.filter(pk=entry.pk).update(disguised_path=disguised)
    path = make_link(mia, f"/compare/{made.pk}/links/", names_providers="on")
    outsider = Client()

    clips = listen(outsider, path)
    assert b"".join(outsider.get(clips[1]).streaming_content) == b"ID3Bo"
    vote(outsider, path, clips[1])
    Comparison.objects.update(revealed_at=timezone.now())
    text = Page(outsider.get(path)).text

    assert "Voice A" in text
    assert not any(word in text for word in ("Ada", "Bo ", "ElevenLabs"))
    assert "Voting has ended" in text
    assert "Voting has ended" in vote(outsider, path, clips[0])
    assert ShareVote.objects.get().voice == voices[1]
    assert not Vote.objects.exists()
    (share,) = Share.objects.all()
    assert "Zed chose Bo" in " ".join(Page(mia.get(f"/shares/{share.pk}/")).text.split())


def test_the_maker_and_admins_revoke_a_link(mia, ana, sign_in, collection, cast):
    collection.is_shared = True
    collection.save()
    path = make_link(mia, f"/collections/{collection.pk}/links/")
    share = Share.objects.get()

    cleo = factories.make_user("Cleo", cast.aurora, Membership.Role.CLONER)
    assert sign_in(cleo).post(f"/shares/{share.pk}/revoke/").status_code == 403
    assert ana.post(f"/shares/{share.pk}/revoke/")["Location"] == f"/shares/{share.pk}/"
    assert Client().get(path).status_code == 410
    assert AuditEntry.objects.get(action="share link revoked").actor == cast.ana
