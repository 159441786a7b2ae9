"""Download audio from a URL sent by a provider, protected against access to private networks."""

import ipaddress
import re
from collections.abc import Callable, Iterable

import httpx

from catalog.providers import errors
from catalog.providers.connections import Deadline, DeadlineTransport, look_up
from catalog.providers.types import AudioClip

MAX_BYTES = 30 * 1024 * 1024
MAX_SECONDS = 20.0
_MAX_REDIRECTS = 3
_LONGEST_URL = 2048
_AUDIO_TYPES = ("audio/", "application/ogg", "application/octet-stream", "binary/octet-stream")
_HARMFUL = re.compile(r"[\x00-\x20\x7f-\x9f\\]")
_HOST_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
_INSIDE = (".local", ".localhost", ".internal", ".lan", ".home.arpa", ".intranet", ".corp")
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]{1,60}")
# Formally public, but a way into private networks: bridges to IPv4, metadata services, and newer
# reservations that this Python doesn't know.
_CLOSED_NETWORKS = [
    ipaddress.ip_network(network)
    for network in (
        "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/23", "2001:db8::/32", "100::/64",
        "3fff::/20", "5f00::/16", "fec0::/10", "::/96", "::ffff:0:0/96",
        "0.0.0.0/8", "100.64.0.0/10", "168.63.129.16/32", "192.0.0.0/24", "192.0.2.0/24",
        "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
    )
]  # fmt: skip

Resolver = Callable[[str], Iterable[str]]


class ForbiddenAddress(errors.RequestRejected):
    """A URL that we don't fetch because of its form or target."""


def fetch_public(
    url: str,
    *,
    trusted_url: str = "",
    max_bytes: int = MAX_BYTES,
    seconds: float = MAX_SECONDS,
    deadline: Deadline | None = None,
    resolve: Resolver | None = None,
) -> AudioClip:
    """Download audio; raises ForbiddenAddress, NotFound, NotYet, TryLater, or RequestRejected.

    No key is sent. URLs with the same scheme, host, and port as ``trusted_url`` were configured by
    the operator and may point anywhere. ``deadline`` also limits the whole download.
    """
    deadline = deadline or Deadline()
    deadline.start(seconds)
    for _ in range(_MAX_REDIRECTS + 1):
        is_trusted = _origin(url) == _origin(trusted_url) is not None
        rule = None if is_trusted else _public_only(resolve or look_up)
        address = httpx.URL(url) if is_trusted else check_url(url)
        found = _fetch_once(address, deadline, rule, max_bytes)
        if isinstance(found, AudioClip):
            return found
        url = found
    raise ForbiddenAddress("The preview's URL redirects too many times.")


def check_url(url: str) -> httpx.URL:
    """Return the parsed URL if it is on a public web server; raises ForbiddenAddress."""
    if len(url) > _LONGEST_URL or _HARMFUL.search(url):
        raise ForbiddenAddress("The preview's URL isn't valid.")
    address = _parse(url)
    if address is None or address.scheme != "https" or address.userinfo:
        raise ForbiddenAddress("The preview's URL isn't a plain https URL.")
    if address.port is not None:
        # httpx omits the scheme's default port, here 443.
        raise ForbiddenAddress("The preview's URL uses an unusual port.")
    host = address.host.rstrip(".").lower()
    if not (_is_public_address(host) or _is_public_name(address)):
        raise ForbiddenAddress("The preview's URL isn't on the public internet.")
    return address


def _parse(url: str) -> httpx.URL | None:
    try:
        address = httpx.URL(url)
        # Reading the host decodes punycode, which can fail even if parsing succeeded.
        return address if address.host else None
    except (httpx.InvalidURL, ValueError):
        return None


def _origin(url: str) -> tuple[str, str, int | None] | None:
    address = _parse(url) if not _HARMFUL.search(url) else None
    if address is None or address.scheme not in ("http", "https") or address.userinfo:
        return None
    return address.scheme, address.host.lower(), address.port


def _is_public_name(address: httpx.URL) -> bool:
    # Digits in the last label are one of the many notations of an IPv4 address.
    name = address.raw_host.decode("ascii").rstrip(".").lower()
    fits = len(name) <= 253 and _HOST_NAME.fullmatch(name) is not None
    return fits and not name.endswith(_INSIDE)


def _is_public_address(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.scope_id:
        return False
    closed = (each for each in _CLOSED_NETWORKS if each.version == address.version)
    is_closed = address.is_multicast or any(address in network for network in closed)
    return address.is_global and not is_closed


def _public_only(resolve: Resolver) -> Resolver:
    def addresses(host: str) -> list[str]:
        # Resolve once and connect only to these addresses: a second lookup could differ.
        found = list(dict.fromkeys(resolve(host)))
        if not all(map(_is_public_address, found)):
            raise ForbiddenAddress("The preview's URL leads to a private network.")
        return found

    return addresses


def _fetch_once(
    address: httpx.URL, deadline: Deadline, rule: Resolver | None, max_bytes: int
) -> AudioClip | str:
    """Return the audio, or the URL of a redirect."""
    headers = {"User-Agent": "Voiceboard", "Accept": "audio/*", "Accept-Encoding": "identity"}
    with httpx.Client(
        transport=DeadlineTransport(deadline, rule),
        follow_redirects=False,
        trust_env=False,
        timeout=httpx.Timeout(10, connect=5, pool=5),
        headers=headers,
    ) as client:
        try:
            with client.stream("GET", address) as response:
                if response.has_redirect_location:
                    return str(address.join(response.headers["location"]))
                _check_answer(response)
                kind = _check_kind(response, max_bytes)
                return AudioClip(_read_body(response, max_bytes), kind)
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, ValueError) as exc:
            # Not TryLater: only this voice's URL fails, not the provider.
            failure: errors.ProviderError = errors.RequestRejected(
                "The preview couldn't be downloaded."
            )
            if isinstance(exc, httpx.ReadTimeout) or deadline.is_over:
                # Some providers generate a preview on first access and have it ready next time.
                failure = errors.NotYet("The preview is taking too long to load.")
    raise failure


def _check_answer(response: httpx.Response) -> None:
    status = response.status_code
    if status in (429, 503):
        raise errors.TryLater("The preview's server asked us to slow down.")
    if status in (401, 403, 404, 410):
        raise errors.NotFound("The preview no longer exists at the provider.")
    if status != httpx.codes.OK:
        raise errors.RequestRejected(f"The preview's server returned an error ({status}).")


def _check_kind(response: httpx.Response, max_bytes: int) -> str:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise errors.RequestRejected("The preview was sent in an unexpected encoding.")
    kind = str(response.headers.get("content-type", "")).partition(";")[0].strip().lower()
    if not kind.startswith(_AUDIO_TYPES) or not _MEDIA_TYPE.fullmatch(kind):
        raise errors.RequestRejected("The provider's preview isn't audio.")
    length = response.headers.get("content-length", "0")
    if not length.isdecimal() or int(length[:20]) > max_bytes:
        raise errors.RequestRejected("The preview is too large.")
    return kind


def _read_body(response: httpx.Response, max_bytes: int) -> bytes:
    body = bytearray()
    # Without a chunk size, so that data is counted as it arrives.
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > max_bytes:
            raise errors.RequestRejected("The preview is too large.")
    if not body:
        raise errors.RequestRejected("The preview is empty.")
    return bytes(body)
