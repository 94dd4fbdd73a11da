"""A bucket on loopback that speaks as much of S3 as objects need to be listed, read, written and removed."""

from __future__ import annotations

import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

#: Name of the bucket.
NAME = "clusters"


class Bucket:
    """Serves until the process ends; those who are started from here find it in the environment."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        #: Keys in the order in which they were written.
        self.written: list[str] = []
        server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"bucket": self}))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        host, port = server.server_address[:2]
        os.environ.update(
            AWS_ENDPOINT_URL=f"http://{host}:{port}",
            AWS_ALLOW_HTTP="true",
            AWS_ACCESS_KEY_ID="somebody",
            AWS_SECRET_ACCESS_KEY="secret",
            AWS_REGION="us-east-1",
        )


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    bucket: Bucket

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if self._key():
            return self._object(with_content=True)
        prefix = parse_qs(url.query).get("prefix", [""])[0]
        entries = "".join(
            f"<Contents><Key>{key}</Key><LastModified>2026-11-01T00:00:00.000Z</LastModified><ETag>{_etag(content)}</ETag>"
            f"<Size>{len(content)}</Size></Contents>"
            for key, content in sorted(self.bucket.objects.items())
            if key.startswith(prefix)
        )
        self._answer(200, f"<ListBucketResult>{entries}</ListBucketResult>".encode())

    def do_HEAD(self) -> None:
        self._object(with_content=False)

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.bucket.objects[self._key()] = content
        self.bucket.written.append(self._key())
        self._answer(200, b"", ETag=_etag(content))

    def do_DELETE(self) -> None:
        self.bucket.objects.pop(self._key(), None)
        self._answer(204, b"")

    def _object(self, with_content: bool) -> None:
        content = self.bucket.objects.get(self._key())
        if content is None:
            return self._answer(404, b"")
        first = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").split("-")[0])
        status = 206 if "Range" in self.headers else 200
        last = f"bytes {first}-{len(content) - 1}/{len(content)}"
        modified = "Sun, 01 Nov 2026 00:00:00 GMT"
        names = {"ETag": _etag(content), "Last-Modified": modified, "Content-Range": last}
        self._answer(status, content[first:], with_content, **names)

    def _key(self) -> str:
        return unquote(urlsplit(self.path).path).removeprefix(f"/{NAME}").lstrip("/")

    def _answer(self, status: int, content: bytes, with_content: bool = True, **names: str) -> None:
        self.send_response(status)
        for name, value in {**names, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if with_content:
            self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


def _etag(content: bytes) -> str:
    return f'"{hash(content) & 0xFFFFFFFFFFFF:012x}"'
