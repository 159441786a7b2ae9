"""Send stored audio, with byte ranges, which browsers need for seeking."""

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.utils.http import content_disposition_header

from catalog.core.storage import file_facts

_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
_CHUNK = 64 * 1024
# Characters that Windows forbids in file names.
_NOT_IN_NAMES = frozenset('<>:"/\\|?*')
_MOST_BYTES = 200  # file systems allow 255


def send_sound(
    request: HttpRequest,
    path: Path,
    content_type: str,
    *,
    title: str,
) -> HttpResponseBase:
    """Return the file, or the single byte range asked for; other ranges get the whole file.

    ``title`` is the name, without extension, under which a browser saves the file. It saves the
    file at once if the address ends in ``?download``.
    See https://www.rfc-editor.org/rfc/rfc9110#section-14
    """
    name, is_download = name_file(title, path.suffix), "download" in request.GET
    facts = file_facts(path)
    size, etag = facts["size"], facts["etag"]
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": etag,
        "Cache-Control": "private, max-age=0, must-revalidate",
        "Content-Disposition": str(content_disposition_header(is_download, name)),
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }
    if request.headers.get("If-None-Match") == etag:
        return HttpResponse(status=304, headers=headers)
    span = _read_range(request, size, etag)
    if span is None:
        return FileResponse(
            path.open("rb"),
            as_attachment=is_download,
            filename=name,
            content_type=content_type,
            headers=headers,
        )
    first, last = span
    if first > last:
        headers["Content-Range"] = f"bytes */{size}"
        return HttpResponse(status=416, headers=headers)
    headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    headers["Content-Length"] = str(last - first + 1)
    part = _read_part(path, first, last - first + 1)
    return StreamingHttpResponse(part, status=206, content_type=content_type, headers=headers)


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


def _read_part(path: Path, start: int, length: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while length > 0 and (chunk := file.read(min(_CHUNK, length))):
            length -= len(chunk)
            yield chunk
