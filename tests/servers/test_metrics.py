"""Prometheus' own tool accepts our figures and alert rules."""

import subprocess

import pytest

from catalog.models import Tick
from tests.factories import NOW
from tests.servers.binaries import find_program
from tests.test_metrics import ALERTS
from voiceboard.metrics import render_metrics

pytestmark = pytest.mark.servers
# A queue that nobody serves and a sync of 61 minutes: 15 minutes are its period.
CASE = """
rule_files: [{alerts}]
tests:
  - interval: 1m
    input_series:
      - {{series: 'voiceboard_last_beat_seconds{{queue="jobs"}}', values: '+Inf+0x40'}}
      - {{series: 'voiceboard_last_beat_seconds{{queue="syncs"}}', values: '9+0x40'}}
      - {{series: 'voiceboard_sync_age_seconds{{provider="noiz"}}', values: '3660+0x40'}}
      - {{series: 'voiceboard_sync_age_seconds{{provider="telnyx"}}', values: '3500+0x40'}}
      - {{series: '{calls}{{provider="noiz",outcome="ok"}}', values: '0+3x40'}}
      - {{series: '{calls}{{provider="noiz",outcome="try_later"}}', values: '0+1x40'}}
      - {{series: '{calls}{{provider="telnyx",outcome="ok"}}', values: '0+9x40'}}
      - {{series: '{calls}{{provider="telnyx",outcome="not_found"}}', values: '0+9x40'}}
      - {{series: 'voiceboard_backup_age_seconds', values: '93500+60x40'}}
      - {{series: 'voiceboard_sync_period_seconds', values: '900+0x40'}}
    promql_expr_test:
      - expr: ALERTS{{alertstate="firing"}}
        eval_time: 30m
        exp_samples:
          - labels: '{{__name__="ALERTS", alertname="VoiceboardQueueUnserved", alertstate="firing",
              queue="jobs", severity="critical"}}'
            value: 1
          - labels: '{{__name__="ALERTS", alertname="VoiceboardBackupOld", alertstate="firing",
              severity="warning"}}'
            value: 1
          - labels: '{{__name__="ALERTS", alertname="VoiceboardProviderFails", alertstate="firing",
              provider="noiz", severity="warning"}}'
            value: 1
          - labels: '{{__name__="ALERTS", alertname="VoiceboardSyncOld", alertstate="firing",
              provider="noiz", severity="warning"}}'
            value: 1
"""


def promtool(*words: str, given: bytes = b"") -> None:
    done = subprocess.run(
        [find_program("promtool"), *words], input=given, capture_output=True, check=False
    )
    assert done.returncode == 0, (done.stdout + done.stderr).decode()


def test_promtool_accepts_the_figures(cast):
    Tick.objects.create(name="sweep", next_at=NOW)

    promtool("check", "metrics", given=render_metrics())


def test_promtool_accepts_the_alert_rules():
    promtool("check", "rules", str(ALERTS))


def test_alerts_fire_for_what_they_are_about_only(tmp_path):
    case = tmp_path / "case.yaml"
    case.write_text(CASE.format(alerts=ALERTS, calls="voiceboard_provider_calls_total"))

    promtool("test", "rules", str(case))
