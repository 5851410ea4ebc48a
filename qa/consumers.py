"""The chat socket: parse → one service call → send."""

import asyncio
import logging
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.db import DatabaseError
from django.utils import translation
from django.utils.translation import gettext as _

from qa import engine, metrics, protocol
from qa.bursts import looks_unfinished
from qa.concurrency import in_database_thread, in_database_thread_if
from qa.exceptions import BadMessage, Conflict, ErrorCode, QAError, RateLimited, Unauthorised
from qa.models import Conversation
from qa.rates import RateLimit
from qa.reading_ahead import ReadAhead, Receive
from qa.services import conversations, handoff
from qa.services.answering import answer
from qa.services.frames import store_frame
from qa.services.news import read_news
from qa.services.suggesting import suggest
from qa.services.waking import conversation_group, desk_group

logger = logging.getLogger(__name__)

MAX_BAD_IN_A_ROW = 3
CLOSE_POLICY = 1008
CATCH_UP_S = 10.0
"""How often a socket looks for turns whose wake-up was lost, in seconds."""
SUGGEST_EVERY_S = 0.15
"""Least time between two looks for suggestions, in seconds: of what was typed meanwhile only the last counts."""
TYPING_PER_MINUTE = 60
"""How often others are told that somebody types in a conversation; pages say it every three seconds."""
BOTH = (protocol.VERSION, protocol.LATEST)
_rate = RateLimit()
_typing_rate = RateLimit()


class ChatConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # Channels ships no types
    """One browser's end of one conversation.

    The rows are the truth: a turn is sent after it was read back in order of `seq`; the channel
    layer only wakes other sockets of the same conversation up.
    """

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Any) -> None:
        """Serve a socket, read ahead."""
        self.ahead = ReadAhead(receive)
        try:
            await super().__call__(scope, self.ahead.receive, send)
        finally:
            self.ahead.close()

    def is_there(self) -> bool:
        """Tell whether the other end can still hear, or has said something more before it left."""
        return not self.ahead.is_deserted

    async def connect(self) -> None:
        """Accept; the first frame says who it is."""
        self.conversation: Conversation | None = None
        self.sent_seq = 0
        self.num_bad = 0
        self.language = _language_of(self.scope)
        self.versions: tuple[int, ...] = BOTH
        self.version = protocol.VERSION
        self.status: protocol.StatusEvent | None = None
        self.sending = asyncio.Lock()
        self.net: asyncio.Task[None] | None = None
        self.is_open = True
        self.answering: set[asyncio.Task[None]] = set()
        self.wanted: protocol.Suggest | None = None
        self.suggesting: asyncio.Task[None] | None = None
        await self.accept()
        metrics.socket_opened()

    async def disconnect(self, _code: int) -> None:
        """Leave the conversation's group; answers under way are still recorded."""
        self.is_open = False
        metrics.socket_closed()
        for task in (self.net, self.suggesting):
            if task is not None:
                task.cancel()
        if self.conversation is not None:
            await self.channel_layer.group_discard(self.group, self.channel_name)
        if self.answering:
            await asyncio.wait(self.answering)

    @property
    def group(self) -> str:
        """The channel layer's name of this conversation."""
        return conversation_group(self.conversation.pk) if self.conversation else ""

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Handle one frame; whatever is wrong with it is answered in words, and the socket stays."""
        frame_id = None
        with translation.override(self.language):
            try:
                if text_data is None:
                    raise BadMessage(_("Binary frames are not understood. Send JSON text."))
                frame = protocol.decode(text_data, versions=self.versions)
                frame_id = getattr(frame, "id", None)
                await self._handle(frame)
                self.num_bad = 0
            except QAError as error:
                if self.conversation is None and text_data:
                    self.version = protocol.frame_version(text_data)
                frame_id = frame_id or (protocol.frame_id(text_data) if text_data else None)
                await self._refuse(error, frame_id)
            except DatabaseError:
                logger.exception("a frame could not be stored")
                await self._send_error(
                    ErrorCode.UNAVAILABLE, _("This could not be stored. Please try again."), frame_id
                )

    async def _refuse(self, error: QAError, frame_id: Any) -> None:
        await self._send_error(error.code, error.user_message, frame_id)
        self.num_bad = self.num_bad + 1 if error.code == ErrorCode.BAD_MESSAGE else 0
        if self.num_bad >= MAX_BAD_IN_A_ROW:
            await self.close(code=CLOSE_POLICY)

    async def _handle(self, frame: protocol.ClientFrame) -> None:
        match frame:
            case protocol.Ping():
                await self._send(protocol.Pong())
            case protocol.Hello():
                await self._open(frame)
            case _ if self.conversation is None:
                raise Unauthorised(_("Say hello first."))
            case protocol.Typing() if _typing_rate.allows(self.conversation.public_id, TYPING_PER_MINUTE):
                await self._wake({"type": "typing.seen", "by": self.channel_name, "role": "customer"})
            case protocol.Typing():
                pass
            case protocol.Suggest():
                self._suggest_later(frame)
            case _:
                self._check_rate(self.conversation)
                await self._store(frame, self.conversation)

    async def _open(self, hello: protocol.Hello) -> None:
        if self.conversation is not None:
            raise Conflict(_("This socket already has its conversation."))
        self.version = hello.version
        if hello.language is not None:
            self.language = hello.language[:2]
            translation.activate(self.language)  # `receive` puts back what was active before
        opened = await in_database_thread_if(
            self.is_there,
            conversations.open_conversation,
            token=hello.token,
            widget=hello.widget,
            identity=hello.identity,
            language=hello.language or self.language,
            page=hello.page,
        )
        if opened is None:  # it has left, and will say hello on another socket
            return
        self.versions = (hello.version,)
        self.conversation = opened.conversation
        await self.channel_layer.group_add(self.group, self.channel_name)
        self.sent_seq = hello.after if hello.token is not None else 0
        seq = opened.conversation.last_seq
        release = engine.readiness().release or 0
        await self._send(protocol.Welcome(str(opened.conversation.public_id), opened.token, seq, release))
        await self._catch_up()
        self.net = asyncio.create_task(self._catch_up_for_ever())
        pending = await in_database_thread_if(
            self.is_there, handoff.pending_message, conversation_id=opened.conversation.pk
        )
        if pending is not None:
            self._answer_later(pending)

    async def _store(self, frame: protocol.ClientFrame, conversation: Conversation) -> None:
        """Commit what the frame says, acknowledge it, and let everybody see what came of it."""
        stored = await in_database_thread(
            store_frame, frame=frame, conversation_id=conversation.pk, language=self.language
        )
        if stored.received is not None:
            self._answer_later(stored.received)
        await self._send(protocol.Ack(frame.id, stored.seq))  # type: ignore[union-attr]  # what is stored has an id
        await self._tell()

    def _answer_later(self, received: handoff.Received) -> None:
        # A task of its own: the socket goes on reading, and a browser that leaves loses nothing.
        task = asyncio.create_task(self._answer(received))
        self.answering.add(task)
        task.add_done_callback(self.answering.discard)

    async def _answer(self, received: handoff.Received) -> None:
        turn = received.turn
        try:
            if looks_unfinished(turn.text):
                await asyncio.sleep(settings.BURST_MS / 1000)
            if await answer(turn=turn, earlier=received.earlier) is not None:
                await self._tell()
        except Exception:
            logger.exception(
                "the answer to turn %d of conversation %d was not recorded", turn.seq, turn.conversation_id
            )

    def _suggest_later(self, wanted: protocol.Suggest) -> None:
        """Look for suggestions once the last look is done; what was typed before and not looked at is dropped."""
        self.wanted = wanted
        if self.suggesting is None or self.suggesting.done():
            self.suggesting = asyncio.create_task(self._suggest())

    async def _suggest(self) -> None:
        while (wanted := self.wanted) is not None and self.conversation is not None:
            self.wanted = None
            try:
                items = await suggest(
                    knowledge_base_id=self.conversation.knowledge_base_id, text=wanted.text, language=self.language
                )
            except DatabaseError:
                logger.warning("suggestions could not be looked for")
                return
            if self.wanted is None:
                await self._send(protocol.SuggestionsEvent(wanted.id, items))
            await asyncio.sleep(SUGGEST_EVERY_S)

    def _check_rate(self, conversation: Conversation) -> None:
        if not _rate.allows(conversation.public_id, settings.MESSAGES_PER_MINUTE):
            raise RateLimited(_("That was a lot at once. Please wait a moment and send it again."))

    async def _tell(self) -> None:
        await self._catch_up()
        await self._wake({"type": "turns.committed", "by": self.channel_name})
        if self.conversation is not None:
            desk = {"type": "desk.changed", "conversation": self.conversation.pk}
            await self.channel_layer.group_send(desk_group(self.conversation.knowledge_base_id), desk)

    async def _wake(self, event: dict[str, Any]) -> None:
        await self.channel_layer.group_send(self.group, event)

    async def turns_committed(self, event: dict[str, Any]) -> None:
        """Somebody else committed something of this conversation."""
        if event["by"] != self.channel_name:
            await self._catch_up()

    async def typing_seen(self, event: dict[str, Any]) -> None:
        """Somebody is typing."""
        if event["by"] != self.channel_name:
            await self._send(protocol.TypingEvent(event.get("role", "customer")))

    async def _catch_up(self) -> None:
        """Send every turn that this socket has not sent yet, in order; then the status, if it is another."""
        if self.conversation is None:
            return
        async with self.sending:
            news = await in_database_thread_if(
                self.is_there,
                read_news,
                conversation_id=self.conversation.pk,
                after=self.sent_seq,
                with_status=self.version == protocol.LATEST,
            )
            if news is None:
                return
            for event in news.turns:
                if not self.is_open:
                    return
                await self._send(event)
                self.sent_seq = event.seq
            if news.status is not None and news.status != self.status:
                self.status = news.status
                await self._send(news.status)

    async def _catch_up_for_ever(self) -> None:
        while True:
            await asyncio.sleep(CATCH_UP_S)
            try:
                await self._catch_up()
            except (DatabaseError, Conversation.DoesNotExist):
                logger.warning("turns could not be read; trying again in %.0f s", CATCH_UP_S)

    async def _send_error(self, code: str, message: str, frame_id: Any) -> None:
        await self._send(protocol.ErrorEvent(code, message, frame_id))

    async def _send(self, frame: protocol.ServerFrame) -> None:
        if not self.is_open:
            return
        try:
            await self.send(text_data=protocol.encode(frame, version=self.version))
        except OSError:
            self.is_open = False  # the page has gone, and the server is about to say so


def _language_of(scope: dict[str, Any]) -> str:
    """Return `zh` or `en` by the handshake's Accept-Language; Chinese when it says neither."""
    headers = dict(scope.get("headers", []))
    for item in headers.get(b"accept-language", b"").decode("latin-1").lower().split(","):
        code: str = item.strip()[:2]
        if code in {"zh", "en"}:
            return code
    return "zh"
