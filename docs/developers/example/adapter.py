"""Chime, a made-up provider: library voices, and instant clones of one recording.

API reference: https://docs.chime.example/
"""

from collections.abc import Iterator, Mapping
from typing import Any

from catalog.providers import errors
from catalog.providers.base import Provider
from catalog.providers.error_classification import judge_refusal
from catalog.providers.idempotency_marker import add_marker, has_marker
from catalog.providers.key_checks import CredentialCheck
from catalog.providers.lenient_json import LenientJson
from catalog.providers.pagination import ListedVoice, ListWalk, demand_ids
from catalog.providers.public_fetch import fetch_public
from catalog.providers.responses import ErrorBody
from catalog.providers.sanitize import clean_line
from catalog.providers.types import (
    AudioClip,
    CloneParams,
    CloneResult,
    Kind,
    PermissionState,
    ProviderInfo,
    RemoteVoice,
)

_MOST_PAGES = 1000
_LONGEST_DESCRIPTION = 500


class Adapter(Provider):
    """All voices are in one list with numbered pages."""

    info = ProviderInfo(
        slug="chime",
        label="Chime",
        initials="CI",
        hue=200,
        base_url="https://api.chime.example/v1",
        key_hint="From chime.example, Settings, API keys.",
        sample_formats=frozenset({"wav", "mp3"}),
        can_clone=True,
        can_delete=True,
        delete_note="Chime deletes the voice and its recording at once.",
        marker_length=80,
        settle_seconds=360,
    )

    def auth_headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._secrets['api_key']}"}

    def read_refusal(self, status: int, body: Any, headers: Mapping[str, str]) -> ErrorBody | None:
        error = LenientJson(body if isinstance(body, dict) else None).object("error")
        code, message = error.word("code"), error.line("message")
        if not message:
            return None
        if status == 404 and code == "voice_not_found":
            return ErrorBody(errors.NotFound, message, code)
        return ErrorBody(judge_refusal(status, code, message), message, code)

    def check(self) -> CredentialCheck:
        """See https://docs.chime.example/voices#list."""
        try:
            self._page(1)
        except errors.RequestRejected as exc:
            if not exc.code:
                raise
            is_broke = isinstance(exc, errors.OutOfCredit)
            return CredentialCheck(is_out_of_credit=is_broke, problem=exc.message)
        return CredentialCheck(can_list=PermissionState.YES, can_preview=PermissionState.YES)

    def voices(self) -> Iterator[RemoteVoice]:
        """See https://docs.chime.example/voices#list."""
        return map(ListedVoice.read, self.listing())

    def listing(self) -> Iterator[ListedVoice]:
        for item in self._items():
            yield ListedVoice(_voice_id(item), item, _read_voice)

    def voice(self, remote_id: str) -> RemoteVoice:
        """See https://docs.chime.example/voices#get."""
        item = self.request_json("GET", f"voices/{self.segment(remote_id)}")
        if not _voice_id(item):
            raise self.unclear("answered without a voice", repeatable=True)
        return _read_voice(item)

    def preview(self, remote_id: str, preview_url: str = "", sample_id: str = "") -> AudioClip:
        """See https://docs.chime.example/voices#fields on ``preview_url``."""
        url = preview_url or self.voice(remote_id).preview_url
        if not url:
            raise errors.NotFound("Chime has no preview of this voice.")
        return fetch_public(url, trusted_url=self.base_url, deadline=self.deadline)

    def clone(self, params: CloneParams) -> CloneResult:
        """See https://docs.chime.example/voices#create."""
        sample = params.samples[0]
        file = (clean_line(sample.filename, 120), sample.content, sample.content_type)
        fields = {
            "name": clean_line(params.name, self.info.max_name_length),
            "description": add_marker(params.description, params.marker, _LONGEST_DESCRIPTION),
        }
        answer = self.request_json("POST", "voices", data=fields, files={"file": file})
        remote_id = _voice_id(answer)
        if not remote_id:
            raise self.unclear("answered without the id of a voice", repeatable=False)
        return CloneResult(remote_id)

    def find_marked(self, marker: str) -> list[RemoteVoice]:
        found = [
            _read_voice(item)
            for item in self._items(is_whole=True)
            if has_marker(LenientJson(item).text("description", 2000), marker)
        ]
        return sorted(found, key=lambda voice: (str(voice.created_at), voice.remote_id))

    def is_ready(self, remote_id: str) -> bool:
        self.voice(remote_id)
        return True

    def delete(self, remote_id: str) -> None:
        """See https://docs.chime.example/voices#delete."""
        self.request_done("DELETE", f"voices/{self.segment(remote_id)}")

    def _page(self, number: int) -> tuple[list[Any], int | None]:
        body = self.request_json("GET", "voices", params={"page": number, "per_page": 100})
        total = LenientJson(body).count("total")
        return self.entries(body, "voices", "total", promises=total), total

    def _items(self, *, is_whole: bool = False) -> Iterator[dict[str, Any]]:
        walk = ListWalk(_voice_id)
        for number in range(1, _MOST_PAGES + 1):
            rows, total = self._page(number)
            if is_whole:
                demand_ids(rows, _voice_id, self.unclear)
            before = walk.count
            yield from walk.take(rows)
            if not walk.lacks_some(total):
                return
            if walk.count == before:
                break
        raise self.unclear("does not come to an end with its list", repeatable=True)


def _voice_id(item: Any) -> str:
    return LenientJson(item).exact("id", 200)


def _read_voice(item: dict[str, Any]) -> RemoteVoice:
    voice = LenientJson(item)
    is_clone = voice.word("type") == "clone"
    return RemoteVoice(
        remote_id=voice.exact("id", 200),
        name=voice.line("name", 200) or voice.exact("id", 200),
        description=voice.text("description", 2000),
        kind=Kind.CLONE if is_clone else Kind.LIBRARY,
        gender=voice.word("gender"),
        preview_url=voice.exact("preview_url", 2048),
        is_owned=is_clone,
        created_at=voice.moment("created_at"),
        problem=voice.problem,
    )
