"""The interface of every provider adapter, and their shared HTTP client."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, ClassVar, Self
from urllib.parse import quote

import httpx

from catalog.providers import errors
from catalog.providers.call_counts import count_call
from catalog.providers.connections import UNSENT, Deadline, DeadlineTransport, Told, watch_body
from catalog.providers.error_classification import judge_refusal
from catalog.providers.key_checks import CredentialCheck, Slots
from catalog.providers.pagination import ListedVoice, ListGap, list_in
from catalog.providers.responses import (
    ErrorBody,
    ProviderResponse,
    UnusableResponse,
    is_unclear_status,
    looks_like_json,
    plain_text,
    read_body,
    read_json,
    read_sound,
    refusal_error,
    status_error,
    tidy_refusal,
    unclear_error,
)
from catalog.providers.retry_after import Wait, read_wait, wait_for_nothing
from catalog.providers.sanitize import clean_line, redact
from catalog.providers.types import (
    AudioClip,
    CloneParams,
    CloneResult,
    ProviderInfo,
    RemoteNotice,
    RemoteVoice,
    SpeechParams,
)

JSON_LIMIT = 8 * 1024 * 1024
AUDIO_LIMIT = 30 * 1024 * 1024
# Limits in seconds for a whole call, regardless of its individual steps.
_TIME_TO_ASK = 60
_TIME_TO_CREATE = 240
_ASKING = httpx.Timeout(connect=5, pool=5, write=60, read=30)
# Wait as long as a response may come: giving up costs a reconciliation.
_CREATING = httpx.Timeout(connect=5, pool=5, write=60, read=120)
_KEY = re.compile(r"[\x21-\x7e]{1,512}")
_LONGEST_MESSAGE = 300


class Provider:
    """One account at one provider, accessed with one key; use it as a context manager.

    An adapter defines ``info``, authenticates requests (``auth_headers``), interprets error
    responses (``read_refusal``), and overrides the operations its provider supports; the others
    raise Unsupported. Raises CredentialRejected for a malformed key.
    """

    info: ClassVar[ProviderInfo]

    def __init__(
        self,
        secrets: Mapping[str, str],
        *,
        base_url: str = "",
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._secrets = dict(secrets)
        # httpx's error for a line break or a non-ASCII character would contain the key.
        if not _KEY.fullmatch(self._secrets.get("api_key", "")):
            raise errors.CredentialRejected(
                f"This isn't a valid {self.info.label} key. Copy it again."
            )
        self.base_url = base_url or self.info.base_url
        self.deadline = Deadline()
        self._is_awaited = False
        self.on_handed_over: Told | None = (
            None  # called when the body of a creating request was sent
        )
        self.gaps: dict[str, ListGap] = {}  # parts missing from the last listing, by name
        self.wait: Wait = wait_for_nothing  # if it returns True, the request is sent again
        self._client = httpx.Client(
            base_url=self.base_url,
            transport=transport or DeadlineTransport(self.deadline),
            # httpx would send a key in a custom header on to any redirect target.
            follow_redirects=False,
            trust_env=False,
            headers={"User-Agent": "Voiceboard", "Accept-Encoding": "identity"},
        )

    def __enter__(self) -> Self:
        return self

    def answer_within(self, seconds: float) -> None:
        """Limit all calls together to this many seconds; raises NotYet if they take longer."""
        self._is_awaited = True
        self.deadline.limit(seconds)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def __repr__(self) -> str:
        return f"<{self.info.label} adapter>"

    # Defined by each adapter

    def auth_headers(self) -> dict[str, str]:
        """Return the headers that carry the key."""
        raise NotImplementedError

    @classmethod
    def read_notices(
        cls, headers: Mapping[str, str], body: bytes, secret: str, now: datetime
    ) -> list[RemoteNotice]:
        """Return what a webhook announces about voices; raises NoticeRejected if it isn't genuine.

        Only called if ``info.sends_notices``. ``secret`` signs the account's deliveries.
        """
        raise errors.NoticeRejected(f"{cls.info.label} sends no notices.")

    def read_refusal(self, status: int, body: Any, headers: Mapping[str, str]) -> ErrorBody | None:
        """Return what a response says about a failure, None to apply the general rules.

        It is called before those rules: for every error response, with the parsed JSON or else the
        text as ``body``, and for successful responses with a JSON object, which may contain a
        failure.
        """
        return None

    # Operations

    def check(self) -> CredentialCheck:
        """Check what the key may do; raises CredentialRejected, or TryLater if unreachable."""
        raise self._lacks("check keys")

    def voices(self) -> Iterator[RemoteVoice]:
        """List every voice once; raises if the listing can't be completed.

        Only lists other than the user's own voices may be missing; ``gaps`` then names them.
        """
        return map(ListedVoice.read, self.listing())

    def listing(self) -> Iterator[ListedVoice]:
        """List the voices unparsed; adapters implement this or ``voices``, and get the other."""
        if type(self).voices is Provider.voices:
            raise self._lacks("list voices")
        return map(ListedVoice.of, self.voices())

    def voice(self, remote_id: str) -> RemoteVoice:
        """Return one voice; raises NotFound."""
        raise self._lacks("show a voice")

    def clone(self, params: CloneParams) -> CloneResult:
        """Create a voice; raises TryLater only if none was made, OutcomeUnknown if unclear."""
        raise self._lacks("clone voices")

    def find_marked(self, marker: str) -> list[RemoteVoice]:
        """Return our voices that carry the marker, oldest first, from a complete listing."""
        raise self._lacks("find clones again")

    def find_by_progress(self, progress: Mapping[str, str]) -> list[RemoteVoice]:
        """Return our voices made from the job's progress, oldest first, from a complete listing.

        A ``marker`` in ``progress`` also finds voices of a call whose progress was lost.
        """
        raise self._lacks("find clones again")

    def is_ready(self, remote_id: str) -> bool:
        """Return whether the voice can speak."""
        raise self._lacks("report whether a voice is ready")

    def rename(self, remote_id: str, name: str, description: str | None = None) -> None:
        """Rename the voice, and change its description unless that is None."""
        raise self._lacks("rename voices")

    def relabel(self, remote_id: str, labels: Mapping[str, str]) -> None:
        """Change these labels of the voice; ``info.kept_labels`` lists which are supported."""
        raise self._lacks("change labels")

    def delete(self, remote_id: str) -> None:
        """Delete the voice permanently; raises NotFound if it is already gone."""
        raise self._lacks("delete voices")

    def preview(self, remote_id: str, preview_url: str = "", sample_id: str = "") -> AudioClip:
        """Return a free preview of the voice; raises NotFound."""
        raise self._lacks("play previews")

    def speak(self, params: SpeechParams) -> AudioClip:
        """Synthesize a text, which may cost credit; raises NotFound, OutcomeUnknown if unclear."""
        raise self._lacks("generate speech")

    def slots(self) -> Slots | None:
        """Return how many voices the account can hold, None if the provider doesn't say."""
        raise self._lacks("report voice slots")

    def default_settings(self) -> dict[str, Any]:
        """Return the default settings for voices without their own."""
        raise self._lacks("return settings")

    def settings(self, remote_id: str) -> dict[str, Any]:
        """Return the voice's settings."""
        raise self._lacks("return settings")

    def edit_settings(self, remote_id: str, values: Mapping[str, Any]) -> None:
        """Change the given settings of the voice."""
        raise self._lacks("change settings")

    def _lacks(self, verb: str) -> errors.Unsupported:
        return errors.Unsupported(f"{self.info.label} can't {verb}.")

    # HTTP

    def request(
        self,
        method: str,
        path: str,
        *,
        repeatable: bool | None = None,
        limit: int = JSON_LIMIT,
        **sent: Any,
    ) -> ProviderResponse:
        """Send one request and return a successful response; raise the matching error otherwise.

        ``repeatable`` marks a call that is safe to repeat; by default, all methods except POST are.
        """
        repeatable = method != "POST" if repeatable is None else repeatable
        while True:
            with count_call(self.info.slug) as call:
                reply = self._exchange(method, path, repeatable, limit, sent)
                if not self._is_failure(reply):
                    return reply
                call.failure = failure = self._sort(reply, repeatable)
            # It may contain the key, which an error report could print.
            del reply
            if not (repeatable and isinstance(failure, errors.TryLater) and self.wait(failure)):
                raise failure

    def request_json(
        self, method: str, path: str, *, repeatable: bool | None = None, **sent: Any
    ) -> dict[str, Any]:
        """Send one request and return the JSON object in the response."""
        body = self.request(method, path, repeatable=repeatable, **sent).body
        if isinstance(body, dict):
            return body
        repeatable = method != "POST" if repeatable is None else repeatable
        raise self.unclear("sent an unexpected response", repeatable=repeatable)

    def request_done(self, method: str, path: str) -> None:
        """Send one request whose response is empty or a JSON object."""
        reply = self.request(method, path)
        if reply.content.strip() and not isinstance(reply.body, dict):
            raise self.unclear("sent an unexpected response", repeatable=True)

    def request_audio(self, method: str, path: str, **sent: Any) -> AudioClip:
        """Send one request and return the audio in the response."""
        sound = read_sound(self.request(method, path, limit=AUDIO_LIMIT, **sent))
        if sound is None:
            words = "sent something that isn't audio"
            raise self.unclear(words, repeatable=method != "POST")
        return sound

    def entries(
        self, page: Mapping[str, Any], name: str, *known: str, promises: object = None
    ) -> list[Any]:
        """Return the list in a response, see ``list_in``; raises TryLater if there is none.

        A truthy ``promises`` means that the response says that there are entries.
        """
        found = list_in(page, name, known)
        if found is None or (page.get(name) is None and promises):
            raise self.unclear("sent a response without a list of voices", repeatable=True)
        return found

    def fetch_if_possible(self, name: str, fetch: Callable[[], Iterable[Any]]) -> Iterator[Any]:
        """Yield from an optional part of a listing; record in ``gaps`` if it fails.

        A rejected key is still raised.
        """
        self.gaps.pop(name, None)
        try:
            yield from fetch()
        except errors.ProviderError as exc:
            is_refused = isinstance(exc, errors.CredentialRejected)
            if is_refused and not isinstance(exc, errors.PermissionMissing):
                raise
            self.gaps[name] = ListGap(f"{name} couldn't be fetched. {exc.message}")

    def segment(self, remote_id: str) -> str:
        """Return an id escaped as one path segment; raises NotFound."""
        # Dots would lead to another path, and an empty id to the whole list.
        if remote_id in ("", ".", ".."):
            raise errors.NotFound(f"{self.info.label} has no voice with this id.")
        return quote(remote_id.encode("utf-8", "replace"), safe="")

    def unclear(self, words: str, *, repeatable: bool) -> errors.ProviderError:
        """Return the error for a response that doesn't say whether the call was carried out."""
        return unclear_error(f"{self.info.label} {words}.", repeatable)

    def tidy(self, text: str, limit: int = _LONGEST_MESSAGE) -> str:
        """Return the provider's text on one line, truncated, and without the key."""
        return redact(clean_line(text, limit), self._secrets.values())

    def _exchange(
        self, method: str, path: str, repeatable: bool, limit: int, sent: dict[str, Any]
    ) -> ProviderResponse:
        seconds = _TIME_TO_ASK if repeatable else _TIME_TO_CREATE
        self.deadline.start(seconds)
        timeout = _ASKING if repeatable else _CREATING
        label = self.info.label
        failure: errors.ProviderError
        try:
            request = self._client.build_request(method, path, timeout=timeout, **sent)
            watch_body(request, None if repeatable else self.on_handed_over)
            # Set here rather than kept in a variable, which an error report might print.
            request.headers.update(self.auth_headers())
            with closing(self._client.send(request, stream=True)) as response:
                content = read_body(response, limit)
                body = read_json(content) if looks_like_json(content) else None
                return ProviderResponse(response.status_code, response.headers, content, body)
        except UNSENT:
            failure = errors.TryLater(f"{label} can't be reached.", unreachable=True)
            if self._is_awaited and self.deadline.is_over:
                failure = errors.NotYet(f"{label} is taking too long to respond.")
        except httpx.TimeoutException:
            failure = self.unclear("didn't respond in time", repeatable=repeatable)
            if self._is_awaited:
                failure = errors.NotYet(f"{label} is taking too long to respond.")
        except (httpx.HTTPError, httpx.StreamError):
            failure = self.unclear("closed the connection", repeatable=repeatable)
        except UnusableResponse as exc:
            failure = self.unclear(str(exc), repeatable=repeatable)
        # Raised outside the handler, because httpx's exception references the request and so the
        # key.
        raise failure

    def _is_failure(self, reply: ProviderResponse) -> bool:
        if not reply.is_good:
            return True
        is_object = isinstance(reply.body, dict)
        return is_object and bool(self.read_refusal(reply.status, reply.body, reply.headers))

    def _sort(self, reply: ProviderResponse, repeatable: bool) -> errors.ProviderError:
        """Return the error for a response; the adapter's verdict wins over the general rules."""
        label, status = self.info.label, reply.status
        # Some providers echo the rejected key. Remove it before truncating, which could leave half
        # of it.
        redacted = redact(reply.content.decode("utf-8", "replace"), self._secrets.values())
        body = read_json(redacted)
        refusal = ErrorBody(errors.RequestRejected)
        if status >= 400 or reply.is_good:
            said = self.read_refusal(status, redacted if body is None else body, reply.headers)
            refusal = tidy_refusal(said, self.tidy) if said else refusal
        kind, words = refusal.kind, refusal.message
        if status == httpx.codes.TOO_MANY_REQUESTS and kind is errors.RequestRejected:
            kind = judge_refusal(status, refusal.code, words or plain_text(redacted))
        if kind is errors.TryLater:
            return errors.TryLater(
                f"{label} asked us to slow down.",
                retry_after=read_wait(reply.headers, datetime.now(UTC)),
                slow_down=True,
                status=status,
                code=refusal.code,
            )
        if is_unclear_status(status) or kind is errors.OutcomeUnknown:
            return status_error(label, status, repeatable, words)
        if kind is errors.RequestRejected and not words:
            return status_error(label, status, repeatable)
        return refusal_error(label, replace(refusal, kind=kind), status)
