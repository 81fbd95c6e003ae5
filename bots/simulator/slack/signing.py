"""Slack's request signatures, version 0. Source: Slack's "Verifying requests from Slack"."""

import hmac


def signed_headers(secret: str, body: bytes, timestamp: int | str, content_type: str) -> dict[str, str]:
    """`timestamp` is in seconds since 1970; text is allowed so that tests can sign nonsense."""
    digest = hmac.digest(secret.encode(), f"v0:{timestamp}:".encode() + body, "sha256").hex()
    return {
        "Content-Type": content_type,
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        "X-Slack-Request-Timestamp": str(timestamp),
        "X-Slack-Signature": f"v0={digest}",
    }
