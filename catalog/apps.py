"""The app's registration with Django."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """Voiceboard's one app."""

    name = "catalog"
