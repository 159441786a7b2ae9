"""The web process."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "voiceboard.settings")

application = get_wsgi_application()

from voiceboard.guard import refuse_unfit  # noqa: E402  (needs the loaded apps)

# Better no service than one that fails in the middle: the reason is on the console.
refuse_unfit()

# What is loaded by now stays for good: no round of the garbage collector has to walk it again.
gc.collect()
gc.freeze()
# A request makes some thousand objects and lets go of them by itself: to look through them for
# rings after every 700, as is usual, takes a twentieth of its time.
gc.set_threshold(20_000, 10, 10)
