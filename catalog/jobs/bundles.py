"""Delete uploaded bundles that nobody imported."""

from datetime import datetime, timedelta

from catalog.core.media import remove_media
from catalog.models import BundleImport

_KEPT = timedelta(days=1)


def forget_bundles(now: datetime) -> int:
    """Delete uploads that were not imported within a day; return how many."""
    old = list(BundleImport.objects.filter(imported_at=None, uploaded_at__lt=now - _KEPT))
    for kept in old:
        kept.delete()
        remove_media(kept.path)
    return len(old)
