"""The ledger of calls that a provider may charge."""

from datetime import datetime
from decimal import Decimal

from catalog.api.endpoints import Answer, ApiCall, endpoint
from catalog.api.pages import cut_page
from catalog.api.parameters import PageParams
from catalog.models import Charge
from catalog.models.tokens import Scope


class ChargeInfo(Answer):
    """One call that a provider may charge. Amounts are null if its price isn't known."""

    id: int
    kind: str
    provider: str
    account: str
    voice_id: int | None
    voice: str
    person: str
    quantity: int
    unit: str
    is_free: bool
    state: str
    currency: str
    estimated: Decimal | None
    actual: Decimal | None
    charged_at: datetime
    settled_at: datetime | None


class UsageList(Answer):
    """A page of calls, the newest first."""

    data: list[ChargeInfo]
    next_cursor: str | None


@endpoint("GET", "usage", tag="Usage", scope=Scope.SPEAK, answer=UsageList, params=PageParams)
def list_usage(call: ApiCall[PageParams]) -> UsageList:
    """List your own calls that a provider may charge; with the scope admin, all of the team's."""
    rows = Charge.objects.visible_to(call.user).select_related("person")
    if Scope.ADMIN not in call.bearer.scopes:
        rows = rows.filter(person=call.user.pk)
    shown, cursor = cut_page(call, rows)
    return UsageList(data=[_describe(each) for each in shown], next_cursor=cursor)


def _describe(charge: Charge) -> ChargeInfo:
    return ChargeInfo(
        id=charge.pk,
        kind=charge.kind,
        provider=charge.provider,
        account=charge.account_name,
        voice_id=charge.voice_id,
        voice=charge.voice_name,
        person=str(charge.person),
        quantity=charge.quantity,
        unit=charge.unit,
        is_free=charge.is_free,
        state=charge.state,
        currency=charge.currency,
        estimated=charge.estimated,
        actual=charge.actual,
        charged_at=charge.charged_at,
        settled_at=charge.settled_at,
    )
