"""Every place outside of a path in which a request may name a thing by its id."""

from typing import NamedTuple

TOKEN = "0f8fad5b-d9cb-469f-a165-70867728950e"
_CLONE = {
    "name": "Our Ada",
    "speaker": "Ada",
    "relation": "permission",
    "allowed_use": "any",
    "consent": "on",
    "form_token": TOKEN,
}
_COMPARED = {"text": "Hello.", "agreed": "1000"}
_OTHER = {"voice": "clone"}


class Place(NamedTuple):
    """One field of one address, whose id it takes, and what else has to be said.

    ``shape`` is how the id stands in the field; ``own`` are fields that take own ids.
    """

    name: str
    field: str
    kind: str
    method: str = "POST"
    shape: str = "{}"
    rest: dict[str, str] = {}
    own: dict[str, str] = {}


# One id at a time: of two, the first check could hide that there is no second.
PLACES = (
    Place("catalog:selection-create", "id", "voice"),
    Place("catalog:plan-create", "id", "clone"),
    Place("catalog:selection-collect", "collection", "collection"),
    Place("catalog:selection-owner", "owner", "new_owner", rest={"reason": "So."}),
    Place("catalog:voice-collect", "collection", "collection"),
    Place("catalog:comparison-create", "voice", "voice", rest=_COMPARED, own=_OTHER),
    Place("catalog:comparison-estimate", "voice", "voice", rest=_COMPARED, own=_OTHER),
    Place("catalog:comparison-create", "v", "voice", "GET"),
    Place(
        "catalog:collection-change",
        "maintainers",
        "person",
        rest={"name": "Warm", "whose": "team"},
    ),
    Place("catalog:member-remove", "new_owner", "new_owner"),
    Place("catalog:account-owner", "owner", "new_owner", rest={"reason": "So."}),
    Place("catalog:voice-owner", "owner", "new_owner", rest={"reason": "So."}),
    Place(
        "catalog:clone-create", "credential", "credential", rest=_CLONE, own={"sample": "sample"}
    ),
    Place(
        "catalog:clone-create", "sample", "sample", rest=_CLONE, own={"credential": "credential"}
    ),
    Place("catalog:clone-create", "act", "sample", shape="clean:{}", own={"sample": "sample"}),
    Place("catalog:clone-create", "sample", "sample", "GET"),
    Place("catalog:clone-create", "again", "job", "GET"),
    Place("catalog:voice-list", "collection", "collection", "GET"),
    Place("catalog:voice-csv", "collection", "collection", "GET"),
    Place("catalog:similar-detail", "collection", "collection", "GET"),
    Place("catalog:job-list", "batch", "batch", "GET"),
    Place("catalog:job-list", "person", "admin", "GET"),
    Place("catalog:budget-set", "whose", "person", rest={"unit": "characters", "most": "9"}),
    Place("catalog:audit-list", "who", "person", "GET"),
    Place("catalog:audit-export", "who", "person", rest={"form": "csv"}),
)
