"""The product's settings plus Django's admin, as a peer for the voice list."""

from voiceboard.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "django.contrib.admin"]  # noqa: F405
# The admin's own templates need these.
TEMPLATES[1]["OPTIONS"]["context_processors"] += [  # noqa: F405
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
]
ROOT_URLCONF = "urls_of_bench"
ALLOWED_HOSTS = ["*"]
LOGGING_CONFIG = None
