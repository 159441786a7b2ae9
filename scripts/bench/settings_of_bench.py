"""The product's settings with Django's admin beside it, as a peer for the list of voices."""

from voiceboard.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "django.contrib.admin"]  # noqa: F405
ROOT_URLCONF = "urls_of_bench"
ALLOWED_HOSTS = ["*"]
LOGGING_CONFIG = None
