"""Serve bytes like a static file: ranges, validators, HEAD."""

import hashlib
import re

from catalog.sandbox.messages import WireRequest, WireResponse

_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


def file_reply(request: WireRequest, content: bytes, content_type: str) -> WireResponse:
    """Return a response with a file, or with the requested range of it."""
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Accept-Ranges": "bytes", "Cache-Control": "public, max-age=3600"}
    if tag in request.headers.get("if-none-match", ""):
        return WireResponse(
            304, b"", content_type, {**headers, "Content-Length": str(len(content))}
        )
    # With If-Range, the client wants a part only if the file is unchanged.
    found = _RANGE.fullmatch(request.headers.get("range", ""))
    if found is None or request.headers.get("if-range", tag) != tag:
        return WireResponse(200, content, content_type, headers)
    return _range_reply(found, content, content_type, headers)


def _range_reply(
    found: re.Match[str], content: bytes, content_type: str, headers: dict[str, str]
) -> WireResponse:
    size = len(content)
    first, last = found.groups()
    if first:
        start, end = int(first), min(int(last or size), size - 1)
    else:
        start, end = max(0, size - int(last or 0)), size - 1
    if start > end or (not first and not last):
        return WireResponse(416, b"", content_type, {**headers, "Content-Range": f"bytes */{size}"})
    part = {**headers, "Content-Range": f"bytes {start}-{end}/{size}"}
    return WireResponse(206, content[start : end + 1], content_type, part)
