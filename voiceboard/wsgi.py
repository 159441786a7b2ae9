"""The web process."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "voiceboard.settings")

application = get_wsgi_application()

from voiceboard.heartbeats import beat_from_web  # noqa: E402
from voiceboard.startup_checks import refuse_unfit  # noqa: E402  (needs the loaded apps)

# Fail at startup rather than in the middle of requests; the reason is printed.
refuse_unfit()

# Everything loaded so far is permanent, so exclude it from garbage collection.
gc.collect()
gc.freeze()
# A request allocates a few thousand objects and frees them without the collector, whose default
# threshold of 700 would take a twentieth of the request's time.
gc.set_threshold(20_000, 10, 10)

beat_from_web()
