"""The previews of the first page, fetched before anyone presses Play."""

import logging
from collections.abc import Iterator

from django.core.cache import cache

from catalog.demo.people import DemoTeam
from catalog.models import User, Voice
from catalog.queries.searches.filters import VoiceFilter
from catalog.queries.voices.search import find_voices
from catalog.services.previews import PreviewPending, PreviewUnavailable, fetch_preview

logger = logging.getLogger(__name__)

_AT_ONCE = 6
# Seconds until a preview is asked for again.
_PENDING_FOR, _FAILED_FOR = 60, 3600


def warm_first_page(demo: DemoTeam) -> None:
    """Fetch some previews that the first pages of the demo's people lack.

    A slow one is left to its worker, and ends this turn: a person's own press must not wait behind
    many of them.
    """
    for count, (person, voice) in enumerate(_find_silent(demo), start=1):
        try:
            fetch_preview(person, voice=voice, now=demo.now)
        except PreviewUnavailable as exc:
            logger.info("Voice %s has no preview now: %s", voice.pk, exc)
            cache.set(_mark(voice), True, _FAILED_FOR)
        except PreviewPending:
            cache.set(_mark(voice), True, _PENDING_FOR)
            return
        if count == _AT_ONCE:
            return


def _find_silent(demo: DemoTeam) -> Iterator[tuple[User, Voice]]:
    for person in demo.everyone:
        for voice in find_voices(person, VoiceFilter()).voices:
            is_silent = voice.can_play and getattr(voice, "clip", None) is None
            if is_silent and not cache.get(_mark(voice)):
                yield person, voice


def _mark(voice: Voice) -> str:
    return f"demo-preview:{voice.pk}"
