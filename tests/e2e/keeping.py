"""Create tags, notes, collections, and searches without using the pages."""

import re

from playwright.sync_api import APIResponse, Page

from tests.e2e.browsers import marks_of


def post(page: Page, path: str, **fields: str) -> APIResponse:
    """Submit a form as the signed-in person, and follow the redirect."""
    answer = page.request.post(path, form=fields, headers=marks_of(page))
    assert answer.ok, f"{path}: {answer.status}"
    return answer


def keep_things(page: Page, voice: str, word: str) -> dict[str, str]:
    """Annotate a voice in every way with long texts, and return the addresses of the new pages."""
    collection = path_of(
        post(page, "/collections/", name=word[:80], description=word, whose="team")
    )
    number = collection.split("/")[2]
    post(page, f"{voice}collections/", collection=number, note=word)
    post(page, f"{voice}tags/", tags=f"{word[:40]}, calm, narrator")
    post(page, f"{voice}notes/", text=f"{word}\n{word}")
    post(page, f"{voice}rating/", value="4")
    post(page, f"{voice}star/", on="1")
    post(page, "/searches/add/", name=word[:80], whose="own", query="q=warm")
    selection = post(page, "/selections/", id=voice.split("/")[2])
    return {
        "collection": collection,
        "change a collection": f"{collection}change/",
        "collections of a voice": f"{voice}collections/",
        "selection": path_of(selection),
    }


def path_of(answer: APIResponse) -> str:
    """Return the path of the page after redirects."""
    return re.sub(r"^https?://[^/]+", "", answer.url)
