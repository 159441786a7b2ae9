"""Read multipart/form-data bodies."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP

MAX_PARTS = 200


class NotMultipart(Exception):
    """The body is not a multipart form."""


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file part of a form."""

    filename: str
    content_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Form:
    """The text fields and files of a form, by name with all values."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, list[UploadedFile]] = field(default_factory=dict)

    def first(self, name: str) -> str | None:
        """Return the first text value of a field, or None if it was not sent."""
        values = self.fields.get(name)
        return values[0] if values else None

    def uploads(self, name: str) -> Sequence[UploadedFile]:
        """Return the files sent under a name."""
        return self.files.get(name, [])


def parse_form(content_type: str, body: bytes) -> Form:
    """Parse a multipart body; raises NotMultipart if it is something else or broken."""
    # The email parser needs the header that HTTP sends separately from the body.
    head = b"Content-Type: " + content_type.encode("latin-1", "replace") + b"\r\n\r\n"
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    if message.get_content_type() != "multipart/form-data" or not message.is_multipart():
        raise NotMultipart
    parts = list(message.iter_parts())
    if len(parts) > MAX_PARTS:
        raise NotMultipart
    form = Form()
    for part in parts:
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if not isinstance(name, str) or not isinstance(content, bytes):
            continue
        filename = part.get_filename()
        if filename is None:
            form.fields.setdefault(name, []).append(content.decode("utf-8", "replace"))
        else:
            upload = UploadedFile(filename, part.get_content_type(), content)
            form.files.setdefault(name, []).append(upload)
    return form
