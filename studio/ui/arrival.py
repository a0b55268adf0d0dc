"""Who arrives at the studio is led to the page in their language, and gets a cookie to be known by when they come back.

Each language has a page of its own: the first one at the root, the others at their code. What a visitor has chosen (the
page's script keeps it in a cookie) goes before what their browser asks for. Knows no Gradio.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CHOSEN = "studio-language"
VISITOR = "studio-visitor"
YEAR_S = 365 * 24 * 60 * 60


class Arrival:
    """ASGI middleware around the pages; everything else goes through untouched.

    `locales` has the locale of each language by its code, the root's first; `negotiate` says whether whoever has not
    chosen yet gets what their browser asks for, or else the root's.
    """

    def __init__(self, app: ASGIApp, locales: Mapping[str, str], negotiate: bool = True) -> None:
        self.app, self.locales, self.negotiate = app, dict(locales), negotiate
        self.root, *others = self.locales
        self.pages = {"/": self.root} | {f"/{code}": code for code in others}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or scope["path"] not in self.pages:
            await self.app(scope, receive, send)
            return
        if scope["method"] == "HEAD":
            # Gradio asks so whether the server is there, and gives up where a busy machine takes seconds for a page.
            await Response()(scope, receive, send)
            return
        asked, language = HTTPConnection(scope), self.pages[scope["path"]]
        wanted = self._wanted(asked)
        if scope["path"] == "/" and wanted != self.root:
            elsewhere = f"{wanted}?{asked.url.query}" if asked.url.query else wanted
            headers = {"Cache-Control": "no-store", "Vary": "Accept-Language, Cookie"}
            await RedirectResponse(elsewhere, headers=headers)(scope, receive, send)
            return
        known = re.fullmatch("[0-9a-f]{32}", asked.cookies.get(VISITOR, "")) is not None
        await self.app(scope, receive, _Page(send, self.locales[language], known))

    def _wanted(self, asked: HTTPConnection) -> str:
        chosen = asked.cookies.get(CHOSEN)
        if chosen in self.locales:
            return str(chosen)
        header = asked.headers.get("accept-language", "") if self.negotiate else ""
        return preferred(header, self.locales, self.root)


class _Page:
    """Sends a page on. Gradio speaks the browser's language in its own fields: a script tells it this page's first."""

    def __init__(self, send: Send, locale: str, known: bool) -> None:
        self.send, self.known = send, known
        self.script = f"<script>Object.defineProperty(navigator, 'language', {{value: {json.dumps(locale)}}});</script>"
        self.start: Message = {}
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
            return
        self.body += message.get("body", b"")
        if message.get("more_body"):
            return
        body = self.body.replace(b"<head>", b"<head>" + self.script.encode(), 1)
        headers = MutableHeaders(scope=self.start)
        headers["Content-Length"] = str(len(body))
        if not self.known:
            cookie = f"{VISITOR}={secrets.token_hex(16)}; Path=/; Max-Age={YEAR_S}; SameSite=Strict; HttpOnly"
            headers.append("Set-Cookie", cookie)
        await self.send(self.start)
        await self.send({"type": "http.response.body", "body": body})


def preferred(header: str, offered: Mapping[str, str], otherwise: str) -> str:
    """The language that an Accept-Language header likes best of those offered, by their codes."""
    liked = []
    for place, part in enumerate(header.split(",")):
        name, _, weight = part.strip().partition(";q=")
        code = name.split("-")[0].strip().lower()
        if code in offered and re.fullmatch(r"(0|1)(\.\d{1,3})?", weight or "1"):
            liked.append((-float(weight or 1), place, code))
    liked = [choice for choice in sorted(liked) if choice[0]]
    return liked[0][2] if liked else otherwise
