"""The chat socket: parse → one service call → send."""

import asyncio
import logging
import time
from collections import deque
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.db import DatabaseError
from django.utils import translation
from django.utils.translation import gettext as _

from qa import engine, metrics, protocol
from qa.concurrency import in_database_thread
from qa.exceptions import BadMessage, Conflict, ErrorCode, QAError, RateLimited, Unauthorised
from qa.models import Conversation, Turn
from qa.services import conversations, feedback
from qa.services.answering import answer

logger = logging.getLogger(__name__)

MAX_BAD_IN_A_ROW = 3
CLOSE_POLICY = 1008
CATCH_UP_S = 10.0
"""How often a socket looks for turns whose wake-up was lost, in seconds."""


class ChatConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # Channels ships no types
    """One browser's end of one conversation.

    The rows are the truth: a turn is sent after it was read back in order of `seq`; the channel
    layer only wakes other sockets of the same conversation up.
    """

    async def connect(self) -> None:
        """Accept; the first frame says who it is."""
        self.conversation: Conversation | None = None
        self.sent_seq = 0
        self.num_bad = 0
        self.language = _language_of(self.scope)
        self.sent_at: deque[float] = deque(maxlen=settings.MESSAGES_PER_MINUTE)
        self.sending = asyncio.Lock()
        self.net: asyncio.Task[None] | None = None
        self.is_open = True
        self.answering: set[asyncio.Task[None]] = set()
        await self.accept()
        metrics.socket_opened()

    async def disconnect(self, _code: int) -> None:
        """Leave the conversation's group; answers under way are still recorded."""
        self.is_open = False
        metrics.socket_closed()
        if self.net is not None:
            self.net.cancel()
        if self.conversation is not None:
            await self.channel_layer.group_discard(self.group, self.channel_name)
        if self.answering:
            await asyncio.wait(self.answering)

    @property
    def group(self) -> str:
        """The channel layer's name of this conversation."""
        return f"conversation.{self.conversation.pk}" if self.conversation else ""

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Handle one frame; whatever is wrong with it is answered in words, and the socket stays."""
        frame_id = None
        with translation.override(self.language):
            try:
                if text_data is None:
                    raise BadMessage(_("Binary frames are not understood. Send JSON text."))
                frame = protocol.decode(text_data)
                frame_id = getattr(frame, "id", None)
                await self._handle(frame)
                self.num_bad = 0
            except QAError as error:
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
            case protocol.Typing():
                await self._wake({"type": "typing.seen", "by": self.channel_name})
            case _:
                self._check_rate()
                await self._store(frame, self.conversation)

    async def _open(self, hello: protocol.Hello) -> None:
        if self.conversation is not None:
            raise Conflict(_("This socket already has its conversation."))
        opened = await in_database_thread(conversations.open_conversation, token=hello.token, widget=hello.widget)
        self.conversation = opened.conversation
        await self.channel_layer.group_add(self.group, self.channel_name)
        self.sent_seq = hello.after if hello.token is not None else 0
        seq = opened.conversation.last_seq
        release = engine.readiness().release or 0
        await self._send(protocol.Welcome(str(opened.conversation.public_id), opened.token, seq, release))
        await self._catch_up()
        self.net = asyncio.create_task(self._catch_up_for_ever())
        pending = await in_database_thread(conversations.unanswered_question, conversation_id=opened.conversation.pk)
        if pending is not None:
            self._answer_later(pending)

    async def _store(self, frame: protocol.ClientFrame, conversation: Conversation) -> None:
        """Commit what the frame says, acknowledge it, and let everybody see what came of it."""
        pk = conversation.pk
        match frame:
            case protocol.Message(id=client_id, text=text):
                new = conversations.NewTurn(
                    Turn.Role.CUSTOMER, Turn.Kind.TEXT, text, language=self.language, client_id=client_id
                )
                turn = await in_database_thread(conversations.record_turn, conversation_id=pk, turn=new)
                seq = turn.seq
                turn.conversation = conversation
                self._answer_later(turn)
            case protocol.Choose():
                seq = await in_database_thread(feedback.choose, conversation_id=pk, choice=frame)
            case protocol.Feedback():
                seq = await in_database_thread(feedback.vote, conversation_id=pk, feedback=frame)
            case protocol.Human(id=client_id):
                seq = await in_database_thread(
                    feedback.ask_for_person, conversation_id=pk, client_id=client_id, language=self.language
                )
            case _:
                raise BadMessage(_("This frame is not expected here."))
        await self._send(protocol.Ack(frame.id, seq))
        await self._tell()

    def _answer_later(self, turn: Turn) -> None:
        # A task of its own: the socket goes on reading, and a browser that leaves loses nothing.
        task = asyncio.create_task(self._answer(turn))
        self.answering.add(task)
        task.add_done_callback(self.answering.discard)

    async def _answer(self, turn: Turn) -> None:
        try:
            await answer(turn=turn)
            await self._tell()
        except Exception:
            logger.exception(
                "the answer to turn %d of conversation %d was not recorded", turn.seq, turn.conversation_id
            )

    def _check_rate(self) -> None:
        now = time.monotonic()
        if len(self.sent_at) == self.sent_at.maxlen and now - self.sent_at[0] < 60:
            raise RateLimited(_("That was a lot at once. Please wait a moment and send it again."))
        self.sent_at.append(now)

    async def _tell(self) -> None:
        await self._catch_up()
        await self._wake({"type": "turns.committed", "by": self.channel_name})

    async def _wake(self, event: dict[str, Any]) -> None:
        await self.channel_layer.group_send(self.group, event)

    async def turns_committed(self, event: dict[str, Any]) -> None:
        """Another socket of this conversation committed turns."""
        if event["by"] != self.channel_name:
            await self._catch_up()

    async def typing_seen(self, event: dict[str, Any]) -> None:
        """Somebody is typing."""
        if event["by"] != self.channel_name:
            await self._send(protocol.TypingEvent())

    async def _catch_up(self) -> None:
        """Send every turn that this socket has not sent yet, in order."""
        if self.conversation is None:
            return
        async with self.sending:
            events = await in_database_thread(
                conversations.turn_events, conversation_id=self.conversation.pk, after=self.sent_seq
            )
            for event in events:
                if not self.is_open:
                    return
                await self._send(event)
                self.sent_seq = event.seq

    async def _catch_up_for_ever(self) -> None:
        while True:
            await asyncio.sleep(CATCH_UP_S)
            try:
                await self._catch_up()
            except DatabaseError:
                logger.warning("turns could not be read; trying again in %.0f s", CATCH_UP_S)

    async def _send_error(self, code: str, message: str, frame_id: Any) -> None:
        await self._send(protocol.ErrorEvent(code, message, frame_id))

    async def _send(self, frame: protocol.ServerFrame) -> None:
        if self.is_open:
            await self.send(text_data=protocol.encode(frame))


def _language_of(scope: dict[str, Any]) -> str:
    """Return `zh` or `en` by the handshake's Accept-Language; Chinese when it says neither."""
    headers = dict(scope.get("headers", []))
    for item in headers.get(b"accept-language", b"").decode("latin-1").lower().split(","):
        code: str = item.strip()[:2]
        if code in {"zh", "en"}:
            return code
    return "zh"
