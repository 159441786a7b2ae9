"""What a voice's card is drawn from, so short that it tells whether one drawn before will do."""

from collections.abc import Collection

from catalog.models import Voice

CardState = tuple[object, ...]


def find_card_states(voice_ids: Collection[int]) -> dict[int, CardState]:
    """Return for each voice what changes when its row or its clip does."""
    rows = Voice.objects.filter(pk__in=list(voice_ids))
    told = rows.values_list(
        "pk", "version", "clip", "clip__source", "clip__seconds", "clip__fetched_at"
    )
    return {row[0]: row for row in told}
