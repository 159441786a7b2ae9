"""Environment variables are read as documented, and wrong ones stop the start."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from voiceboard import env


@pytest.fixture
def secret_file(tmp_path, monkeypatch):
    place = tmp_path / "secret"
    place.write_text("from a file\n")
    monkeypatch.setenv("VOICEBOARD_TEST_FILE", str(place))
    return place


def test_secret_is_read_from_its_variable_or_from_a_file(secret_file, monkeypatch):
    assert env.read_secret("VOICEBOARD_TEST") == "from a file"

    monkeypatch.delenv("VOICEBOARD_TEST_FILE")
    assert env.read_secret("VOICEBOARD_TEST", "otherwise") == "otherwise"
    monkeypatch.setenv("VOICEBOARD_TEST", " from a variable ")
    assert env.read_secret("VOICEBOARD_TEST") == "from a variable"


def test_secret_in_both_places_is_refused_without_showing_it(secret_file, monkeypatch):
    monkeypatch.setenv("VOICEBOARD_TEST", "hunter2")

    with pytest.raises(ImproperlyConfigured, match="not both") as refused:
        env.read_secret("VOICEBOARD_TEST")

    assert "hunter2" not in str(refused.value)


def test_missing_secret_file_is_named(secret_file):
    secret_file.unlink()

    with pytest.raises(ImproperlyConfigured, match="VOICEBOARD_TEST_FILE can't be read"):
        env.read_secret("VOICEBOARD_TEST")


@pytest.mark.parametrize("url", ["bucket", "https://host/bucket", "s3://", "s3://id:secret@bucket"])
def test_files_must_be_a_bucket(url, monkeypatch):
    monkeypatch.setenv("VOICEBOARD_TEST", url)

    with pytest.raises(ImproperlyConfigured, match="must look like s3://"):
        env.read_bucket("VOICEBOARD_TEST")


def test_bucket_is_returned_as_given(monkeypatch):
    monkeypatch.setenv("VOICEBOARD_TEST", "s3://bucket/a?endpoint=https://host")

    assert env.read_bucket("VOICEBOARD_TEST") == "s3://bucket/a?endpoint=https://host"
