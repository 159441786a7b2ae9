"""Receipts of consents: who agreed to what, by which recording, and what the checks found."""

from datetime import UTC, datetime
from typing import Any

from catalog.core.receipts import verify_receipt
from catalog.models import CloneSource, ConsentRequest, Installation, Sample


def write_receipt(request: ConsentRequest, now: datetime) -> str:
    """Return the signed receipt of an accepted request."""
    installation = Installation.objects.get()
    samples = find_speaker_samples(request)
    fields: dict[str, Any] = {
        "consent": str(request.pk),
        "installation": installation.code,
        "team": request.team.name,
        "asked_by": str(request.asked_by),
        "speaker": request.speaker.name,
        "language": request.language,
        "phrase": request.phrase,
        "allowed_use": request.allowed_use,
        "use_note": request.use_note,
        "ends_on": request.ends_on.isoformat(),
        "asked_at": _moment(request.asked_at),
        "recorded_at": _moment(request.recorded_at),
        "accepted_at": _moment(now),
        "accepted_by": str(request.decided_by) if request.decided_by else "",
        "recording_sha256": request.recording_sha256,
        "samples_sha256": sorted({sample.sha256 for sample in samples}),
        "checks": {name: found["outcome"] for name, found in sorted(request.checks.items())},
    }
    return installation.sign(fields)


def write_speakers_receipt(request: ConsentRequest, page: str) -> str:
    """Return the same receipt with the address of the speaker's own page, signed again.

    Raises ReceiptInvalid if the stored one isn't as it was signed.
    """
    installation = Installation.objects.get()
    stored = verify_receipt(request.receipt.encode(), bytes(installation.public_key))
    fields = {name: value for name, value in stored.items() if name != "signature"}
    return installation.sign({**fields, "withdraw_at": page})


def find_speaker_samples(request: ConsentRequest) -> list[Sample]:
    """Return the samples that voices of this speaker were cloned from."""
    sources = CloneSource.objects.filter(batch__speaker=request.speaker)
    return list(Sample.objects.filter(pk__in=sources.values("sample")).order_by("uploaded_at"))


def _moment(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds") if at else ""
