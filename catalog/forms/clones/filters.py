"""The filter of the list of jobs, read from the URL."""

import uuid

from django.http import QueryDict

from catalog.forms.voices.filters import one_line
from catalog.queries.clones import JOB_STATES, JobFilter, list_clone_providers


class JobFilterForm:
    """Read the query string; invalid values are ignored and never cause an error."""

    def __init__(self, query: QueryDict) -> None:
        state, provider, person = (query.get(name, "") for name in ("state", "provider", "person"))
        self.wanted = JobFilter(
            words=one_line(query.get("q", ""))[:100].strip(),
            state=state if state in JOB_STATES else "",
            provider=provider if provider in dict(list_clone_providers()) else "",
            person=_read_number(person),
            batch=_read_id(query.get("batch") or query.get("order", "")),
        )
        self.page = _read_number(query.get("page", "")) or 1


def _read_number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _read_id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
