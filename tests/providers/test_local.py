"""The built-in Local provider: voices, speech, and clones, with a fast fake engine."""

import io
import json
import re

import av
import numpy as np
import pytest

from catalog.audio.tts import phonemes
from catalog.audio.tts.errors import TTSUnavailable
from catalog.audio.tts.styles import load_style
from catalog.providers import errors
from catalog.providers.adapters import local
from catalog.providers.adapters.local.clones import CloneStore, LocalClone
from catalog.providers.adapters.local.stock import hello_text
from catalog.providers.session import open_provider
from catalog.providers.types import Kind, PermissionState, SampleFile, SpeechParams, VoiceState
from tests.local import BuzzingEngine, QuickSearch, search_quickly
from tests.providers.sandboxed import MARKER, clone_params
from tests.providers.test_any_voice import check_voice


@pytest.fixture
def engine(monkeypatch) -> BuzzingEngine:
    buzzing = BuzzingEngine()
    monkeypatch.setattr(local, "load_engine", lambda folder: buzzing)
    monkeypatch.setattr(local, "prepare_weights", lambda folder: folder)
    return buzzing


@pytest.fixture
def search(monkeypatch) -> QuickSearch:
    return search_quickly(monkeypatch)


@pytest.fixture
def connect(tmp_path, engine):
    """Return a function that opens a team's account on this machine."""

    def _connect(account: str = "team-1"):
        return open_provider("local", {"api_key": account}, str(tmp_path))

    return _connect


def keep_clone(folder) -> str:
    """Store a clone as the adapter does, and return its ID."""
    clone = LocalClone(
        remote_id=CloneStore.make_id(MARKER),
        name="Anna",
        description=f"Our narrator.\n\n{MARKER}",
        language="en-GB",
        gender="female",
        made_at="2026-11-21T12:00:00+00:00",
        details={"Nearest voice": "Emma"},
    )
    CloneStore(folder, "team-1").keep(clone, load_style("bf_emma"))
    return clone.remote_id


def test_all_voices_are_listed_with_labels(connect):
    with connect() as adapter:
        voices = list(adapter.voices())

    assert len(voices) == len({voice.remote_id for voice in voices}) == 54
    assert {voice.kind for voice in voices} == {Kind.LIBRARY}
    assert not any(voice.is_owned for voice in voices)
    for voice in voices:
        check_voice(voice)
    heart = next(voice for voice in voices if voice.remote_id == "af_heart")
    assert (heart.name, heart.gender, heart.accent) == ("Heart", "female", "american")
    assert heart.languages == ("en-US",)
    assert heart.details["Quality"] == "A"
    counts = {tag: sum(voice.languages == (tag,) for voice in voices) for tag in ("en-US", "en-GB")}
    assert counts == {"en-US": 20, "en-GB": 8}


def test_a_voice_whose_language_needs_espeak_says_so_and_has_no_preview(connect, monkeypatch):
    monkeypatch.setattr(phonemes, "espeak_is_installed", lambda: False)

    with connect() as adapter:
        dora = next(voice for voice in adapter.voices() if voice.remote_id == "ef_dora")

    assert dora.preview_url == ""
    assert dora.state is VoiceState.MUTE
    assert "espeak" in dora.description


def test_installing_espeak_gives_voices_a_preview(connect, monkeypatch):
    monkeypatch.setattr(phonemes, "espeak_is_installed", lambda: True)

    with connect() as adapter:
        dora = next(voice for voice in adapter.voices() if voice.remote_id == "ef_dora")

    assert dora.preview_url
    assert dora.state is VoiceState.READY
    assert dora.description.startswith("A female Spanish voice. Speaks")


def test_a_preview_is_a_greeting_in_the_voice_s_own_language(connect, engine):
    with connect() as adapter:
        clip = adapter.preview("bm_george")

    assert engine.spoken == [(hello_text("en-GB", "George"), "en-GB", 1.0)]
    with av.open(io.BytesIO(clip.content)) as sound:
        assert sound.format.name == "mp3"
        assert sound.duration / av.time_base == pytest.approx(0.02 * 48, abs=0.2)


