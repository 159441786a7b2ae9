"""What a user does in the browser, on real servers. The tests run this as a program.

journey.py clone NAME       request a clone once Ana's voices are synced; print the job's ID
journey.py outcome JOB      wait until the job has ended; print its outcome
"""

import io
import json
import sys
import uuid

import django
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

django.setup()

from catalog.audio.formats import FORMATS  # noqa: E402  (needs the loaded apps)
from catalog.models import CloneJob, Credential, Voice  # noqa: E402
from catalog.services.clones import CloneRequest, SampleCut, request_clones  # noqa: E402
from catalog.services.consents.statements import ConsentStatement  # noqa: E402
from catalog.services.samples import add_sample  # noqa: E402
from tests.conftest import make_wav  # noqa: E402
from tests.servers.processes import in_time  # noqa: E402

OUTCOME_SECONDS = 150.0


def find_anas_credential() -> Credential:
    return Credential.objects.get(owner__email="ana@example.com", provider="elevenlabs")


def clone(name: str) -> dict[str, object]:
    assert in_time(lambda: Voice.objects.filter(account=find_anas_credential().account).exists())
    credential = find_anas_credential()
    file = SimpleUploadedFile("ada.wav", io.BytesIO(make_wav(12.0)).getvalue(), "audio/wav")
    token, now = uuid.uuid4(), timezone.now()
    sample = add_sample(
        credential.owner,
        team=credential.team,
        form_token=token,
        file=file,
        audio_format=FORMATS["wav"],
        now=now,
    )
    params = CloneRequest(
        form_token=token,
        cuts=[SampleCut(sample)],
        name=name,
        description="",
        consent=ConsentStatement("Ada", True, relation="permission", allowed_use="any"),
    )
    job = request_clones(
        credential.owner, credentials=[credential], params=params, now=now
    ).jobs.get()
    return {"job": str(job.pk)}


def outcome(job_id: str) -> dict[str, object]:
    in_time(lambda: CloneJob.objects.get(pk=job_id).is_finished, OUTCOME_SECONDS)
    job = CloneJob.objects.get(pk=job_id)
    return {
        "state": job.state,
        "message": job.message,
        "voice": job.voice.name if job.voice else None,
        "remote_id": job.remote_id,
    }


if __name__ == "__main__":
    answer = {"clone": clone, "outcome": outcome}[sys.argv[1]](*sys.argv[2:])
    sys.stdout.write(json.dumps(answer))
