"""Fill in the labels and the search text of voices stored by an earlier version."""

from django.db import transaction

from catalog.jobs.base.bulk_insert import insert_all
from catalog.models import Voice, VoiceLabel
from catalog.models.voices.versions import touch_voices
from catalog.search.labels import relist_labels
from catalog.search.search_text import fill_words
from catalog.search.text_normalization import join_terms

_BATCH = 500
_WRITTEN = ["sort_name", "name_words", "id_words", "label_words", "search_text", "team_text"]


def fill_missing_words() -> int:
    """Return how many voices were filled in; an id without letters always stays empty."""
    rows = Voice.objects.filter(id_words="").order_by("pk")
    count = last = 0
    while batch := list(
        rows.filter(pk__gt=last).select_related("account").prefetch_related("labels")[:_BATCH]
    ):
        labels = []
        for voice in batch:
            if not (voice.name_words or voice.label_words):
                # Earlier versions stored this as text; convert it without truncating twice.
                voice.team_text = join_terms(voice.team_text)
            pairs = relist_labels(voice, voice.label_pairs)
            fill_words(voice, pairs)
            labels += [VoiceLabel(voice=voice, facet=each, value=value) for each, value in pairs]
        with transaction.atomic():
            Voice.objects.bulk_update(batch, _WRITTEN)
            VoiceLabel.objects.filter(voice__in=batch).exclude(
                facet__in=VoiceLabel.RELATED_FACETS
            ).delete()
            insert_all(labels)
            touch_voices([voice.pk for voice in batch])
        count, last = count + len(batch), batch[-1].pk
    return count
