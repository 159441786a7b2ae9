"""A key that will replace another, once it is known to be for the same account."""

from collections.abc import Mapping

from django.db import models
from django.views.decorators.debug import sensitive_variables

from catalog.models.credentials.keys import Credential, hash_key, shown_end
from catalog.models.installation import key_ring, sealing_ring


class CredentialReplacement(models.Model):
    """The new key next to the old one, which stays in use until a check or the user decides."""

    class State(models.TextChoices):
        """What is known about the new key."""

        CHECKING = "checking", "Being tested"
        REFUSED = "refused", "Rejected"
        OTHER = "other", "For another account"
        UNTOLD = "untold", "Possibly for another account"

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
        """Set the encrypted key and its last four characters; the caller saves the row."""
        self.sealed = sealing_ring().seal(api_key.encode(), self.seal_context())
        self.last_four, self.key_hash = shown_end(api_key), hash_key(api_key)

    @sensitive_variables()
    def secrets(self) -> Mapping[str, str]:
        """Return the decrypted key; raises CannotOpen. Only jobs call this."""
        return {"api_key": key_ring().open(bytes(self.sealed), self.seal_context()).decode()}

    def seal_context(self) -> bytes:
        """Return the old key's context, so adopting the new key only copies its ciphertext."""
        return self.credential.seal_context()

    @property
    def is_checking(self) -> bool:
        """Return whether a worker is still checking it."""
        return self.state == self.State.CHECKING

    @property
    def was_refused(self) -> bool:
        """Return whether the provider rejected it."""
        return self.state == self.State.REFUSED

    @property
    def opens_another(self) -> bool:
        """Return whether it is known to be for another account."""
        return self.state == self.State.OTHER

    @property
    def is_account_unknown(self) -> bool:
        """Return whether only the user knows which account it is for."""
        return self.state == self.State.UNTOLD
