"""Write the outcome of a plan's line to the audit log."""

from datetime import datetime

from catalog.audit import record
from catalog.core.locales import say_stored
from catalog.models import PlannedDeletion

State = PlannedDeletion.State

_ACTS = {
    State.DELETED: "voice deleted",
    State.HIDDEN: "voice hidden",
    State.SKIPPED: "voice skipped",
    State.FAILED: "deletion failed",
}


def record_outcome(line: PlannedDeletion, state: State, message: str, now: datetime) -> None:
    """Add one entry about the voice, linked to the request that confirmed or retried the line.

    Its reason is why the voice was planned, or why it was not deleted.
    """
    is_done = state in {State.DELETED, State.HIDDEN}
    record(
        # Skipping is our own decision; anything else is done for the person who approved the plan.
        None if state == State.SKIPPED else line.plan.approved_by,
        _ACTS[state],
        line.voice,
        team=line.plan.team,
        now=now,
        reason=line.why if is_done else say_stored(message),
        follows=(line, line.plan),
        plan=line.plan_id,
        provider=line.account.info.label,
        remote_id=line.remote_id,
    )
