"""Errors at a provider, named for what the caller should do about them.

ProviderError
  + CredentialRejected    ask the user for a new key
      - PermissionMissing say which permission the key lacks
  + RequestRejected       show the provider's message; do not retry
      - LimitReached      offer to delete stale clones
      - OutOfCredit       ask to top up the account
      - NotFound          the voice is gone; often that is fine
  + Unsupported           a bug: the caller did not check ProviderInfo
  + TryLater              retry idempotent calls after retry_after
  + NotYet                retry this item later; others are not affected
  + OutcomeUnknown        the request may have worked: reconcile, never repeat
"""


class ProviderError(Exception):
    """A failure at a provider; the message can be shown to users and contains no secret."""

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str = "",
        request_id: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.request_id = request_id


class CredentialRejected(ProviderError):
    """The provider rejected this key."""


class PermissionMissing(CredentialRejected):
    """The key is valid but may not do this; ``permission`` names what is missing, if known."""

    def __init__(self, message: str, *, permission: str = "", **details: object) -> None:
        super().__init__(message, **details)  # type: ignore[arg-type]
        self.permission = permission


class RequestRejected(ProviderError):
    """The provider rejected the request itself; repeating it would not help."""

    @property
    def is_of_no_such_page(self) -> bool:
        """Return whether the provider itself, not a proxy, has no such endpoint."""
        return self.status == 404 and bool(self.code)


class LimitReached(RequestRejected):
    """The account has no free voice slot."""


class OutOfCredit(RequestRejected):
    """The account has no credit left for this request."""


class NotFound(RequestRejected):
    """The provider has no such voice, or no longer has it."""


class Unsupported(ProviderError):
    """The provider doesn't support this operation."""


class TryLater(ProviderError):
    """Nothing was done; the same call may be repeated after ``retry_after`` seconds."""

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        unreachable: bool = False,
        slow_down: bool = False,
        **details: object,
    ) -> None:
        super().__init__(message, **details)  # type: ignore[arg-type]
        self.retry_after = retry_after
        self.unreachable = unreachable
        # The provider only asked for fewer requests.
        self.is_for_speed = slow_down or self.status == 429


class NotYet(ProviderError):
    """This item takes longer than we wait; it may be available next time."""


class OutcomeUnknown(ProviderError):
    """The request may or may not have been carried out; check before doing anything else."""


class NoticeRejected(Exception):
    """A webhook delivery that isn't genuine: a wrong or old signature, or a replay."""
