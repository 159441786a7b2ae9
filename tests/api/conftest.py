"""Programs that ask the API."""

import json
from typing import Any

import pytest
from django.test import Client

from catalog.api.rates import LIMITER
from catalog.models import Team, User
from tests import factories


class Program:
    """A program with a token; answers are checked for what all have in common."""

    def __init__(self, secret: str) -> None:
        self.secret, self.client = secret, Client()
        self.client.raise_request_exception = False

    def ask(self, path: str, method: str = "GET", *, body: Any = None, **headers: str) -> Any:
        headers = {"Authorization": f"Bearer {self.secret}", **headers}
        content = body if isinstance(body, bytes) else json.dumps(body) if body is not None else ""
        response = self.client.generic(
            method, f"/api/v1/{path}", content, "application/json", headers=headers
        )
        assert response["X-Request-Id"]
        if response.status_code >= 400:
            assert response["Content-Type"] == "application/problem+json"
            assert response.json()["status"] == response.status_code
            assert response.json()["request_id"] == response["X-Request-Id"]
        return response

    def read(self, path: str) -> Any:
        response = self.ask(path)
        assert response.status_code == 200, response.content
        return json.loads(response.content)


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    LIMITER.forget()


@pytest.fixture
def program() -> Any:
    """Return a program for a person, a team, and scopes."""

    def _program(user: User, team: Team, *scopes: str, **values: Any) -> Program:
        values.setdefault("made_at", factories.timezone.now())
        values.setdefault("expires_at", values["made_at"] + factories.timedelta(days=90))
        return Program(factories.make_token(user, team, *scopes, **values)[1])

    return _program
