"""A key that is to take another's place, until it is known that it opens the same account."""

from collections.abc import Mapping

from django.db import models
from django.views.decorators.debug import sensitive_variables

from catalog.models.credentials.keys import Credential, hash_key, shown_end
from catalog.models.installation import key_ring, sealing_ring


class CredentialReplacement(models.Model):
    """The new key beside the old one, which works on until somebody or a check decides."""

    class State(models.TextChoices):
        """What is known of the new key."""

        CHECKING = "checking", "Being tested"
        REFUSED = "refused", "Refused"
        OTHER = "other", "Opens another account"
        UNTOLD = "untold", "Perhaps another account"

    credential = models.OneToOneField(
        Credential, on_delete=models.CASCADE, related_name="replacement"
    )
    sealed = models.BinaryField()
    last_four = models.CharField(max_length=4)
    key_hash = models.CharField(max_length=80, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.CHECKING)
    problem = models.CharField(max_length=500, blank=True)
    ref = models.CharField(max_length=200, blank=True)
    label = models.CharField(max_length=200, blank=True)
    asked_at = models.DateTimeField()

    class Meta:
        db_table = "catalog_replacement"

    def __str__(self) -> str:
        return f"Replacement of {self.credential_id}"

    @sensitive_variables()
    def seal_secrets(self, api_key: str) -> None:
        """Set the sealed key and its last four characters; the row still has to be saved."""
        self.sealed = sealing_ring().seal(api_key.encode(), self.seal_context())
        self.last_four, self.key_hash = shown_end(api_key), hash_key(api_key)

    @sensitive_variables()
    def secrets(self) -> Mapping[str, str]:
        """Open the key for an adapter; raises CannotOpen. Only jobs call this."""
        return {"api_key": key_ring().open(bytes(self.sealed), self.seal_context()).decode()}

    def seal_context(self) -> bytes:
        """Return the credential's own place: to take it, the sealed key has only to be moved."""
        return self.credential.seal_context()

    @property
    def is_checking(self) -> bool:
        """Tell whether a worker still looks at it."""
        return self.state == self.State.CHECKING

    @property
    def was_refused(self) -> bool:
        """Tell whether the provider did not take it."""
        return self.state == self.State.REFUSED

    @property
    def opens_another(self) -> bool:
        """Tell whether it is known to open another account."""
        return self.state == self.State.OTHER

    @property
    def is_untold(self) -> bool:
        """Tell whether nobody but the person knows which account it opens."""
        return self.state == self.State.UNTOLD
