"""Write into the log how a line of a plan ended."""

from datetime import datetime

from catalog.audit import record
from catalog.models import PlannedDeletion

State = PlannedDeletion.State

_ACTS = {
    State.DELETED: "voice deleted",
    State.HIDDEN: "voice hidden",
    State.SKIPPED: "voice left alone",
    State.FAILED: "deletion failed",
}


def record_outcome(line: PlannedDeletion, state: State, message: str, now: datetime) -> None:
    """Add one entry about the voice, under the number of the request that confirmed or retried it.

    Its reason is why the voice was planned, or why it is still there.
    """
    is_done = state in {State.DELETED, State.HIDDEN}
    record(
        # Leaving a voice alone is our own doing; the rest is done for who confirmed the plan.
        None if state == State.SKIPPED else line.plan.approved_by,
        _ACTS[state],
        line.voice,
        team=line.plan.team,
        now=now,
        reason=line.why if is_done else message,
        follows=(line, line.plan),
        plan=line.plan_id,
        provider=line.account.info.label,
        remote_id=line.remote_id,
    )
