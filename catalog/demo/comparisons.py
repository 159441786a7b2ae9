"""A comparison of one speaker's clones, and the votes on it."""

from collections.abc import Callable

from catalog.demo.people import DemoTeam
from catalog.models import CloneJob, Comparison, Voice
from catalog.queries.comparisons import estimate_comparison
from catalog.services.comparisons import ComparisonRequest, cast_vote, request_comparison

_TEXT = "She opened the letter, and the room went quiet. Nobody had written to her in years."
_MOST = 3


def compare_clones(demo: DemoTeam) -> Callable[[], object] | None:
    """Let the team compare which provider clones a speaker best, without names."""
    jobs = CloneJob.objects.filter(team=demo.team, requested_by=demo.cleo)
    first = jobs.order_by("created_at").first()
    if first is None or jobs.active().filter(batch=first.batch_id).exists():
        return None
    made = jobs.filter(batch=first.batch_id, state=CloneJob.State.READY).values("voice")
    voices = list(Voice.objects.filter(pk__in=made).order_by("provider")[:_MOST])
    params = ComparisonRequest(
        voices=voices,
        texts=[_TEXT],
        is_blind=True,
        votes_wanted=3,
        agreed=estimate_comparison(voices, [_TEXT]).spends,
    )
    return lambda: request_comparison(demo.cleo, params=params, now=demo.now)


def vote_on_clones(demo: DemoTeam) -> Callable[[], object] | None:
    """Vote once all clips can be heard; the last vote reveals the names."""
    comparison = Comparison.objects.filter(team=demo.team, made_by=demo.cleo).first()
    if comparison is None:
        return None
    entries = list(comparison.entries.select_related("speech").order_by("place"))
    if not all(entry.speech and entry.speech.is_finished for entry in entries):
        return None

    def act() -> None:
        winner, second = entries[0].place, entries[-1].place
        for person, place in ((demo.ana, winner), (demo.mia, second), (demo.vic, winner)):
            cast_vote(person, comparison=comparison, place=place, now=demo.now)

    return act