def test_a_stock_preview_is_generated_once_for_all_accounts_on_the_machine(connect, engine):
    with connect() as adapter, connect("team-2") as other:
        assert adapter.preview("af_heart").content == other.preview("af_heart").content

    assert len(engine.spoken) == 1


def test_any_text_is_spoken_for_free_in_the_requested_language_and_speed(connect, engine):
    with connect() as adapter:
        clip = adapter.speak(SpeechParams("af_heart", "Hello.", settings={"speed": 1.5}))
        adapter.speak(SpeechParams("af_heart", "Lift.", language="en-GB"))

    assert clip.charged == 0
    assert engine.spoken == [("Hello.", "en-US", 1.5), ("Lift.", "en-GB", 1.0)]


def test_a_text_that_the_engine_cannot_speak_is_rejected_with_its_message(connect, engine):
    engine.problem = "This text contains nothing readable in this language."

    with connect() as adapter, pytest.raises(errors.RequestRejected, match="nothing readable"):
        adapter.speak(SpeechParams("af_heart", "…"))


@pytest.mark.parametrize("remote_id", ["nobody", "../af_heart", "match-0", "", "match-" + "0" * 20])
def test_an_unknown_voice_raises_not_found(connect, remote_id):
    with connect() as adapter:
        for call in (
            lambda: adapter.speak(SpeechParams(remote_id, "Hello.")),
            lambda: adapter.preview(remote_id),
            lambda: adapter.rename(remote_id, "Anna"),
            lambda: adapter.delete(remote_id),
        ):
            with pytest.raises(errors.NotFound):
                call()


def test_a_stock_voice_cannot_be_deleted(connect):
    with connect() as adapter, pytest.raises(errors.RequestRejected) as caught:
        adapter.delete("af_heart")

    assert not isinstance(caught.value, errors.NotFound)


def test_a_clone_can_be_listed_found_by_its_marker_renamed_and_deleted(connect, tmp_path, engine):
    made = keep_clone(tmp_path)
    with connect() as adapter:
        (clone,) = [voice for voice in adapter.voices() if voice.is_owned]
        assert (clone.remote_id, clone.name, clone.kind) == (made, "Anna", Kind.CLONE)
        check_voice(clone)
        assert [voice.remote_id for voice in adapter.find_marked(MARKER)] == [made]
        assert adapter.find_marked(MARKER[:-1] + "0") == []

        adapter.rename(made, "Annette")
        adapter.rename(made, "Annette", "Another text.")
        (renamed,) = adapter.find_marked(MARKER)
        assert (renamed.name, renamed.details) == ("Annette", clone.details)
        assert renamed.description == f"Another text.\n\n{MARKER}"
        assert renamed.preview_url != clone.preview_url

        adapter.speak(SpeechParams(made, "Hello."))
        assert engine.spoken == [("Hello.", "en-GB", 1.0)]

        adapter.delete(made)
        assert adapter.find_marked(MARKER) == []
        with pytest.raises(errors.NotFound):
            adapter.delete(made)


def test_cloning_reports_progress_and_similarity_and_stores_the_voice(connect, search):
    reported, played = [], []

    def tell(words: str, share: float) -> None:
        reported.append((words, share))

    with connect() as adapter:
        made = adapter.clone(clone_params(language="en-GB", tell=tell, play=played.append))
        voice = adapter.voice(made.remote_id)

        assert made.ready
        assert made.note.startswith("Similarity to the sample: 0.80 of 1, measured by an encoder")
        assert made.note.endswith("The closest stock voice, Emma, scores 0.50.")
        assert adapter.is_ready(made.remote_id)
        assert (voice.name, voice.kind, voice.gender) == ("Anna", Kind.CLONE, "female")
        assert voice.languages == ("en-GB",)
        assert voice.description == f"Our narrator.\n\n{MARKER}"
        assert voice.details["Similarity to the sample"] == "0.80 of 1"
        assert voice.details["Similarity of the closest stock voice"] == "0.50 of 1, Emma"
        assert voice in adapter.voices()
        assert adapter.preview(made.remote_id).content
    nearest = reported[1][0].split(".")[0]
    assert nearest.startswith("Closest stock voice: ")
    assert reported[-1] == (f"Trying voices: 1 of 2. Similarity so far: 0.70. {nearest}.", 0.5)
    assert [sound.content_type for sound in played] == ["audio/mpeg"]


