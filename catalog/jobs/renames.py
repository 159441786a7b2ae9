"""Carry a voice's new name to its provider."""

from django.conf import settings
from django.db import transaction

from catalog.crypto import CannotOpen
from catalog.models import Credential, Voice
from catalog.models.versions import touch_voices
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
    wanted = voice.own_name
    named = Voice.objects.filter(pk=voice_id, own_name=wanted)
    keys = Credential.objects.working().filter(account=voice.account)
    credential = next((key for key in keys.order_by("created_at") if key.may("delete")), None)
    if credential is None:
        named.update(rename_problem="No working key may change this voice.")
        return
    base_url = settings.PROVIDER_BASE_URLS[voice.provider]
    try:
        with open_provider(voice.provider, credential.secrets(), base_url) as provider:
            provider.rename(voice.remote_id, wanted)
    except CannotOpen:
        named.update(rename_problem="The key can't be opened: enter it again.")
    except ProviderError as exc:
        named.update(rename_problem=exc.message[:300])
    else:
        _keep_name(voice_id, wanted)


@transaction.atomic
def _keep_name(voice_id: int, wanted: str) -> None:
    voice = Voice.objects.select_for_update().filter(pk=voice_id, own_name=wanted).first()
    if voice is None:
        return  # renamed once more meanwhile
    voice.name, voice.own_name, voice.rename_problem = wanted, "", ""
    # Emptied so that the next sync writes what the provider now says.
    voice.content_hash = voice.source_mark = ""
    fill_names(voice)
    voice.save(
        update_fields=[
            *("name", "own_name", "rename_problem", "sort_name", "name_words"),
            *("content_hash", "source_mark"),
        ]
    )
    touch_voices([voice_id])
