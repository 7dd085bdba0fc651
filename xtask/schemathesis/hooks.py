"""Bodies that are not JSON: sent as the bytes that were made up, and taken as they come."""

import schemathesis

SENT = (
    "application/jsonl",
    "application/offset+octet-stream",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/wasm",
    "application/zip",
    "text/calendar",
    "text/csv",
)


@schemathesis.serializer(*SENT)
def as_bytes(ctx, value):
    return value if isinstance(value, bytes) else str(value).encode()


@schemathesis.deserializer(*SENT)
def as_text(ctx, response):
    return response.content.decode(errors="replace")
