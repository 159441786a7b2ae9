"""The speakers that the demo's people cloned, and the clones that went wrong."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from django.core.files.uploadedfile import SimpleUploadedFile

from catalog.audio.formats import FORMATS
from catalog.demo.people import DemoTeam
from catalog.demo.sandbox import fetch_recording, plan_fault
from catalog.models import CloneBatch, CloneJob, Credential, SyncRun, User
from catalog.services.clones import CloneRequest, SampleCut, cancel_clone, request_clones
from catalog.services.consents.statements import ConsentStatement
from catalog.services.credentials.keys import add_credential
from catalog.services.samples import add_sample

Action = Callable[[], object]
_RATE_LIMIT = {"fault": "rate_limit", "method": "POST", "path": "/v1/voices/add"}
_MISSING_PERMISSION = {
    "fault": "refuse",
    "method": "GET",
    "path": "/v2/voices",
    "status": 401,
    "values": {
        "detail": {
            "status": "missing_permissions",
            "message": "The API key you used is missing the permission voices_read.",
        }
    },
}


@dataclass(frozen=True, slots=True)
class DemoClone:
    """One recording of a speaker, and the providers that it is cloned at."""

    person: str  # of the sandbox
    speaker: str
    name: str
    description: str
    gender: str
    providers: tuple[str, ...]
    relation: str
    allowed_use: str
    use_note: str = ""


_NARRATOR = DemoClone(
    "speaker 63",
    "Alice Marlowe",
    "Alice, narrator",
    "Reads The Lighthouse.",
    "female",
    ("elevenlabs", "inworld", "noiz", "telnyx"),
    "contract",
    "project",
    "The Lighthouse (audiobook)",
)
_AGENT = DemoClone(
    "speaker 77",
    "Olivia Hart",
    "Olivia, support line",
    "Greets callers and reads menus.",
    "female",
    ("elevenlabs", "noiz", "telnyx"),
    "contract",
    "any",
)
_TEACHER = DemoClone(
    "speaker 37",
    "Thomas Reid",
    "Thomas, tutorials",
    "Explains our products.",
    "male",
    ("elevenlabs", "inworld", "stepfun"),
    "permission",
    "any",
)
_KEEPER = DemoClone(
    "speaker 76",
    "Tobias Kern",
    "Tobias, the keeper",
    "A character of The Lighthouse.",
    "male",
    ("inworld", "noiz"),
    "permission",
    "internal",
)


def clone_speakers(demo: DemoTeam) -> Action | None:
    """Clone a dozen voices of four speakers."""
    asked = (
        (demo.cleo, _NARRATOR),
        (demo.ana, _AGENT),
        (demo.cleo, _TEACHER),
        (demo.cleo, _KEEPER),
    )
    if not all(find_keys(demo, clone) for _, clone in asked):
        return None
    recordings = {clone.person: fetch_recording(clone.person) for _, clone in asked}

    def act() -> None:
        for person, clone in asked:
            _request(demo, person, clone, recordings[clone.person])

    return act


def add_broken_key(demo: DemoTeam) -> Action | None:
    """Add a key that its provider no longer accepts."""
    return lambda: add_credential(
        demo.cleo,
        team=demo.team,
        provider="elevenlabs",
        api_key="sandbox-elevenlabs-expired",
        nickname="Old studio key",
        is_shared=True,
        now=demo.now,
    )


def clone_with_trouble(demo: DemoTeam) -> Action | None:
    """Leave one clone failed, one waiting, one that needs attention, and one canceled."""
    jobs = CloneJob.objects.filter(team=demo.team)
    runs = SyncRun.objects.filter(account__team=demo.team, ended_at=None)
    # The faults must hit these clones and nothing else.
    if not jobs.exists() or jobs.active().exists() or runs.exists():
        return None
    keeper, agent = fetch_recording(_KEEPER.person), fetch_recording(_AGENT.person)
    plan_fault(provider="elevenlabs", **_MISSING_PERMISSION)
    plan_fault(provider="elevenlabs", **_RATE_LIMIT, retry_after=3600)

    def act() -> None:
        at_stepfun, at_elevenlabs, at_noiz = (
            replace(_KEEPER, providers=(each,)) for each in ("stepfun", "elevenlabs", "noiz")
        )
        _request(demo, demo.cleo, at_stepfun, keeper, end_seconds=3)  # too short
        _request(demo, demo.cleo, at_elevenlabs, keeper)  # takes the rate limit
        for job in _request(demo, demo.cleo, at_noiz, keeper).jobs.all():
            cancel_clone(demo.cleo, job=job, now=demo.now)
        # No worker saw it for minutes, so it is looked for first, which isn't permitted.
        unseen = replace(demo, now=demo.now - timedelta(minutes=5))
        announcer = replace(_AGENT, name="Olivia, announcements", providers=("elevenlabs",))
        _request(unseen, demo.ana, announcer, agent)

    return act


def find_keys(demo: DemoTeam, clone: DemoClone) -> list[Credential]:
    """Return a working key for each provider of the clone, or nothing if one is missing."""
    keys = Credential.objects.working().filter(team=demo.team, is_shared=True)
    rows = keys.exclude(account=None).order_by("created_at")
    found = {key.provider: key for key in rows if key.account and key.account.synced_at}
    return [] if set(clone.providers) - found.keys() else [found[each] for each in clone.providers]


def _request(
    demo: DemoTeam,
    person: User,
    clone: DemoClone,
    recording: bytes,
    end_seconds: float | None = None,
) -> CloneBatch:
    form_token = uuid.uuid4()
    filename = f"{clone.speaker.lower().replace(' ', '-')}.wav"
    sample = add_sample(
        person,
        team=demo.team,
        form_token=form_token,
        file=SimpleUploadedFile(filename, recording),
        audio_format=FORMATS["wav"],
        now=demo.now,
    )
    params = CloneRequest(
        form_token=form_token,
        cuts=[SampleCut(sample, end_seconds=end_seconds)],
        name=clone.name,
        description=clone.description,
        consent=ConsentStatement(
            clone.speaker,
            is_given=True,
            relation=clone.relation,
            allowed_use=clone.allowed_use,
            use_note=clone.use_note,
        ),
        language="en",
        gender=clone.gender,
    )
    keys = find_keys(demo, clone)
    return request_clones(person, credentials=keys, params=params, now=demo.now)
