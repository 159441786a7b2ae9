"""JSON log lines: what they hold, and that an error's values are not in them."""

import json
import logging
import logging.config
import sys
from types import SimpleNamespace

import pytest
from celery import current_app

from catalog import tasks
from catalog.audit import Origin, acting_from
from voiceboard import env, log_lines
from voiceboard.log_files import Worries
from voiceboard.log_lines import JsonFormatter, name_process
from voiceboard.prefork import GRANIAN_LOGS


def write(message: str, *words: object, level: int = logging.INFO, **options: object) -> str:
    record = logging.LogRecord("catalog.jobs", level, __file__, 1, message, words, **options)
    return JsonFormatter("web").format(record)


def test_a_line_is_one_object_with_its_level_first(settings):
    line = write("Voice %s:\n%s", 7, "Ä", exc_info=None, level=logging.WARNING)

    found = json.loads(line)
    assert "\n" not in line
    assert next(iter(found)) == "level"
    time = found.pop("time")
    assert found == {
        "level": "WARNING",
        "logger": "catalog.jobs",
        "message": "Voice 7:\nÄ",
        "process": "web",
        "host": settings.HOST_NAME,
    }
    assert time.endswith("+00:00")
    assert Worries().include(line)


def test_an_error_is_described_by_its_places_and_never_by_values():
    def fail(key: str) -> None:
        try:
            {}[key]
        except KeyError as exc:
            raise ValueError(f"Wrong: {key}") from exc

    try:
        fail("sk-secret")
    except ValueError:
        line = write("It failed", exc_info=sys.exc_info())

    found = json.loads(line)
    assert found["exception"] == "ValueError"
    assert [place.rpartition(" ")[2] for place in found["places"]] == [
        sys._getframe().f_code.co_name, "fail", "KeyError", "fail",
    ]  # fmt: skip
    assert "secret" not in line


def test_lines_of_a_request_and_of_the_tasks_that_it_woke_have_its_number(monkeypatch):
    sent = []
    task = SimpleNamespace(name="catalog.run", apply_async=lambda **given: sent.append(given))
    with acting_from(Origin("abc123")):
        assert json.loads(write("Hm", exc_info=None))["request"] == "abc123"
        tasks._wake(task, job_id="1")
    headers = sent[0]["headers"]

    request = SimpleNamespace(id="7f", **headers)
    monkeypatch.setattr(
        log_lines, "current_task", SimpleNamespace(name="catalog.run", request=request)
    )
    found = json.loads(write("Hm", exc_info=None))

    assert (found["task"], found["task_id"], found["request"]) == ("catalog.run", "7f", "abc123")


def test_a_worker_sees_the_number_in_its_task():
    seen = []

    @current_app.task(name="tests.look", bind=True)
    def look(task: object) -> None:
        seen.append(json.loads(write("Hm", exc_info=None)))

    try:
        look.apply(headers={"request_number": "abc123"}, task_id="7f")
    finally:
        current_app.tasks.unregister("tests.look")

    assert (seen[0]["task"], seen[0]["task_id"]) == ("tests.look", "7f")


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ({"()": "x"}, {"()": "x", "process": "web"}),
        (
            {"format": "{asctime} {levelname} {name}"},
            {"format": "{asctime} {levelname} web: {name}"},
        ),
    ],
)
def test_a_process_is_named_in_both_kinds_of_lines(line, named):
    name_process({"formatters": {"line": line}}, "web")

    assert line == named


def test_an_unknown_kind_of_log_stops_the_start(monkeypatch):
    monkeypatch.setenv("VOICEBOARD_TEST", "xml")

    with pytest.raises(env.ImproperlyConfigured, match="must be text or json"):
        env.read_choice("VOICEBOARD_TEST", "text", "json")
    monkeypatch.setenv("VOICEBOARD_TEST", "JSON")
    assert env.read_choice("VOICEBOARD_TEST", "text", "json") == "json"


def test_the_web_server_writes_the_same_lines():
    config = json.loads(GRANIAN_LOGS.read_text())

    formatters = [
        logging.config.DictConfigurator(config).configure_formatter(dict(each))
        for each in config["formatters"].values()
    ]

    assert [type(each) for each in formatters] == [JsonFormatter, JsonFormatter]
    record = logging.LogRecord("_granian", logging.ERROR, __file__, 1, "Gone", (), None)
    assert json.loads(formatters[0].format(record))["process"] == "web"
