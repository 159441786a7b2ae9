"""The analysis queue: generated clips, dropped clips, samples, blind comparisons."""

from collections.abc import Callable
from datetime import datetime

from catalog.jobs.clones.similarity import find_unscored, score_clip
from catalog.jobs.comparisons.anonymize import disguise_clip, find_undisguised, forget_disguises
from catalog.jobs.consents.check import check_consent, find_unchecked
from catalog.jobs.samples.analysis import find_waiting_reports, forget_unused_samples, make_report
from catalog.jobs.similarity.embeddings import (
    analyze_query,
    embed_one,
    find_waiting_queries,
    forget_queries,
)

_KINDS: dict[str, Callable[[str, datetime], None]] = {
    "clip": embed_one,
    "query": analyze_query,
    "report": make_report,
    "blind": disguise_clip,
    "consent": check_consent,
    "spoken": score_clip,
}


def listen_to(work_id: str, now: datetime) -> None:
    """Analyze one row, given as "report:12"; a second call does no harm."""
    kind, _, row_id = work_id.partition(":")
    _KINDS[kind](row_id, now)


def find_waiting() -> list[str]:
    """Return the rows that someone is waiting for, as "kind:id"."""
    queries = [f"query:{pk}" for pk in find_waiting_queries()]
    reports = [f"report:{pk}" for pk in find_waiting_reports()]
    consents = [f"consent:{pk}" for pk in find_unchecked()]
    return queries + consents + reports + find_left_by()


def find_left_by(speech_id: str = "") -> list[str]:
    """Return generated clips that still need analysis, of all syntheses or of one."""
    blind = [f"blind:{pk}" for pk in find_undisguised(speech_id)]
    return blind + [f"spoken:{pk}" for pk in find_unscored(speech_id)]


def forget_listened(now: datetime) -> None:
    """Delete abandoned recordings after a day, and copies of revealed blind comparisons."""
    forget_queries(now)
    forget_unused_samples(now)
    forget_disguises()
