"""Fast, keyless, offline: a data directory of the run's own, nothing of this machine's."""

import os
import tempfile

from tests.openid_variables import OPENID_VARIABLES

_DATA = tempfile.mkdtemp(prefix="voiceboard-tests-")
for _name in [name for name in os.environ if name.startswith("VOICEBOARD_") and "TEST" not in name]:
    del os.environ[_name]
os.environ["VOICEBOARD_DATA_DIR"] = _DATA
os.environ["VOICEBOARD_DEMO"] = "0"
# Whoever tests the built-in provider switches it on; everybody else must not notice it.
os.environ["VOICEBOARD_LOCAL"] = "0"
os.environ.setdefault("DATABASE_URL", f"sqlite:///{_DATA}/voiceboard.sqlite3")
# Sign-in by a provider is turned on here, and not in the processes that tests start.
os.environ.update(OPENID_VARIABLES)

from voiceboard.settings import *  # noqa: E402, F403

for _name in OPENID_VARIABLES:
    del os.environ[_name]

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":  # noqa: F405
    # The tests copy a database that was migrated once; see tests/migrated.py.
    DATABASES["default"]["TEST"] = {"MIGRATE": False}  # noqa: F405
CELERY_BROKER_URL = "memory://"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
