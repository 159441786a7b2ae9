"""Send stored audio, with byte ranges, which browsers need for seeking."""

import re
import unicodedata
from pathlib import PurePosixPath

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.utils.http import content_disposition_header

from catalog.core.media import find_media_size, read_media_part

_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
# Characters that Windows forbids in file names.
_NOT_IN_NAMES = frozenset('<>:"/\\|?*')
_MOST_BYTES = 200  # file systems allow 255


def send_sound(
    request: HttpRequest,
    key: str,
    content_type: str,
    *,
    title: str,
) -> HttpResponseBase:
    """Return the stored file, or the single byte range asked for; other ranges get all of it.

    ``title`` is the name, without extension, under which a browser saves the file. It saves the
    file at once if the address ends in ``?download``. Raises Http404 if the file is gone.
    See https://www.rfc-editor.org/rfc/rfc9110#section-14
    """
    # What is stored under a key never changes.
    etag = f'"{PurePosixPath(key).stem}"'
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": etag,
        "Cache-Control": "private, max-age=0, must-revalidate",
        "Content-Disposition": _name_download(request, key, title),
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }
    if request.headers.get("If-None-Match") == etag:
        return HttpResponse(status=304, headers=headers)
    size = find_media_size(key)
    if size is None:
        raise Http404
    span = _read_range(request, size, etag)
    first, last = span or (0, size - 1)
    if span and first > last:
        headers["Content-Range"] = f"bytes */{size}"
        return HttpResponse(status=416, headers=headers)
    if span:
        headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    length = last - first + 1
    headers["Content-Length"] = str(length)
    part = iter(()) if request.method == "HEAD" else read_media_part(key, first, length)
    status = 206 if span else 200
    return StreamingHttpResponse(part, status=status, content_type=content_type, headers=headers)


def _name_download(request: HttpRequest, key: str, title: str) -> str:
    name = name_file(title, PurePosixPath(key).suffix)
    return str(content_disposition_header("download" in request.GET, name))


def name_file(title: str, ending: str) -> str:
    """Return a readable file name that is valid on every system."""
    text = unicodedata.normalize("NFC", title.encode("utf-8", "replace").decode())
    seen = "".join(
        mark if mark.isprintable() and mark not in _NOT_IN_NAMES else " " for mark in text
    )
    words = " ".join(seen.split()).encode()[:_MOST_BYTES].decode("utf-8", "ignore").strip(" .")
    return f"{words or 'sound'}{ending}"


def _read_range(request: HttpRequest, size: int, etag: str) -> tuple[int, int] | None:
    """Return the first and last byte; first > last means the range can't be satisfied."""
    found = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    if_range = request.headers.get("If-Range")
    if found is None or found[0] == "bytes=-" or if_range not in {None, etag}:
        return None
    if not found[1]:
        length = int(found[2])
        return (max(0, size - length), size - 1) if length else (1, 0)
    first = int(found[1])
    last = min(int(found[2]), size - 1) if found[2] else size - 1
    return (first, last) if first < size else (1, 0)
