"""The app's registration with Django."""

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class CatalogConfig(AppConfig):
    """Voiceboard's one app."""

    name = "catalog"

    def ready(self) -> None:
        """Note every way of signing in, and every password or code that is given."""
        # Only now are all apps there that these import.
        from allauth.account.signals import authentication_step_completed  # noqa: PLC0415
        from allauth.mfa.signals import authenticator_used  # noqa: PLC0415

        from catalog.views.sessions import presence  # noqa: PLC0415

        user_logged_in.connect(presence.note_sign_in, dispatch_uid="catalog.presence")
        authentication_step_completed.connect(presence.note_proof, dispatch_uid="catalog.presence")
        authenticator_used.connect(presence.note_code, dispatch_uid="catalog.presence")
