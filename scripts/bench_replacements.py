"""Measure a replacement plan: python scripts/bench_replacements.py [VOICES [CANDIDATES]].

Makes a database in a temporary folder with a speaker's clones at one account, and many voices with
embeddings at another, and measures each step of a plan that replaces all the clones.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
_BATCH = 2000


def main() -> None:
    """Print seconds and queries of each step."""
    count, others = [*map(int, sys.argv[1:]), *(500, 20_000)[len(sys.argv) - 1 :]][:2]
    with tempfile.TemporaryDirectory(prefix="voiceboard-bench-") as folder:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "voiceboard.settings",
            "VOICEBOARD_DATA_DIR": folder,
            "VOICEBOARD_LOCAL": "0",
        }
        import django

        django.setup()
        from django.core.management import call_command

        call_command("prepare", verbosity=0)
        _measure(count, others)


def _measure(count: int, others: int) -> None:
    from datetime import UTC, datetime

    from catalog.jobs.evacuations.run import run_evacuation
    from catalog.models import CloneJob, Evacuation
    from catalog.queries.evacuations.plans import get_evacuation_page
    from catalog.services.evacuations.plans import Ending, create_evacuation, start_clones
    from catalog.services.evacuations.replace import approve_evacuation, undo_evacuation
    from tests import factories

    def now() -> datetime:
        return datetime.now(UTC)

    user, team, ids, new = _furnish(count, others)
    sys.stdout.write(f"{count} clones, {others} voices with embeddings\n")
    plan: Evacuation = _time(
        "make the plan",
        lambda: create_evacuation(user, team=team, voice_ids=ids, ending=Ending(), now=now()),
    )
    _time("one page of it", lambda: get_evacuation_page(user, plan.pk, now()))
    _time(
        "start the clones",
        lambda: start_clones(user, evacuation=plan, is_confirmed=True, now=now()),
    )
    _time("request the clones (worker)", lambda: list(run_evacuation(plan.pk, now)))
    jobs = list(CloneJob.objects.filter(batch__evacuation_line__evacuation=plan))
    for job in jobs:
        job.state, job.voice = "ready", factories.make_clone(new, "New clone")
    CloneJob.objects.bulk_update(jobs, ["state", "voice"], batch_size=200)
    copies = ["tag", "note", "rating", "star"]
    _time(
        "approve and replace",
        lambda: approve_evacuation(user, evacuation=plan, copies=copies, now=now()),
    )
    _time("undo", lambda: undo_evacuation(user, evacuation=plan, now=now()))


def _time(words: str, act: Callable[[], Any]) -> Any:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        start = time.monotonic()
        answer = act()
        seconds = time.monotonic() - start
    sys.stdout.write(f"{words}: {seconds:.2f} s, {len(queries)} queries\n")
    return answer


def _furnish(count: int, others: int) -> tuple[Any, Any, list[int], Any]:
    """Return an admin, the team, the clones to replace, and the account they move to."""
    import numpy as np

    from catalog.audio.embeddings.nearest_neighbors import ENCODER, SIZE, pack_vector
    from catalog.models import CloneJob, Membership, Team, Voice, VoiceEmbedding
    from catalog.providers.registry import all_infos
    from tests import factories

    team = Team.objects.create(name="Bench")
    user = factories.make_user("Bench", team, Membership.Role.ADMIN)
    slugs = [info.slug for info in all_infos() if info.can_clone and not info.is_built_in]
    old, new = (
        factories.make_account(team, provider=slug, slots_limit=None, last_owner=user)
        for slug in slugs[:2]
    )
    key = factories.make_credential(user, old, f"sandbox-{old.provider}-full")
    factories.make_credential(user, new, f"sandbox-{new.provider}-full")
    batch = factories.make_batch(user, team)
    chance = np.random.default_rng(1)
    values = {"provider": old.provider, "kind": "clone", "is_owned": True, "gender": "female"}
    clones = _make_voices(old, count, **values)
    for clone in clones:
        factories.make_job(user, key, voice=clone, batch=batch, state="ready", language="en")
        factories.make_collection(user, team, clone, is_shared=True)
        factories.make_tag(team, f"tag {clone.pk}", clone)
    library = _make_voices(new, others, provider=new.provider, preview_url="https://a.b/c.mp3")
    for start in range(0, count + others, _BATCH):
        rows = [*clones, *library][start : start + _BATCH]
        vectors = chance.normal(size=(len(rows), SIZE)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        VoiceEmbedding.objects.bulk_create(
            VoiceEmbedding(
                voice=row,
                encoder=ENCODER,
                vector=pack_vector(vector),
                made_at=factories.NOW,
            )
            for row, vector in zip(rows, vectors, strict=True)
        )
    assert CloneJob.objects.count() == count and Voice.objects.count() == count + others  # noqa: PT018, S101
    return user, team, [clone.pk for clone in clones], new


def _make_voices(account: Any, count: int, **values: Any) -> list[Any]:
    from catalog.models import Voice
    from tests import factories

    rows = [
        Voice(
            account=account,
            remote_id=f"{account.provider}-{number}",
            name=f"Voice {number}",
            sort_name=f"voice {number:06d}",
            language="en",
            added_at=factories.NOW,
            changed_at=factories.NOW,
            **values,
        )
        for number in range(count)
    ]
    return list(Voice.objects.bulk_create(rows, batch_size=_BATCH))


if __name__ == "__main__":
    main()
