"""Override a provider's voice labels with the team's own."""

from collections.abc import Callable, Iterable, Mapping

from catalog.models import Voice, VoiceLabel
from catalog.models.voices.versions import touch_voices
from catalog.providers.labels import accent_word, age_word, gender_word, language_tag
from catalog.search.labels import Pairs, relist_labels
from catalog.search.search_text import fill_words

_UNKNOWN = "unknown"
_READERS: Mapping[str, Callable[[str], str]] = {
    "gender": gender_word,
    "age": age_word,
    "accent": accent_word,
    "language": language_tag,
}
_OWN_FACETS = tuple(_READERS)


def apply_own_labels(row: Voice, pairs: Pairs) -> Pairs:
    """Apply the team's labels to a row; return its pairs of facet and value with them.

    ``pairs`` are the (facet, value) pairs from the provider. The row is not saved.
    """
    if not row.own_labels:
        return pairs
    badges = [pair for pair in pairs if pair[0] == "badge"]
    language = row.own_labels.get("language")
    if language:
        # Replaces the main language, which the team knows better; other languages stay.
        others = [pair for pair in pairs if pair[1] not in (row.language, language, _UNKNOWN)]
        languages = [("language", language), *(pair for pair in others if pair[0] == "language")]
        pairs = languages + [pair for pair in pairs if pair[0] != "language"]
    for facet in _OWN_FACETS:
        setattr(row, facet, row.own_labels.get(facet) or getattr(row, facet))
    pairs = relist_labels(row, pairs)
    fill_words(row, pairs)
    return pairs + badges


def write_own_labels(voice: Voice, labels: Mapping[str, str]) -> None:
    """Set the team's labels of a voice; all other facets return to the provider's values.

    The caller holds a transaction.
    """
    held = VoiceLabel.objects.filter(voice=voice).order_by("pk")
    held = held.exclude(facet__in=VoiceLabel.RELATED_FACETS)
    pairs = _take_back(voice, list(held.values_list("facet", "value")), voice.own_labels)
    voice.own_labels = dict(labels)
    pairs = apply_own_labels(voice, pairs)
    # Cleared to make the next sync read the provider's values again.
    voice.content_hash = voice.source_mark = ""
    derived = ("own_labels", "label_words", "content_hash", "source_mark")
    voice.save(update_fields=[*_OWN_FACETS, *derived])
    held.delete()
    rows = [VoiceLabel(voice=voice, facet=facet, value=value) for facet, value in pairs]
    VoiceLabel.objects.bulk_create(rows)
    touch_voices([voice.pk])


def _take_back(row: Voice, pairs: Pairs, facets: Iterable[str]) -> Pairs:
    """Reset these facets of a row to the provider's values."""
    for facet in facets:
        said = _READERS[facet](row.raw_labels.get(facet, "")) or _UNKNOWN
        if facet == "language":
            kept = [pair for pair in pairs if pair != ("language", row.language)]
            pairs = [("language", said), *(pair for pair in kept if pair != ("language", said))]
        setattr(row, facet, said)
    pairs = relist_labels(row, pairs)
    fill_words(row, pairs)
    return pairs
