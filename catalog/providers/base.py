"""The contract every provider fulfils, and the manners of talking HTTP to it."""

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
    RemoteVoice,
    SpeechParams,
)

JSON_LIMIT = 8 * 1024 * 1024
AUDIO_LIMIT = 30 * 1024 * 1024
# Seconds for one call in all, whatever its single steps may take.
_TIME_TO_ASK = 60
_TIME_TO_CREATE = 240
_ASKING = httpx.Timeout(connect=5, pool=5, write=60, read=30)
# The answer is held as long as it may come: every one that is given up costs a reconciliation.
_CREATING = httpx.Timeout(connect=5, pool=5, write=60, read=120)
_KEY = re.compile(r"[\x21-\x7e]{1,512}")
_LONGEST_MESSAGE = 300


class Provider:
    """One account at one provider, reached with one key; use it as a context manager.

    An adapter says what it is (``info``), proves who asks (``auth_headers``), reads refusals
    (``read_refusal``) and overrides the verbs that the provider has; the others raise
    Unsupported. Raises CredentialRejected for a key that no provider could have given out.
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
        # A line break or a letter beyond ASCII would end up in httpx's own error, with the key.
        if not _KEY.fullmatch(self._secrets.get("api_key", "")):
            raise errors.CredentialRejected(f"This is no key that {self.info.label} gives out.")
        self.base_url = base_url or self.info.base_url
        self.deadline = Deadline()
        self._is_awaited = False
        self.on_handed_over: Told | None = None  # called when a body that makes something is out
        self.gaps: dict[str, ListGap] = {}  # what the last listing had to leave out, by its name
        self.wait: Wait = wait_for_nothing  # what it says yes to is asked for again
        self._client = httpx.Client(
            base_url=self.base_url,
            transport=transport or DeadlineTransport(self.deadline),
            # httpx would carry a key in a header of its own name to wherever it is sent on to.
            follow_redirects=False,
            trust_env=False,
            headers={"User-Agent": "Voiceboard", "Accept-Encoding": "identity"},
        )

    def __enter__(self) -> Self:
        return self

    def answer_within(self, seconds: float) -> None:
        """Give all calls together this many seconds; what takes longer raises NotYet."""
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

    # What an adapter says of its provider

    def auth_headers(self) -> dict[str, str]:
        """Return the headers that carry the key."""
        raise NotImplementedError

    def read_refusal(self, status: int, body: Any, headers: Mapping[str, str]) -> ErrorBody | None:
        """Return what an answer says of a failure, None where the general rules should decide.

        It is asked before them: about every error, with the JSON value in ``body`` or, where it
        is none, the text; and about good answers that are an object, which may hold a failure.
        """
        return None

    # The verbs

    def check(self) -> CredentialCheck:
        """Find out what the key may do; raises CredentialRejected, and TryLater if unreachable."""
        raise self._lacks("check keys")

    def voices(self) -> Iterator[RemoteVoice]:
        """List every voice once; a listing that cannot be completed ends in an exception.

        Only lists beside that of one's own voices may be left out, which ``gaps`` tells afterwards.
        """
        return map(ListedVoice.read, self.listing())

    def listing(self) -> Iterator[ListedVoice]:
        """List the same voices unread; an adapter has this or ``voices``, and the other follows."""
        if type(self).voices is Provider.voices:
            raise self._lacks("list voices")
        return map(ListedVoice.of, self.voices())

    def voice(self, remote_id: str) -> RemoteVoice:
        """Return one voice; raises NotFound."""
        raise self._lacks("show a voice")

    def clone(self, wish: CloneParams) -> CloneResult:
        """Make a voice; raises TryLater only if none was made, OutcomeUnknown when unclear."""
        raise self._lacks("clone voices")

    def find_marked(self, marker: str) -> list[RemoteVoice]:
        """Return our voices that carry the marker, oldest first, from a complete listing."""
        raise self._lacks("find clones again")

    def find_by_progress(self, progress: Mapping[str, str]) -> list[RemoteVoice]:
        """Return our voices that came from what the job kept, oldest first, all looked through.

        A ``marker`` among it also finds those of a call of which the job kept nothing.
        """
        raise self._lacks("find clones again")

    def is_ready(self, remote_id: str) -> bool:
        """Tell whether the voice can speak."""
        raise self._lacks("tell whether a voice is ready")

    def rename(self, remote_id: str, name: str, description: str | None = None) -> None:
        """Give the voice another name, and another description unless it is None."""
        raise self._lacks("rename voices")

    def relabel(self, remote_id: str, labels: Mapping[str, str]) -> None:
        """Change those labels of the voice; ``info.kept_labels`` says which there are."""
        raise self._lacks("change labels")

    def delete(self, remote_id: str) -> None:
        """Delete the voice for good; raises NotFound when it is gone already."""
        raise self._lacks("delete voices")

    def preview(self, remote_id: str, preview_url: str = "", sample_id: str = "") -> AudioClip:
        """Return something of the voice to hear that costs nothing; raises NotFound."""
        raise self._lacks("play previews")

    def speak(self, wish: SpeechParams) -> AudioClip:
        """Speak a text, which may cost credit; raises NotFound, OutcomeUnknown when unclear."""
        raise self._lacks("speak texts")

    def slots(self) -> Slots | None:
        """Return how many voices the account may hold, None where that is not told."""
        raise self._lacks("tell its slots")

    def default_settings(self) -> dict[str, Any]:
        """Return the settings of a voice that has none of its own."""
        raise self._lacks("tell settings")

    def settings(self, remote_id: str) -> dict[str, Any]:
        """Return the voice's settings."""
        raise self._lacks("tell settings")

    def edit_settings(self, remote_id: str, values: Mapping[str, Any]) -> None:
        """Change those settings of the voice that are given."""
        raise self._lacks("change settings")

    def _lacks(self, verb: str) -> errors.Unsupported:
        return errors.Unsupported(f"{self.info.label} cannot {verb}.")

    # The manners

    def request(
        self,
        method: str,
        path: str,
        *,
        repeatable: bool | None = None,
        limit: int = JSON_LIMIT,
        **sent: Any,
    ) -> ProviderResponse:
        """Send one request and return its answer if it is a good one; raise what it amounts to.

        ``repeatable`` says that doing it twice does no harm, as with all but POST unless told.
        """
        repeatable = method != "POST" if repeatable is None else repeatable
        while True:
            reply = self._exchange(method, path, repeatable, limit, sent)
            if not self._is_failure(reply):
                return reply
            failure = self._sort(reply, repeatable)
            # It may hold the key, and a report of the error might print it.
            del reply
            if not (repeatable and isinstance(failure, errors.TryLater) and self.wait(failure)):
                raise failure

    def request_json(
        self, method: str, path: str, *, repeatable: bool | None = None, **sent: Any
    ) -> dict[str, Any]:
        """Send one request and return the JSON object that answers it."""
        body = self.request(method, path, repeatable=repeatable, **sent).body
        if isinstance(body, dict):
            return body
        repeatable = method != "POST" if repeatable is None else repeatable
        raise self.unclear("answered with something else than expected", repeatable=repeatable)

    def request_done(self, method: str, path: str) -> None:
        """Send one request that is answered with nothing or an object, by the provider itself."""
        reply = self.request(method, path)
        if reply.content.strip() and not isinstance(reply.body, dict):
            raise self.unclear("answered with something else than expected", repeatable=True)

    def request_audio(self, method: str, path: str, **sent: Any) -> AudioClip:
        """Send one request and return the sound that answers it."""
        sound = read_sound(self.request(method, path, limit=AUDIO_LIMIT, **sent))
        if sound is None:
            words = "answered with something that is not sound"
            raise self.unclear(words, repeatable=method != "POST")
        return sound

    def entries(
        self, page: Mapping[str, Any], name: str, *known: str, promises: object = None
    ) -> list[Any]:
        """Return the list in an answer, see ``list_in``; raises TryLater where there is none.

        ``promises`` is what in the answer tells that there are entries, if anything does.
        """
        found = list_in(page, name, known)
        if found is None or (page.get(name) is None and promises):
            raise self.unclear("answered without a list of voices", repeatable=True)
        return found

    def fetch_if_possible(self, name: str, fetch: Callable[[], Iterable[Any]]) -> Iterator[Any]:
        """Yield from a list that a listing can do without; note in ``gaps`` where it fails.

        A key that is refused altogether is no gap.
        """
        self.gaps.pop(name, None)
        try:
            yield from fetch()
        except errors.ProviderError as exc:
            is_refused = isinstance(exc, errors.CredentialRejected)
            if is_refused and not isinstance(exc, errors.PermissionMissing):
                raise
            self.gaps[name] = ListGap(f"{name} could not be fetched. {exc.message}")

    def segment(self, remote_id: str) -> str:
        """Return an id as one segment of a path, whatever is in it; raises NotFound."""
        # These would climb to another address, and an empty one is that of the whole list.
        if remote_id in ("", ".", ".."):
            raise errors.NotFound(f"{self.info.label} has no voice with such an id.")
        return quote(remote_id.encode("utf-8", "replace"), safe="")

    def unclear(self, words: str, *, repeatable: bool) -> errors.ProviderError:
        """Return the error for an answer that tells nothing of what was done."""
        return unclear_error(f"{self.info.label} {words}.", repeatable)

    def tidy(self, text: str, limit: int = _LONGEST_MESSAGE) -> str:
        """Return the provider's words on one line, cut, and without the key."""
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
            # Set here and held in no variable, which a report of an error might print.
            request.headers.update(self.auth_headers())
            with closing(self._client.send(request, stream=True)) as response:
                content = read_body(response, limit)
                body = read_json(content) if looks_like_json(content) else None
                return ProviderResponse(response.status_code, response.headers, content, body)
        except UNSENT:
            failure = errors.TryLater(f"{label} cannot be reached.", unreachable=True)
            if self._is_awaited and self.deadline.is_over:
                failure = errors.NotYet(f"{label} takes long to answer.")
        except httpx.TimeoutException:
            failure = self.unclear("did not answer in time", repeatable=repeatable)
            if self._is_awaited:
                failure = errors.NotYet(f"{label} takes long to answer.")
        except (httpx.HTTPError, httpx.StreamError):
            failure = self.unclear("broke off the connection", repeatable=repeatable)
        except UnusableResponse as exc:
            failure = self.unclear(str(exc), repeatable=repeatable)
        # Raised out here, because httpx's own exception leads to the request and so to the key.
        raise failure

    def _is_failure(self, reply: ProviderResponse) -> bool:
        if not reply.is_good:
            return True
        is_object = isinstance(reply.body, dict)
        return is_object and bool(self.read_refusal(reply.status, reply.body, reply.headers))

    def _sort(self, reply: ProviderResponse, repeatable: bool) -> errors.ProviderError:
        """Return the error that an answer amounts to; the adapter knows better than any rule."""
        label, status = self.info.label, reply.status
        # Some repeat the key that they refuse: it goes first, lest a cut leave half of it.
        told = redact(reply.content.decode("utf-8", "replace"), self._secrets.values())
        body = read_json(told)
        refusal = ErrorBody(errors.RequestRejected)
        if status >= 400 or reply.is_good:
            said = self.read_refusal(status, told if body is None else body, reply.headers)
            refusal = tidy_refusal(said, self.tidy) if said else refusal
        kind, words = refusal.kind, refusal.message
        if status == httpx.codes.TOO_MANY_REQUESTS and kind is errors.RequestRejected:
            kind = judge_refusal(status, refusal.code, words or plain_text(told))
        if kind is errors.TryLater:
            return errors.TryLater(
                f"{label} asks to slow down.",
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
