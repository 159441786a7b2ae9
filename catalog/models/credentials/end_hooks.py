"""Webhooks by which a provider announces the end of voices, one for each account."""

import uuid

from django.db import models
from django.views.decorators.debug import sensitive_variables

from catalog.core.crypto import bind_context
from catalog.models.credentials.keys import ProviderAccount
from catalog.models.installation import key_ring, sealing_ring
from catalog.models.users import User


class EndHook(models.Model):
    """The signing secret of an account's webhook, encrypted; its id is part of the address."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.OneToOneField(
        ProviderAccount, on_delete=models.CASCADE, related_name="end_hook"
    )
    sealed = models.BinaryField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    received_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"Webhook of account {self.account_id}"

    @property
    def log_name(self) -> str:
        """The name in the audit log."""
        return f"Webhook of {self.account.log_name}"

    @sensitive_variables()
    def seal_secret(self, secret: str) -> None:
        """Set the encrypted signing secret; the caller saves the row."""
        self.sealed = sealing_ring().seal(secret.encode(), self.seal_context())

    @sensitive_variables()
    def open_secret(self) -> str:
        """Return the decrypted signing secret; raises CannotOpen. Only jobs call this."""
        return key_ring().open(bytes(self.sealed), self.seal_context()).decode()

    def seal_context(self) -> bytes:
        """Return the context that the encrypted secret of this row is bound to."""
        return bind_context("catalog_endhook", self.pk, self.account_id, "secret")


class HookDelivery(models.Model):
    """A delivery that was accepted; the same one again is a replay."""

    hook = models.ForeignKey(EndHook, on_delete=models.CASCADE, related_name="deliveries")
    digest = models.CharField(max_length=64)
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["hook", "digest"], name="one_delivery_per_digest")
        ]

    def __str__(self) -> str:
        return f"Delivery {self.pk}"
