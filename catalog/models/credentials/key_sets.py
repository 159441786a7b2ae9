"""Which keys of an account list which voices; members of a workspace may see different ones."""

from collections.abc import Collection
from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

from catalog.models.credentials.keys import Credential, ProviderAccount
from catalog.models.users import User


class KeySetQuerySet(models.QuerySet["KeySet"]):
    """Queries for key sets."""

    def visible_to(self, user: User) -> Self:
        """Keep sets with a key that the user owns or that is shared.

        A set whose last key was removed stays visible to those who could see it before.
        """
        entries = ListingKey.objects.filter(key_set=OuterRef("pk"))
        left = Q(~Exists(entries), last_owner=user)
        return self.filter(
            Q(is_shared=True) | Exists(entries.filter(credential__owner=user)) | left
        )

    def hidden_from(self, user: User) -> Self:
        """Keep sets whose voices the user can't see, even if the account is visible."""
        return self.exclude(pk__in=KeySet.objects.visible_to(user).values("pk"))

    def refresh_sharing(self) -> None:
        """Mark each set as shared if one of its keys is; sets without keys don't change."""
        entries = ListingKey.objects.filter(key_set=OuterRef("pk"))
        shared = Exists(entries.filter(credential__is_shared=True))
        self.filter(Exists(entries)).update(is_shared=shared)


class KeySet(models.Model):
    """The keys of an account that list the same voices; ``signature`` is a hash of them.

    Only users who may use one of the keys can see the voices.
    """

    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="key_sets")
    signature = models.CharField(max_length=64)
    is_shared = models.BooleanField(default=False)
    last_owner = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = KeySetQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "signature"], name="one_row_per_key_set")
        ]

    def __str__(self) -> str:
        return f"Key set {self.pk} of account {self.account_id}"


class ListingKey(models.Model):
    """A key in a set; ``rights`` is what it may do with the set's voices."""

    class Rights(models.IntegerChoices):
        """Each includes the ones before it."""

        USE = 0
        CHANGE = 1
        DELETE = 2

    key_set = models.ForeignKey(KeySet, on_delete=models.CASCADE, related_name="entries")
    credential = models.ForeignKey(Credential, on_delete=models.CASCADE, related_name="listings")
    rights = models.PositiveSmallIntegerField(choices=Rights.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key_set", "credential"], name="one_entry_per_key_and_set"
            )
        ]

    def __str__(self) -> str:
        return f"Key {self.credential_id} in set {self.key_set_id}"


def leave_key_sets(credential: Credential, *, but_of: ProviderAccount | None = None) -> None:
    """Remove a key from its sets, because it was deleted or is for another account now."""
    entries = ListingKey.objects.filter(credential=credential)
    if but_of is not None:
        entries = entries.exclude(key_set__account=but_of)
    ids: Collection[int] = list(entries.values_list("key_set", flat=True))
    KeySet.objects.filter(pk__in=ids).update(last_owner=credential.owner_id)
    entries.delete()
    KeySet.objects.filter(pk__in=ids).refresh_sharing()


def open_jobs(user: User, way: str = "") -> Q:
    """Return the condition for clone jobs that are open to a user; ``way`` is the lookup prefix.

    Those are the jobs on accounts that the user can see, except jobs that use a colleague's
    private key: their result becomes visible once a key that the user may use lists the voice.
    """
    accounts = ProviderAccount.objects.visible_to(user).values("pk")
    seen = KeySet.objects.visible_to(user).values("pk")
    through = (
        Q(**{f"{way}credential": None})
        | Q(**{f"{way}credential__is_shared": True})
        | Q(**{f"{way}credential__owner": user})
        | Q(**{f"{way}voice__key_set__in": seen})
    )
    return Q(**{f"{way}account__in": accounts}) & through
