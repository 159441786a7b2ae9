"""Bodies that no form of ours could take are turned away before they are read."""

import pytest

from catalog.views.limits import UploadLimitMiddleware


@pytest.fixture
def most(settings) -> int:
    settings.SAMPLE_MAX_BYTES = 1000
    return 2000


def declare(client, length: str, **headers: str):
    return client.generic(
        "POST", "/clone/", b"x", "application/octet-stream", CONTENT_LENGTH=length, headers=headers
    )


def test_a_body_over_the_limit_is_refused_with_a_page(client, db, most):
    response = declare(client, str(most + 1))

    assert response.status_code == 413
    assert "A sample may have at most 1000" in response.content.decode()


def test_an_upload_by_script_is_refused_with_words_for_the_script(client, db, most):
    response = declare(client, str(most + 1), **{"X-Upload": "1"})

    assert response.status_code == 413
    assert response.json()["error"].startswith("This upload is too large.")


@pytest.mark.parametrize(
    "length", ["-1", "abc", "1e3", "²", "٣", " 5", "5 ", "9" * 30, "9" * 10_000, "0x10"]
)
def test_a_length_that_is_none_is_refused_and_never_an_error(rf, most, length):
    reached = []
    request = rf.post("/clone/")
    request.META["CONTENT_LENGTH"] = length

    response = UploadLimitMiddleware(reached.append)(request)

    assert response.status_code == 413
    assert reached == []


@pytest.mark.parametrize("length", ["", "0", "1", "1999", "2000", "0000002000", None])
def test_a_body_within_the_limit_is_let_through(rf, most, length):
    reached = []
    request = rf.post("/clone/")
    request.META["CONTENT_LENGTH"] = length

    UploadLimitMiddleware(reached.append)(request)

    assert reached == [request]
