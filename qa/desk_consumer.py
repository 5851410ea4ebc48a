"""The desk's socket: parse → one service call → send; and keep the page supplied with what it looks at."""

import asyncio
import logging
import time
from contextlib import nullcontext
from http.cookies import SimpleCookie
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from qa import desk_protocol
from qa.concurrency import in_database_thread
from qa.desk_colleagues import Colleagues
from qa.desk_presence import Sockets
from qa.desk_protocol import client
from qa.desk_protocol.server import ConversationEvent, GoneEvent, ListEvent, ServerFrame, TypingEvent
from qa.desk_serving import NoAgent, Served, SignedOut, serve, take_seat
from qa.desk_watching import Seen, Watched, look
from qa.exceptions import BadMessage, Conflict, ErrorCode, QAError, RateLimited, Unauthorised
from qa.models import Conversation
from qa.origins import is_own
from qa.protocol import ErrorEvent, Identified, frame_id
from qa.rates import RateLimit
from qa.selectors.desk import Wanted
from qa.services import desk
from qa.services.waking import conversation_group, desk_group

logger = logging.getLogger(__name__)

MAX_BAD_IN_A_ROW = 3
CLOSE_POLICY = 1008
CLOSE_SIGNED_OUT = 4401
LOOK_EVERY_S = 4.0
"""How often a socket looks at the rows although nothing woke it up, in seconds: a wake-up may get lost."""
SETTLE_S = 0.05
"""Pause before a look, in seconds: what changes together is shown together."""
BEAT_EVERY_S = 15.0
FRAMES_PER_MINUTE = 600
TYPING_STATES = frozenset({Conversation.State.WAITING, Conversation.State.ASSIGNED})
_rate = RateLimit()
_sockets = Sockets()


