"""What the installation tells everyone."""

from catalog.models import Installation


def get_public_key_file() -> str:
    """Return the public key that verifies our receipts, as a PEM file."""
    return Installation.objects.get().public_key_file
