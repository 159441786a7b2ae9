"""The team's tags."""

from catalog.api.endpoints import Answer, ApiCall, endpoint
from catalog.api.pages import cut_page
from catalog.api.parameters import PageParams
from catalog.models import Tag
from catalog.models.tokens import Scope


class TagInfo(Answer):
    """A tag of the team."""

    id: int
    name: str


class TagList(Answer):
    """A page of tags, the newest first."""

    data: list[TagInfo]
    next_cursor: str | None


@endpoint("GET", "tags", tag="Tags", scope=Scope.READ, answer=TagList, params=PageParams)
def list_tags(call: ApiCall[PageParams]) -> TagList:
    """List the team's tags."""
    rows, cursor = cut_page(call, Tag.objects.visible_to(call.user))
    return TagList(data=[TagInfo(id=row.pk, name=row.name) for row in rows], next_cursor=cursor)
