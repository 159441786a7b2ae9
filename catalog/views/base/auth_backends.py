"""Django's sessions and allauth's accounts with cheaper reads, as every request needs them."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.utils import timezone

from catalog.models import User
from catalog.queries.users.sessions import find_session_user, read_open_session


class SessionStore(DatabaseSessionStore):
    """Django's database sessions, read with one plain query."""

    def load(self) -> dict[str, Any]:
        """Return the session's data, or {} if the session has expired."""
        kept = read_open_session(self.session_key, timezone.now())
        if kept is None:
            self._session_key = None
            return {}
        return self.decode(kept)


class AccountBackend(AuthenticationBackend):  # type: ignore[misc]
    """allauth's backend with a cheaper query for the session's user."""

    def get_user(self, user_id: int) -> User | None:
        """Return the session's user, or None if the account is gone or inactive."""
        user = find_session_user(user_id)
        return user if self.user_can_authenticate(user) else None
