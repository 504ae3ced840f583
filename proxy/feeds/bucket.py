"""Objects in a bucket that nobody can change: written once, locked until a date by the store itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from policies.sections_feeds import AuditFeed
from proxy.feeds.posting import Undelivered


def put_object(feed: AuditFeed, name: str, body: bytes, now: datetime) -> None:
    """Write one object below the feed's address. Blocks. Raises Undelivered."""
    import fsspec  # noqa: PLC0415 - slow to import, and few installations have a bucket

    secret = {"key": feed.access_key, "secret": feed.secret_key}
    options: dict[str, Any] = {name: value.get_secret_value() for name, value in secret.items() if value}
    if feed.endpoint:
        options["endpoint_url"] = feed.endpoint
    if feed.lock_days:
        until = now.astimezone(UTC) + timedelta(days=feed.lock_days)
        options["s3_additional_kwargs"] = {
            "ObjectLockMode": "COMPLIANCE",
            "ObjectLockRetainUntilDate": until.replace(microsecond=0),
        }
    path = f"{feed.url.get_secret_value().rstrip('/')}/{name}"
    try:
        fsspec.filesystem("s3", skip_instance_cache=True, **options).pipe_file(path, body)
    except Exception as error:  # noqa: BLE001 - the store's library raises what it likes; messages may hold addresses
        raise Undelivered(f"the bucket did not take it ({type(error).__name__})") from None
