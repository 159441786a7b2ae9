"""A sample's report as it is shown."""

from dataclasses import dataclass

from catalog.audio.analysis.measure import SampleMeasures
from catalog.audio.analysis.report import Finding, find_findings, worst_verdict
from catalog.models import Sample, SampleReport
from catalog.providers.languages import LANGUAGES
from catalog.providers.types import ProviderInfo


@dataclass(frozen=True, slots=True)
class ShownReport:
    """The report's lines with what they amount to, and what was understood of the words."""

    report: SampleReport
    findings: list[Finding]

    @property
    def verdict(self) -> str:
        """The verdict of the worst line."""
        return worst_verdict(self.findings)

    @property
    def headline(self) -> str:
        """What the lines amount to, in one sentence."""
        return {
            "good": "This recording is good to clone from.",
            "warn": "This recording will do, but could be better.",
            "fix": "This recording is not good to clone from.",
        }[self.verdict]

    @property
    def language_name(self) -> str:
        """The language that was heard, "" where it is not known."""
        return LANGUAGES.get(self.report.language, "")


def show_report(sample: Sample, info: ProviderInfo | None = None) -> ShownReport | None:
    """Return the sample's report, judged by a provider's limits where one is given."""
    report = SampleReport.objects.filter(sample=sample).first()
    if report is None:
        return None
    if not report.measures:
        return ShownReport(report, [])
    findings = find_findings(
        SampleMeasures(**report.measures),
        least_seconds=info.min_sample_seconds if info else 0,
        most_seconds=info.max_sample_seconds if info else None,
    )
    return ShownReport(report, findings)
