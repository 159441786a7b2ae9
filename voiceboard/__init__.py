"""The Django project that hosts the catalog: settings and wiring, no logic."""

from voiceboard.celery import app as celery_app

__all__ = ["celery_app"]
