"""Read voices for cards and tables with plain SQL, as every page of the list needs them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.db import connection

from catalog.models import PreviewClip, ProviderAccount, Voice
from catalog.queries.base.rows import RowReader

CardState = tuple[object, ...]
# Plain SQL: every page of voices runs these, and the ORM would take longer than the database.
_STATES = """
    SELECT v.id, v.version, c.id, c.source, c.seconds, c.fetched_at FROM catalog_voice v
    LEFT JOIN catalog_previewclip c ON c.voice_id = v.id WHERE v.id IN ({})
"""
# Columns for search and sync only; they are half of a row.
_NOT_SHOWN = frozenset(
    {
        *("name_words", "id_words", "label_words", "search_text", "team_text", "details"),
        *("content_hash", "source_mark", "marker", "added_at", "changed_at"),
        *("sort_name", "version", "rename_problem", "problem", "gone_reason"),
    }
)
_TABLED = RowReader(
    Voice, [each.attname for each in Voice._meta.concrete_fields if each.name not in _NOT_SHOWN]
)
# Parsing a date takes as long as parsing five texts, and cards don't show this one.
_SHOWN = RowReader(Voice, [name for name in _TABLED.names if name != "remote_created_at"])
_HEARD = RowReader(PreviewClip, ["id", "voice_id", "seconds", "peaks"])
_ROWS = {
    reader: f"""
    SELECT {reader.columns_of("v")}, {_HEARD.columns_of("c")} FROM catalog_voice v
    LEFT JOIN catalog_previewclip c ON c.voice_id = v.id WHERE v.id IN ({{}})
    """  # noqa: S608  (of our columns)
    for reader in (_TABLED, _SHOWN)
}
_LABELS = """
    SELECT voice_id, facet, value FROM catalog_voicelabel WHERE voice_id IN ({})
    ORDER BY voice_id, id
"""


def find_card_states(voice_ids: Collection[int]) -> dict[int, CardState]:
    """Return for each voice a tuple that changes when its row or its clip does."""
    return {row[0]: row for row in _select(_STATES, list(voice_ids))}


def load_voices(
    voice_ids: Iterable[int],
    accounts: Mapping[int, ProviderAccount],
    hidden: Collection[int] = (),
    *,
    is_archived: bool,
    is_table: bool = False,
) -> list[Voice]:
    """Return the voices in this order, with account, clip, and labels.

    Fields that cards and tables don't show are deferred, so don't use them for many voices.
    Voices that the list must not show are left out even if their ids are passed: gone voices,
    those of other accounts, and those of hidden key sets.
    """
    ids = list(voice_ids)
    if not ids:
        return []
    reader = _TABLED if is_table else _SHOWN
    read = _select(_ROWS[reader], ids)
    rows = {voice.id: voice for voice in reader.make(read)}
    clips = {clip.voice_id: clip for clip in _HEARD.make_last(read)}
    labels: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for voice_id, *pair in _select(_LABELS, ids):
        labels[voice_id].append((pair[0], pair[1]))
    found = [rows[pk] for pk in ids if pk in rows]
    shown = [row for row in found if row.account_id in accounts and not row.is_gone]
    seen = [row for row in shown if row.key_set_id not in hidden]
    voices = [row for row in seen if row.is_archived == is_archived]
    account, clip = Voice.account.field, PreviewClip.voice.field.remote_field
    for voice in voices:
        account.set_cached_value(voice, accounts[voice.account_id])
        voice.label_pairs = labels[voice.id]
        # Cache that there is none too, or Django would query for it each time.
        clip.set_cached_value(voice, clips.get(voice.id))
    return voices


def _fill(statement: str, ids: list[int]) -> str:
    return statement.format(", ".join(["%s"] * len(ids)))


def _select(statement: str, ids: list[int]) -> list[tuple[Any, ...]]:
    if not ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_fill(statement, ids), ids)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
