"""Pages of a shop on a server of its own: another origin, with a policy as strict as the documentation promises."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Shop:
    """A running server.

    Attributes:
        origin: Of its pages.
        chat: Origin of the chat, which its policy lets in and nothing else.
        pages: Path → HTML.
    """

    origin: str
    chat: str
    pages: dict[str, str] = field(default_factory=dict)

    def show(self, path: str, *tags: str) -> str:
        """Put a page with tags at a path; return its address."""
        self.pages[path] = (
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">'
            f"{''.join(tags)}</head><body><main><h1>Shop</h1><p>Fans, cheap.</p><button>Buy</button></main></body></html>"
        )
        return f"{self.origin}{path}"


@contextmanager
def shop(chat: str, host: str = "127.0.0.1") -> Iterator[Shop]:
    """Serve a shop's pages; `chat` is the only foreign origin of its policy."""
    policy = f"default-src 'none'; script-src {chat}; frame-src {chat}; require-trusted-types-for 'script'"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = running.pages.get(self.path.partition("?")[0])
            self.send_response(200 if page else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", policy)
            self.end_headers()
            self.wfile.write((page or "").encode())

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running = Shop(f"http://{host}:{server.server_port}", chat)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()
