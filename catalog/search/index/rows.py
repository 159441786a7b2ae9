"""Read the indexed data of voices from the database."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from catalog.models import Voice, VoiceLabel
from catalog.search.engines import COLUMN_FACETS, LABEL_FACETS, TWIN
from catalog.search.nodes import SECTIONS
from catalog.search.sql import DERIVED_FACETS, WORD_COLUMNS

_BATCH = 2000
_WORDS = tuple(WORD_COLUMNS[section] for section in SECTIONS)
_COLUMNS = (
    *(
        "pk",
        "key_set_id",
        "sort_name",
        "remote_created_at",
        "archived_at",
        "remote_deleted_at",
    ),
    *_WORDS,
    *COLUMN_FACETS.values(),
    *("state", "is_owned", "preview_url", "preview_sample_id", "description"),
)
_FACET_NAMES = tuple(COLUMN_FACETS)
_IS_OWNED = _COLUMNS.index("is_owned")
_FIRST_WORDS, _FIRST_FACET = _COLUMNS.index(_WORDS[0]), _COLUMNS.index("provider")
# Sorts voices without a date apart from all dates.
NO_DATE = -(2**62)


@dataclass(frozen=True, slots=True)
class IndexRow:
    """The indexed data of a voice; ``facets`` are (facet, value) pairs."""

    pk: int
    name: str
    created: int
    language: str
    is_listed: bool
    words: tuple[str, ...]
    facets: tuple[tuple[str, str], ...]


def as_microseconds(moment: datetime) -> int:
    """Return the time as the index stores it."""
    return round(moment.timestamp() * 1e6)


def read_rows(accounts: Collection[int], newer_than: int | None = None) -> Iterator[IndexRow]:
    """Return the accounts' voices by name, or, unordered, those changed after a version."""
    rows = Voice.objects.filter(account__in=sorted(accounts))
    if newer_than is None:
        rows = rows.present().order_by("sort_name", "pk")
    else:
        # Unordered, because SQLite would otherwise scan the whole table by its primary key.
        rows = rows.filter(version__gt=newer_than).order_by()
    batch: list[tuple[object, ...]] = []
    for row in rows.values_list(*_COLUMNS).iterator(chunk_size=_BATCH):
        batch.append(row)
        if len(batch) == _BATCH:
            yield from _with_labels(batch)
            batch = []
    yield from _with_labels(batch)


def _with_labels(batch: list[tuple[object, ...]]) -> Iterator[IndexRow]:
    if not batch:
        return
    labels: dict[object, list[tuple[str, str]]] = defaultdict(list)
    owned = [int(str(row[0])) for row in batch if row[_IS_OWNED]]
    owners = Voice.objects.filter(pk__in=owned).annotate(owner=DERIVED_FACETS["owner"])
    for voice, owner in owners.exclude(owner=None).values_list("pk", "owner") if owned else ():
        labels[voice].append(("owner", owner))
    wanted = Q(voice__in=[row[0] for row in batch], facet__in=(*LABEL_FACETS, TWIN))
    rows = VoiceLabel.objects.filter(wanted).order_by()
    for voice, facet, value in rows.values_list("voice_id", "facet", "value"):
        labels[voice].append((facet, value))
    for row in batch:
        yield _make_index_row(row, labels[row[0]])


def _make_index_row(row: tuple[object, ...], labels: list[tuple[str, str]]) -> IndexRow:
    columns = dict(zip(_COLUMNS, row, strict=True))
    values = tuple(map(str, row[_FIRST_FACET : _FIRST_FACET + len(_FACET_NAMES)]))
    created = columns["remote_created_at"]
    return IndexRow(
        pk=int(str(columns["pk"])),
        name=str(columns["sort_name"]),
        created=as_microseconds(created) if isinstance(created, datetime) else NO_DATE,
        language=str(columns["language"]),
        is_listed=columns["remote_deleted_at"] is None,
        words=tuple(map(str, row[_FIRST_WORDS:_FIRST_FACET])),
        facets=(
            *zip(_FACET_NAMES, values, strict=True),
            *labels,
            *_list_flags(columns),
            ("created", str(created.year) if isinstance(created, datetime) else "unknown"),
            ("key_set", str(columns["key_set_id"])),
            ("archived", "no" if columns["archived_at"] is None else "yes"),
        ),
    )


def _list_flags(columns: dict[str, object]) -> list[tuple[str, str]]:
    flags = [("is", str(columns["state"]))]
    if columns["is_owned"]:
        flags.append(("is", "own"))
    if columns["preview_url"] or columns["preview_sample_id"]:
        flags.append(("has", "preview"))
    if columns["description"]:
        flags.append(("has", "description"))
    if any(columns[name] != "unknown" for name in ("gender", "age", "accent", "language")):
        flags.append(("has", "labels"))
    return flags
