"""The names of what a search refers to by primary key: accounts, collections, speakers, owners."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from catalog.models import Collection, Membership, ProviderAccount, Speaker, User
from catalog.search.nodes import AllOf, AnyOf, Node, Not, Value
from catalog.search.text_normalization import index_terms, query_terms

Accounts = Mapping[int, ProviderAccount]


def find_names(user: User, accounts: Accounts) -> dict[str, dict[str, str]]:
    """Return the names that the user can see, by facet and primary key."""
    return {
        facet: {str(pk): name for pk, name in read(user, accounts).items()}
        for facet, read in _READERS.items()
    }


def look_up_names(node: Node, names: Mapping[str, Mapping[str, str]]) -> Node:
    """Return the condition with primary keys in place of the names that it contains."""
    match node:
        case AllOf() | AnyOf():
            parts = (look_up_names(part, names) for part in node.parts)
            return replace(node, parts=tuple(parts))
        case Not():
            return replace(node, part=look_up_names(node.part, names))
        case Value() if node.facet in names and node.facet != "collection":
            return _find_named(node, names[node.facet])
    return node


def _name_accounts(user: User, accounts: Accounts) -> dict[int, str]:
    return {pk: f"{each.info.label} {each.label}".strip() for pk, each in accounts.items()}


def _name_collections(user: User, accounts: Accounts) -> dict[int, str]:
    return dict(Collection.objects.visible_to(user).kept().values_list("pk", "name"))


def _name_speakers(user: User, accounts: Accounts) -> dict[int, str]:
    return dict(Speaker.objects.visible_to(user).values_list("pk", "name"))


def _name_owners(user: User, accounts: Accounts) -> dict[int, str]:
    members = User.objects.filter(pk__in=Membership.everyone.visible_to(user).values("user"))
    names = {member.pk: str(member) for member in members}
    return names | {user.pk: f"{user} (me)"}


_READERS: dict[str, Callable[[User, Accounts], dict[int, str]]] = {
    "account": _name_accounts,
    "collection": _name_collections,
    "speaker": _name_speakers,
    "owner": _name_owners,
}


def _find_named(node: Value, names: Mapping[str, str]) -> Value:
    """Return the keys of the names in which each word of the value begins a word."""
    wanted = query_terms(node.values[0])
    fitting = (
        key
        for key, name in names.items()
        for terms in [index_terms(name)]
        if all(any(term.startswith(begun) for term in terms) for begun in wanted)
    )
    return replace(node, values=tuple(fitting))
