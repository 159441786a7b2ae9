"""Carry a voice's new name and labels to its provider."""

from collections.abc import Callable, Mapping

from django.conf import settings
from django.db import transaction

from catalog.crypto import CannotOpen
from catalog.models import Credential, Voice
from catalog.models.versions import touch_voices
from catalog.providers.base import Provider
from catalog.providers.errors import ProviderError
from catalog.providers.session import open_provider
from catalog.search.wording import fill_names


def push_name(voice_id: int) -> None:
    """Give the voice at its provider the name that it has here; a refusal is kept in its words.

    Doing it twice does no harm. Until it is done the name is only here, and the page says so.
    """
    voice = Voice.objects.select_related("account").filter(pk=voice_id).first()
    if voice is None or not voice.own_name or not voice.is_renamable_there:
        return
    wanted, remote_id = voice.own_name, voice.remote_id
    problem = _change(voice, lambda provider: provider.rename(remote_id, wanted))
    if problem:
        rows = Voice.objects.filter(pk=voice_id, own_name=wanted)
        rows.update(rename_problem=problem[:300])
    else:
        _keep_name(voice_id, wanted)


def push_labels(voice_id: int) -> None:
    """Give the voice at its provider what it keeps of its labels here; the others are only here."""
    voice = Voice.objects.select_related("account").filter(pk=voice_id).first()
    if voice is None or not voice.is_renamable_there:
        return
    kept, remote_id = voice.info.kept_labels, voice.remote_id
    wanted = {facet: said for facet, said in voice.own_labels.items() if facet in kept}
    if not wanted:
        return
    problem = _change(voice, lambda provider: provider.relabel(remote_id, wanted))
    if problem:
        Voice.objects.filter(pk=voice_id).update(rename_problem=problem[:300])
    else:
        _hand_over(voice_id, wanted)


def _change(voice: Voice, act: Callable[[Provider], None]) -> str:
    """Have the provider do it; return in words why it did not, "" when it did."""
    keys = Credential.objects.working().filter(account=voice.account)
    credential = next((key for key in keys.order_by("created_at") if key.may("delete")), None)
    if credential is None:
        return "No working key may change this voice."
    base_url = settings.PROVIDER_BASE_URLS[voice.provider]
    try:
        with open_provider(voice.provider, credential.secrets(), base_url) as provider:
            act(provider)
    except CannotOpen:
        return "The key can't be opened: enter it again."
    except ProviderError as exc:
        return exc.message
    return ""


@transaction.atomic
def _keep_name(voice_id: int, wanted: str) -> None:
    voice = Voice.objects.select_for_update().filter(pk=voice_id, own_name=wanted).first()
    if voice is None:
        return  # renamed once more meanwhile
    voice.name, voice.own_name, voice.rename_problem = wanted, "", ""
    fill_names(voice)
    _save(voice, "name", "own_name", "sort_name", "name_words")


@transaction.atomic
def _hand_over(voice_id: int, given: Mapping[str, str]) -> None:
    voice = Voice.objects.select_for_update().get(pk=voice_id)
    left = {facet: said for facet, said in voice.own_labels.items() if given.get(facet) != said}
    voice.own_labels, voice.rename_problem = left, ""
    _save(voice, "own_labels")


def _save(voice: Voice, *fields: str) -> None:
    # Emptied so that the next sync writes what the provider now says.
    voice.content_hash = voice.source_mark = ""
    voice.save(update_fields=[*fields, "rename_problem", "content_hash", "source_mark"])
    touch_voices([voice.pk])
