"""The note in a clone job if the provider can't be given the selected language."""

import pytest

from catalog.models import CloneJob

DETECTED = "Inworld has no setting for Swedish, so it detected the language."


@pytest.mark.parametrize(
    ("language", "name", "message", "shown"),
    [
        ("en", "Nora", "", "en-US"),
        ("pt", "Lívia", "", "pt-BR"),
        ("", "Giulia", "", "it-IT"),
        ("sv", "Håkan", DETECTED, "sv-SE"),
    ],
)
def test_inworld_clone_says_if_the_selected_language_was_not_sent(
    stage, language, name, message, shown
):
    job = stage.new_job("inworld")
    CloneJob.objects.filter(pk=job.pk).update(language=language, name=name)

    stage.run_to_end(job)

    job.refresh_from_db()
    assert (job.state, job.message) == (CloneJob.State.READY, message)
    assert job.voice.language == shown
