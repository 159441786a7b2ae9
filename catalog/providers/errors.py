"""What went wrong at a provider, named for what the caller should do about it.

ProviderError
  + CredentialRejected    ask the user for a new key
      - PermissionMissing say which permission the key lacks
  + RequestRejected       show the provider's message; do not retry
      - LimitReached      offer to delete stale clones
      - OutOfCredit       say that the account has to be topped up
      - NotFound          the voice is gone; often that is fine
  + Unsupported           a bug: the caller did not look at ProviderInfo
  + TryLater              retry idempotent calls after retry_after
  + NotYet                ask again for this one thing; the rest is not concerned
  + OutcomeUnknown        the request may have worked: reconcile, never repeat
"""


class ProviderError(Exception):
    """Something a provider said or did; the message is fit for a person and holds no secret."""

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
    """The provider does not accept this key."""


class PermissionMissing(CredentialRejected):
    """The key is valid but may not do this; ``permission`` names what it lacks, if told."""

    def __init__(self, message: str, *, permission: str = "", **told: object) -> None:
        super().__init__(message, **told)  # type: ignore[arg-type]
        self.permission = permission


class RequestRejected(ProviderError):
    """The provider refused the request itself; sending it again would not help."""

    @property
    def is_of_no_such_page(self) -> bool:
        """Tell whether the provider itself, and nobody on the way, has nothing at this address."""
        return self.status == 404 and bool(self.code)


class LimitReached(RequestRejected):
    """No slot is left for another voice."""


class OutOfCredit(RequestRejected):
    """The account has no credit left for this."""


class NotFound(RequestRejected):
    """The provider does not know this voice (any more)."""


class Unsupported(ProviderError):
    """The provider has no such operation."""


class TryLater(ProviderError):
    """Nothing was done; the same call may be made again after ``retry_after`` seconds."""

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        unreachable: bool = False,
        slow_down: bool = False,
        **told: object,
    ) -> None:
        super().__init__(message, **told)  # type: ignore[arg-type]
        self.retry_after = retry_after
        self.unreachable = unreachable
        # The provider only wants to be asked less often.
        self.is_for_speed = slow_down or self.status == 429


class NotYet(ProviderError):
    """This one thing takes longer than we wait: it may be there at the next look."""


class OutcomeUnknown(ProviderError):
    """The request may or may not have been carried out; look before doing anything else."""
