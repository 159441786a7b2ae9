"""Sessions and accounts of Django and allauth, but read as cheaply as every request needs it."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.utils import timezone

from catalog.models import User
from catalog.queries.users.sessions import find_session_user, read_open_session


class SessionStore(DatabaseSessionStore):
    """Django's sessions in the database."""

    def load(self) -> dict[str, Any]:
        """Return what is kept for the browser; of a session that has ended, nothing."""
        kept = read_open_session(self.session_key, timezone.now())
        if kept is None:
            self._session_key = None
            return {}
        return self.decode(kept)


class AccountBackend(AuthenticationBackend):  # type: ignore[misc]
    """allauth's accounts."""

    def get_user(self, user_id: int) -> User | None:
        """Return the person of a session, None where the account is gone or shut."""
        user = find_session_user(user_id)
        return user if self.user_can_authenticate(user) else None
