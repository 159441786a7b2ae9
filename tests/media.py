"""Where tests find stored files on disk, and how the store of files goes away."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings

from catalog.core import media
from catalog.core.media_folder import FolderStore
from catalog.core.media_store import MediaUnavailable


def media_path(key: str) -> Path:
    """Return the path of a file in the media folder."""
    return FolderStore(Path(settings.MEDIA_ROOT)).find_path(key)


@contextmanager
def store_gone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def fail() -> None:
        raise MediaUnavailable("The file store isn't responding.")

    with monkeypatch.context() as gone:
        gone.setattr(media, "get_media_store", fail)
        yield