def test_running_the_same_job_twice_makes_one_clone(connect, search):
    with connect() as adapter:
        first, second = adapter.clone(clone_params()), adapter.clone(clone_params())

        assert first.remote_id == second.remote_id
        assert len(adapter.find_marked(MARKER)) == search.count == 1


def test_a_weak_similarity_is_noted(connect, search):
    search.likeness = 0.4

    with connect() as adapter:
        made = adapter.clone(clone_params())

        assert made.note.startswith("The match is weak")
        assert made.note.startswith(adapter.voice(made.remote_id).details["Note"])


def test_a_sample_that_is_not_audio_is_rejected_and_nothing_is_stored(connect, search):
    playlist = SampleFile("a.mp3", "audio/mpeg", b"#EXTM3U\nfile:///etc/passwd\n")

    with connect() as adapter:
        with pytest.raises(errors.RequestRejected, match="isn't supported"):
            adapter.clone(clone_params(samples=(playlist,)))

        assert adapter.find_marked(MARKER) == []


def test_a_clone_in_an_unsupported_language_is_rejected_before_the_search(connect, search):
    with connect() as adapter, pytest.raises(errors.RequestRejected, match="spoken here"):
        adapter.clone(clone_params(language="fi"))

    assert search.count == 0


def test_another_account_cannot_see_or_delete_a_clone(connect, tmp_path):
    made = keep_clone(tmp_path)

    with connect("team-2") as other:
        assert not any(voice.is_owned for voice in other.voices())
        assert other.find_marked(MARKER) == []
        with pytest.raises(errors.NotFound):
            other.delete(made)


def test_a_clone_keeps_its_stored_style(tmp_path):
    made = keep_clone(tmp_path)

    style = CloneStore(tmp_path, "team-1").style_of(made)

    assert np.array_equal(style, load_style("bf_emma"))


def test_a_partly_written_clone_is_not_listed(connect, tmp_path):
    keep_clone(tmp_path)
    (tmp_path / "voices" / "team-1" / ".draft-0011").write_bytes(b"PK half of it")

    with connect() as adapter:
        assert sum(voice.is_owned for voice in adapter.voices()) == 1


def test_the_same_marker_always_gives_the_same_clone_id(tmp_path):
    keep_clone(tmp_path)
    keep_clone(tmp_path)

    (kept,) = (tmp_path / "voices" / "team-1").iterdir()
    assert re.fullmatch(r"match-[0-9a-f]{20}\.npz", kept.name)
    with np.load(kept) as file:
        assert json.loads(file["about"].tobytes())["name"] == "Anna"


def test_check_verifies_the_weights(connect, monkeypatch):
    def refuse(folder):
        raise TTSUnavailable("The weights are wrong.")

    with connect() as adapter:
        good = adapter.check()
        monkeypatch.setattr(local, "prepare_weights", refuse)
        bad = adapter.check()

    assert (good.account_ref, good.can_preview, good.problem) == ("team-1", PermissionState.YES, "")
    assert (bad.account_ref, bad.can_preview) == ("team-1", PermissionState.NO)
    assert bad.problem == "The weights are wrong."


@pytest.mark.parametrize("account", ["", "../team-1", "Team 1", "a/b"])
def test_an_invalid_account_name_is_rejected(connect, account):
    with pytest.raises(errors.CredentialRejected):
        connect(account)