class DeskConsumer(Colleagues):
    """One page of one agent.

    The rows are the truth: what is shown is read anew after every wake-up, every frame and every few seconds, and
    sent where it is not what was sent last. Each frame and each look asks who is signed in and what they may.
    """

    async def connect(self) -> None:
        """Refuse pages of other origins; accept, and close with 4401 when nobody is signed in."""
        headers = {name.lower(): value.decode("latin-1") for name, value in self.scope["headers"]}
        if not is_own(headers.get(b"origin"), headers.get(b"host", "")):
            await self.close()  # before it is accepted: 403
            return
        cookies = SimpleCookie(headers.get(b"cookie", ""))
        morsel = cookies.get(settings.SESSION_COOKIE_NAME)
        self.session_key = morsel.value if morsel else None
        self._begin()
        await self.accept()
        try:
            self.seat = await in_database_thread(take_seat, self.session_key)
        except Unauthorised as error:
            await self._send_away(error)

    def _begin(self) -> None:
        super()._begin()
        self.seat = None
        self.language = "zh"
        self.status: str | None = None
        self.beaten_at = 0.0
        self.wanted: Wanted | None = None
        self.listed: ListEvent | None = None
        self.after = 0
        self.shown: ConversationEvent | None = None
        self.groups_joined: set[str] = set()
        self.num_bad = 0
        self.is_open = True
        self.woken = asyncio.Event()
        self.tasks: set[asyncio.Task[None]] = set()

    async def disconnect(self, _code: int) -> None:
        """Leave every group; when it was the agent's last page here, and no other comes, they are away."""
        if not hasattr(self, "is_open"):
            return  # refused before it began
        self.is_open = False
        for task in self.tasks:
            task.cancel()
        await self._look_away()
        for group in self.groups_joined:
            await self.channel_layer.group_discard(group, self.channel_name)
        if self.seat is not None and self.status is not None:
            _sockets.leave(self.seat.user)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Handle one frame; whatever is wrong with it is answered in words."""
        named = frame_id(text_data) if text_data else None
        with translation.override(self.language):
            try:
                if text_data is None:
                    raise BadMessage(_("Binary frames are not understood. Send JSON text."))
                await self._handle(desk_protocol.decode(text_data))
                self.num_bad = 0
            except (SignedOut, NoAgent) as error:
                await self._send_away(error, named)
            except QAError as error:
                await self._send(ErrorEvent(error.code, error.user_message, named))
                self.num_bad = self.num_bad + 1 if error.code == ErrorCode.BAD_MESSAGE else 0
                if self.num_bad >= MAX_BAD_IN_A_ROW:
                    self.is_open = False
                    await self.close(code=CLOSE_POLICY)
            except DatabaseError:
                logger.exception("a frame of the desk could not be stored")
                words = _("This could not be stored. Please try again.")
                await self._send(ErrorEvent(ErrorCode.UNAVAILABLE, words, named))

    async def _send_away(self, error: Unauthorised, named: Any = None) -> None:
        if not self.is_open:
            return
        await self._send(ErrorEvent(error.code, error.user_message, named))
        self.is_open = False
        await self.close(code=CLOSE_SIGNED_OUT if isinstance(error, SignedOut) else CLOSE_POLICY)

    async def _handle(self, frame: Identified) -> None:
        if self.seat is None:
            raise SignedOut(_("You are not signed in any more. Sign in again."))
        if not _rate.allows(self.seat.user.pk, FRAMES_PER_MINUTE):
            raise RateLimited(_("That was a lot at once. Please wait a moment and send it again."))
        is_first = isinstance(frame, client.Hello)
        if is_first == (self.status is not None):
            raise Conflict(_("This socket already has its agent.")) if is_first else Unauthorised(_("Say hello first."))
        if isinstance(frame, client.Hello):
            self.language = frame.language
            translation.activate(self.language)  # `receive` puts back what was active before
        # Counted before it is noted: what is closed meanwhile, as when a page is loaded anew, isn't the last one.
        with _sockets.joining(self.seat.user) if is_first else nullcontext():
            served = await in_database_thread(serve, frame, self.session_key)
        await self._note(frame, served)
        if not isinstance(frame, client.Suggest):
            await self._send(served.answer)
        self.woken.set()

    async def _note(self, frame: Identified, served: Served) -> None:
        """Do of a frame that was served what concerns this socket alone."""
        match frame:
            case client.Hello(status=status):
                self.status, self.beaten_at = status, time.monotonic()
                self._spawn(self._watch())
            case client.Presence(status=status):
                self.status, self.beaten_at = status, time.monotonic()
            case client.List(view=view, base=base, limit=limit):
                self.wanted, self.listed = Wanted(view, base, limit), None
            case client.Open(conversation=conversation, after=after):
                await self._look_at(conversation, after)
            case client.Leave():
                await self._look_away()
            case client.Typing():
                await self._tell_typing(frame, served)
            case client.Suggest():
                self._spawn(self._suggest(frame))

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _suggest(self, frame: client.Suggest) -> None:
        # A task of its own: the engine may take its time, and the socket goes on reading.
        try:
            with translation.override(self.language):
                await self._send(await desk.suggest_for_agent(conversation_id=frame.conversation, frame_id=frame.id))
        except DatabaseError:
            logger.exception("suggestions for the desk could not be read")
            await self._send(ErrorEvent(ErrorCode.UNAVAILABLE, _("Please try again."), frame.id))

    # --- what is looked at ------------------------------------------------------------------------

    async def _look_at(self, conversation: int, after: int) -> None:
        await self._look_away()
        self.conversation, self.after = conversation, after
        await self.channel_layer.group_add(conversation_group(conversation), self.channel_name)
        await self._join_colleagues(conversation)

    async def _look_away(self) -> None:
        if (conversation := self.conversation) is None:
            return
        self.conversation, self.shown, self.after = None, None, 0
        await self.channel_layer.group_discard(conversation_group(conversation), self.channel_name)
        await self._leave_colleagues(conversation)

    async def _watch(self) -> None:
        """Look whenever something woke this socket up, and every few seconds."""
        while self.is_open:
            self.woken.clear()
            try:
                with translation.override(self.language):
                    await self._show_what_changed()
            except (SignedOut, NoAgent) as error:
                await self._send_away(error)
                return
            except (DatabaseError, Conversation.DoesNotExist):
                logger.warning("the desk could not be read; trying again in %.0f s", LOOK_EVERY_S)
            try:
                await asyncio.wait_for(self.woken.wait(), LOOK_EVERY_S)
            except TimeoutError:
                continue
            await asyncio.sleep(SETTLE_S)

    async def _show_what_changed(self) -> None:
        is_due = time.monotonic() - self.beaten_at >= BEAT_EVERY_S
        beats = self.status if is_due else None
        watched = Watched(self.wanted, self.conversation, self.after, beats, at=timezone.now())
        seen = await in_database_thread(look, watched, self.session_key)
        if is_due:
            self.beaten_at = time.monotonic()
        await self._join({desk_group(base.pk) for base in seen.seat.bases})
        if seen.listed is not None and watched.wanted == self.wanted and seen.listed != self.listed:
            self.listed = seen.listed
            await self._send(seen.listed)
        if watched.conversation is not None and watched.conversation == self.conversation:
            await self._show_conversation(seen, watched)
            await self._show_viewers()

    async def _show_conversation(self, seen: Seen, watched: Watched) -> None:
        if seen.is_gone:
            await self._look_away()
            await self._send(GoneEvent(watched.conversation or 0))
            return
        if seen.turns is not None and watched.after == self.after and (seen.turns.turns or self.shown is None):
            self.after = max([self.after, *(turn.seq for turn in seen.turns.turns)])
            await self._send(seen.turns)
            self.woken.set()  # there may be more than a page
        if seen.shown is not None and seen.shown != self.shown:
            self.shown = seen.shown
            await self._send(seen.shown)

    async def _join(self, groups: set[str]) -> None:
        for group in groups - self.groups_joined:
            await self.channel_layer.group_add(group, self.channel_name)
        for group in self.groups_joined - groups:
            await self.channel_layer.group_discard(group, self.channel_name)
        self.groups_joined = groups

    # --- what others say --------------------------------------------------------------------------

    async def desk_changed(self, _event: dict[str, Any]) -> None:
        """Something at the desk was committed."""
        self.woken.set()

    async def turns_committed(self, _event: dict[str, Any]) -> None:
        """Something of the open conversation was committed."""
        self.woken.set()

    async def typing_seen(self, event: dict[str, Any]) -> None:
        """Somebody is typing in the open conversation; colleagues say so among themselves."""
        if event.get("role") == "customer" and self.conversation is not None:
            await self._send(TypingEvent(self.conversation))

    async def _tell_typing(self, frame: client.Typing, served: Served) -> None:
        conversation = served.conversation
        if conversation is None or frame.conversation != self.conversation:
            return
        await self._say_seen(is_typing=True)
        # The customer hears it only of who answers, or could: not that colleagues type as well.
        if conversation.state in TYPING_STATES and conversation.assignee_id in {None, served.user.pk}:
            event = {"type": "typing.seen", "by": self.channel_name, "role": "agent"}
            await self.channel_layer.group_send(conversation_group(conversation.pk), event)

    async def _send(self, frame: ServerFrame) -> None:
        if not self.is_open:
            return
        try:
            await self.send(text_data=desk_protocol.encode(frame))
        except OSError:
            self.is_open = False  # the page has gone, and the server is about to say so
