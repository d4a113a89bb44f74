"""Reports about letters, posted by whoever carries our mail: each signed as Standard Webhooks describes.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac
from datetime import timedelta

from starlette.responses import PlainTextResponse, Response

from matcher.workflow.bounces import take_events, take_mailbox
from web.visit import Visit

LARGEST = 4 * 1024 * 1024
"""Bytes of one post: a mailbox of some hundred reports."""

TOLERANCE = timedelta(minutes=5)
"""How far the time of a post may be from ours; older ones could be repeated by somebody who listened."""


def take(visit: Visit) -> Response:
    """POST /bounces: a report (message/rfc822), a mailbox of them, or events as JSON; what we did not cause is ignored.

    404 where no secret is configured, 403 for a wrong signature; nothing is changed then.
    """
    if not visit.site.bounce_secret:
        raise visit.refuse(404)
    if not _signed(visit):
        raise visit.refuse(403, "signature")
    kind = visit.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    read = take_events if kind == "application/json" else take_mailbox
    done = read(visit.site.database, visit.body, secrets=visit.site.secrets, now=visit.now)
    return PlainTextResponse("".join(f"{what}: {count}\n" for what, count in sorted(done.items())))


def signature(secret: str, id: str, timestamp: str, body: bytes) -> str:
    """What has to stand in the header `webhook-signature`."""
    signed = f"{id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest()).decode("ascii")


def _signed(visit: Visit) -> bool:
    headers = visit.request.headers
    id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not id or not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        return False
    if abs(visit.now.timestamp() - int(timestamp)) > TOLERANCE.total_seconds():
        return False
    wanted = signature(visit.site.bounce_secret, id, timestamp, visit.body).encode()
    given = headers.get("webhook-signature", "").encode().split()
    return any(hmac.compare_digest(wanted, each) for each in given)
