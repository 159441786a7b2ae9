"""What a voice's card is drawn from, so short that it tells whether one drawn before will do."""

from collections.abc import Collection

from django.db import connection

CardState = tuple[object, ...]
# A plain statement: every page of voices asks it, and to compose it costs more than the answer.
_STATES = """
    SELECT v.id, v.version, c.id, c.source, c.seconds, c.fetched_at FROM catalog_voice v
    LEFT JOIN catalog_previewclip c ON c.voice_id = v.id WHERE v.id IN ({})
"""


def find_card_states(voice_ids: Collection[int]) -> dict[int, CardState]:
    """Return for each voice what changes when its row or its clip does."""
    if not voice_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_STATES.format(", ".join(["%s"] * len(voice_ids))), list(voice_ids))
        return {row[0]: row for row in cursor.fetchall()}
