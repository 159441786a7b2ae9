"""Media files in a bucket that speaks S3, which any number of hosts can share.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
"""

import contextlib
import tempfile
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from urllib3.exceptions import HTTPError

from catalog.core.media_store import CHUNK_BYTES, MediaUnavailable, StoredFile

_MISSING = {"404", "NoSuchKey", "NotFound"}
# A part up to this size is read at once: a slow listener would keep the connection to the store.
_AT_ONCE_BYTES = 1024 * 1024
_SPOOL_BYTES = 4 * 1024 * 1024


class S3Store:
    """The objects of a bucket below a prefix; ``url`` is ``s3://bucket/prefix?endpoint=&region=``.

    A client's connections can't be used by a forked process, so each process needs a store.
    """

    def __init__(self, url: str, key_id: str = "", secret: str = "") -> None:
        parts = urlsplit(url)
        options = {name: values[0] for name, values in parse_qs(parts.query).items()}
        endpoint = options.get("endpoint")
        self._bucket = parts.netloc
        self._prefix = f"{parts.path.strip('/')}/".lstrip("/")
        self._client = boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name=options.get("region", "us-east-1"),
            aws_access_key_id=key_id or None,
            aws_secret_access_key=secret or None,
            config=Config(
                connect_timeout=2,
                read_timeout=20,
                retries={"mode": "standard", "total_max_attempts": 3},
                s3={"addressing_style": "path" if endpoint else "auto"},
                # Not every server knows the newer checksums.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    def write(self, key: str, chunks: Iterable[bytes]) -> None:
        """Store a file, whole or not at all."""
        with tempfile.SpooledTemporaryFile(
            _SPOOL_BYTES, dir=str(settings.FILE_UPLOAD_TEMP_DIR), suffix=".upload"
        ) as spool:
            spool.writelines(chunks)
            spool.seek(0)
            with _translated():
                self._client.put_object(**self._place(key), Body=spool)

    def read(self, key: str) -> bytes:
        """Return the whole file."""
        with _translated():
            return bytes(self._client.get_object(**self._place(key))["Body"].read())

    def read_part(self, key: str, first: int, length: int) -> Iterator[bytes]:
        """Return part of the file in chunks."""
        if length <= 0:
            return iter(())
        span = f"bytes={first}-{first + length - 1}"
        with _translated():
            body = self._client.get_object(**self._place(key), Range=span)["Body"]
            return iter([body.read()]) if length <= _AT_ONCE_BYTES else _read_chunks(body)

    def find_size(self, key: str) -> int | None:
        """Return the size in bytes, None if there is no such file."""
        try:
            with _translated():
                return int(self._client.head_object(**self._place(key))["ContentLength"])
        except FileNotFoundError:
            return None

    def remove(self, key: str) -> None:
        """Delete the file if it exists."""
        with _translated(), contextlib.suppress(FileNotFoundError):
            self._client.delete_object(**self._place(key))

    def list(self, prefix: str) -> Iterator[StoredFile]:
        """List the files whose keys start with the prefix."""
        pages = self._client.get_paginator("list_objects_v2")
        with _translated():
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix + prefix):
                for found in page.get("Contents", ()):
                    key = found["Key"].removeprefix(self._prefix)
                    yield StoredFile(key, found["Size"], found["LastModified"].timestamp())

    def _place(self, key: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": self._prefix + key}


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except ClientError as exc:
        code = str(exc.response.get("Error", {}).get("Code", ""))
        if code in _MISSING:
            raise FileNotFoundError("There is no such file in the store.") from None
        # The message of the response names the key's ID.
        raise MediaUnavailable(
            f"The file store refused the request: {code or 'no reason'}."
        ) from None
    except (BotoCoreError, HTTPError) as exc:
        raise MediaUnavailable(f"The file store isn't responding: {type(exc).__name__}.") from None


def _read_chunks(body: Any) -> Iterator[bytes]:
    with contextlib.closing(body), _translated():
        yield from body.iter_chunks(CHUNK_BYTES)
