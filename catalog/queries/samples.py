"""The quality report of a sample, for display."""

from dataclasses import dataclass

from catalog.audio.analysis.measure import SampleMeasures
from catalog.audio.analysis.report import Finding, find_findings, worst_verdict
from catalog.models import Sample, SampleReport
from catalog.providers.languages import LANGUAGES
from catalog.providers.types import ProviderInfo


@dataclass(frozen=True, slots=True)
class ShownReport:
    """A report with its findings, an overall verdict, and the transcript."""

    report: SampleReport
    findings: list[Finding]

    @property
    def verdict(self) -> str:
        """The verdict of the worst finding."""
        return worst_verdict(self.findings)

    @property
    def headline(self) -> str:
        """The overall result as a sentence."""
        return {
            "good": "This recording is good for cloning.",
            "warn": "This recording is usable but could be better.",
            "fix": "This recording isn't suitable for cloning.",
        }[self.verdict]

    @property
    def language_name(self) -> str:
        """The detected language, "" if unknown."""
        return LANGUAGES.get(self.report.language, "")


def show_report(sample: Sample, info: ProviderInfo | None = None) -> ShownReport | None:
    """Return the sample's report, with the provider's limits applied if given."""
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
