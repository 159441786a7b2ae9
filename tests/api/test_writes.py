"""Programs change things: bodies are strict, repeated requests act once, and pages see it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from catalog.jobs.tokens import forget_answers
from catalog.models import ApiAnswer, AuditEntry, Collection, Note, Star, Synthesis, Tag
from tests import factories

NEW = {"name": "Narrators", "is_shared": True}


@pytest.fixture
def writer(cast, program):
    return program(cast.mia, cast.aurora, "read", "write", "speak")


@pytest.fixture
def voice(cast):
    return factories.make_voice(cast.account)


def test_a_star_and_a_tag_can_be_put_and_taken_any_number_of_times(cast, writer, voice):
    for _ in range(2):
        assert writer.ask(f"voices/{voice.pk}/star", "PUT").status_code == 204
        assert writer.ask(f"voices/{voice.pk}/tags/Very%20warm", "PUT").status_code == 204
    found = writer.read(f"voices/{voice.pk}")
    assert (found["is_starred"], found["tags"]) == (True, ["Very warm"])
    assert AuditEntry.objects.filter(action="voice tagged").count() == 1

    for _ in range(2):
        assert writer.ask(f"voices/{voice.pk}/star", "DELETE").status_code == 204
        assert writer.ask(f"voices/{voice.pk}/tags/very%20WARM", "DELETE").status_code == 204
    assert not Star.objects.exists()
    assert not Tag.objects.exists()


def test_a_note_is_written_changed_and_removed(cast, writer, voice):
    made = writer.ask(f"voices/{voice.pk}/notes", "POST", body={"text": "Calm."})
    path = made["Location"].removeprefix("/api/v1/")

    assert made.status_code == 201
    assert writer.ask(path, "PATCH", body={"text": "Calmer."}).json()["text"] == "Calmer."
    assert writer.read(f"voices/{voice.pk}/notes")["data"] == [writer.read(path)]
    assert writer.ask(path, "DELETE").status_code == 204
    assert writer.ask(path).status_code == 404
    assert Note.objects.get().removed_at is not None


def test_a_collection_is_made_filled_changed_and_removed(cast, writer, voice):
    made = writer.ask("collections", "POST", body=NEW)
    path = made["Location"].removeprefix("/api/v1/")

    assert (made.status_code, made.json()["is_shared"]) == (201, True)
    for _ in range(2):
        assert writer.ask(f"{path}/voices/{voice.pk}", "PUT").status_code == 204
    found = writer.read(path)
    assert [entry["voice"]["id"] for entry in found["voices"]] == [voice.pk]
    changed = writer.ask(path, "PATCH", body={"description": "For trailers"}).json()
    assert (changed["name"], changed["description"]) == ("Narrators", "For trailers")
    for _ in range(2):
        assert writer.ask(f"{path}/voices/{voice.pk}", "DELETE").status_code == 204
    assert writer.read(path)["voices"] == []
    assert writer.ask(path, "DELETE").status_code == 204
    assert writer.ask(path).status_code == 404


def test_if_match_protects_what_someone_else_changed(cast, writer):
    path = writer.ask("collections", "POST", body=NEW)["Location"].removeprefix("/api/v1/")
    etag = writer.ask(path)["ETag"]
    Collection.objects.update(name="Changed meanwhile")

    refused = writer.ask(path, "DELETE", **{"If-Match": etag})

    assert refused.status_code == 412
    assert writer.ask(path, "DELETE", **{"If-Match": writer.ask(path)["ETag"]}).status_code == 204


def test_the_same_key_acts_once(cast, writer):
    key = {"Idempotency-Key": "order-17"}
    first, again = (writer.ask("collections", "POST", body=NEW, **key) for _ in range(2))

    assert Collection.objects.count() == 1
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert first["Location"] == again["Location"]
    assert again["Idempotent-Replayed"] == "true"
    other = writer.ask("collections", "POST", body={"name": "Another"}, **key)
    assert (other.status_code, other.json()["type"]) == (422, "/api/problems/key-reused")
    refused = writer.ask("collections", "POST", body=NEW, **{"Idempotency-Key": "é" * 3})
    assert refused.status_code in {400, 422}


def test_a_key_belongs_to_its_token(cast, writer, program):
    other = program(cast.mia, cast.aurora, "write")
    for each in (writer, other):
        each.ask("collections", "POST", body=NEW, **{"Idempotency-Key": "1"})

    assert Collection.objects.count() == 2


def test_a_request_that_is_running_or_died_is_not_acted_on_twice(cast, writer):
    key = {"Idempotency-Key": "1"}
    writer.ask("collections", "POST", body=NEW, **key)
    ApiAnswer.objects.update(status=0, claimed_at=timezone.now())

    assert writer.ask("collections", "POST", body=NEW, **key)["Retry-After"] == "1"
    # Its process died, and its transaction with it.
    Collection.objects.all().delete()
    ApiAnswer.objects.update(claimed_at=timezone.now() - timedelta(minutes=3))
    assert writer.ask("collections", "POST", body=NEW, **key).status_code == 201
    assert Collection.objects.count() == 1


def test_a_failure_undoes_everything_and_can_be_repeated(cast, writer, monkeypatch):
    key = {"Idempotency-Key": "1"}
    with monkeypatch.context() as patch:
        patch.setattr("catalog.api.collections._find_collection", lambda *_: 1 / 0)
        assert writer.ask("collections", "POST", body=NEW, **key).status_code == 500
    assert not Collection.objects.exists()

    assert writer.ask("collections", "POST", body=NEW, **key).status_code == 201


def test_answers_are_kept_for_a_day(cast, writer):
    writer.ask("collections", "POST", body=NEW, **{"Idempotency-Key": "1"})

    assert forget_answers(timezone.now() + timedelta(hours=23)) == 0
    assert forget_answers(timezone.now() + timedelta(hours=25)) == 1


@pytest.mark.parametrize(
    ("body", "status", "at"),
    [
        (b"{", 400, None),
        (b'{"name": "\xff"}', 400, None),
        (b'{"name": "\\ud857"}', 400, None),
        (b"[]", 422, ""),
        (b"{}", 422, "/name"),
        (b'{"name": 1}', 422, "/name"),
        (b'{"name": "a", "is_shared": "yes"}', 422, "/is_shared"),
        (b'{"name": "a", "extra": 1}', 422, "/extra"),
        (b'{"name": "a\\u0000b"}', 422, "/name"),
        (b'{"name": "..."}', 422, "/name"),
        (b'{"name": "sk_0123456789abcdef0123456789abcdef0123456789abcdef"}', 422, "/name"),
        (b'{"name": "' + b"a" * 81 + b'"}', 422, "/name"),
        (b'{"name": "' + b"a" * 66_000 + b'"}', 413, None),
    ],
)
def test_a_body_that_cannot_be_meant_is_refused_with_its_place(cast, writer, body, status, at):
    answer = writer.ask("collections", "POST", body=body)

    assert answer.status_code == status
    assert [error["at"] for error in answer.json()["errors"]] == ([] if at is None else [at])
    assert not Collection.objects.exists()


def test_a_body_says_that_it_is_json(cast, writer):
    answer = writer.client.post(
        "/api/v1/collections",
        {"name": "Narrators"},
        headers={"Authorization": f"Bearer {writer.secret}"},
    )

    assert answer.status_code == 415


def test_a_text_is_estimated_spoken_once_and_canceled(cast, writer, voice):
    said = {"voice_id": voice.pk, "text": "Hello there."}

    estimate = writer.ask("syntheses/estimate", "POST", body=said).json()
    assert (estimate["characters"], estimate["is_cached"]) == (12, False)
    assert not Synthesis.objects.exists()

    made = writer.ask("syntheses", "POST", body=said)
    assert (made.status_code, made.json()["state"]) == (202, "queued")
    path = made["Location"].removeprefix("/api/v1/")
    assert writer.ask("syntheses", "POST", body=said)["Location"] == made["Location"]
    assert writer.read(path)["text"] == "Hello there."
    assert writer.ask(path, "DELETE").status_code == 204
    assert writer.ask(path, "DELETE").json()["type"] == "/api/problems/already-sent"


def test_a_text_that_was_spoken_before_is_there_at_once(cast, writer, voice, wav):
    factories.make_spoken_clip(voice, wav)

    made = writer.ask("syntheses", "POST", body={"voice_id": voice.pk, "text": "Hello there."})

    assert (made.status_code, made.json()["is_cached"]) == (200, True)
    sound = writer.ask(made.json()["audio_url"].removeprefix("/api/v1/"))
    assert b"".join(sound.streaming_content) == wav


def test_what_cannot_be_spoken_says_why(cast, writer, voice):
    def refuse(**values):
        answer = writer.ask("syntheses", "POST", body={"voice_id": voice.pk, **values})
        assert answer.status_code == 422
        return answer.json()

    assert refuse(text=" ")["errors"][0]["at"] == "/text"
    assert refuse(text="Hi.", settings={"volume": 1})["errors"][0]["at"] == "/settings/volume"
    assert refuse(text="Hi.", voice_id=987_654_321)["errors"][0]["at"] == "/voice_id"
    cast.credential.delete()
    assert "no working key" in refuse(text="Hi.")["detail"]
    assert not Synthesis.objects.exists()


def test_a_voice_moves_in_a_collection(cast, writer, voice):
    other = factories.make_voice(cast.account, "Adam")
    path = writer.ask("collections", "POST", body=NEW)["Location"].removeprefix("/api/v1/")
    for each in (voice, other):
        writer.ask(f"{path}/voices/{each.pk}", "PUT")

    moved = writer.ask(f"{path}/voices/{other.pk}/move", "POST", body={"by": -1})

    assert moved.status_code == 204
    shown = [entry["voice"]["id"] for entry in writer.read(path)["voices"]]
    assert shown == [other.pk, voice.pk]
    refused = writer.ask(f"{path}/voices/{other.pk}/move", "POST", body={"by": 2})
    assert refused.json()["errors"][0]["detail"] == "Expected one of -1, 1."


def test_a_clone_is_canceled_and_retried_as_a_new_job(cast, program):
    cloner = program(cast.ana, cast.aurora, "clone")
    job = factories.make_job(cast.ana, cast.credential)

    assert cloner.ask(f"clone-jobs/{job.pk}/cancel", "POST").json()["state"] == "cancelled"
    refused = cloner.ask(f"clone-jobs/{job.pk}/cancel", "POST")
    assert refused.json()["type"] == "/api/problems/not-possible"
    assert "already ended" in refused.json()["detail"]
    again = cloner.ask(f"clone-jobs/{job.pk}/retry", "POST")
    assert (again.status_code, again.json()["retry_of"]) == (202, str(job.pk))
    assert again["Location"].endswith(again.json()["id"])
