"""Answer a guest's message: understand it, look, book or ask for what is missing, and leave the reply in the outbox."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import asyncpg
import orjson

from cabanas.db.pool import Database
from cabanas.db.statements import load_statement
from cabanas.domain.contact import MAX_NAME_LENGTH
from cabanas.domain.errors import (
    AccommodationNotFound,
    IdempotencyKeyReused,
    InvalidRequest,
    StayUnavailable,
)
from cabanas.domain.pricing import Tariff, quote_stay
from cabanas.domain.reservation import Channel, StayWish
from cabanas.domain.stay import Stay
from cabanas.services import replies
from cabanas.services.browse import Browse
from cabanas.services.conversation import (
    Choice,
    Memory,
    Question,
    Reading,
    Step,
    absorb,
    choose,
    known,
    next_step,
)
from cabanas.services.hold_stay import HoldStay
from cabanas.services.voice import ListenToGuest, NotUnderstood
from cabanas.services.whatsapp_events import GuestMessage, read_message
from cabanas.settings import BUSINESS_TIME_ZONE
from cabanas.stages import stage

_BUSINESS_ZONE = ZoneInfo(BUSINESS_TIME_ZONE)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_NAMELESS = "Huésped"
# Providers deliver again for up to seven days; what claims to be older has a clock that is not to be believed.
_OLDEST_BELIEVED = timedelta(days=8)
_ATTEMPTS = 3

Analyze = Callable[..., Reading]
"""``analyze(text, *, reference_date, accommodations)``, as `cabanas.nlu.analyze`."""


class ConversationBusy(Exception):
    """The same guest's messages were worked on elsewhere at the same time, again and again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How a message is answered: with ``text``, or by the notice of the reservation ``code``; and what is kept."""

    memory: Memory
    text: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """What a reply depends on beside the message."""

    memory: Memory
    revision: int
    today: date
    accommodations: tuple[str, ...]
    largest_capacity: int
    held_code: str | None
    """What an earlier attempt at the same message held, before it died."""


@dataclass(frozen=True, slots=True)
class HandleMessage:
    """Answers messages, each once: the reply, the memory and the mark on the event are one commit.

    A booking is a commit of its own before that one; the message's id is its idempotency key, so a second attempt
    after a crash finds the booking instead of making another.
    """

    database: Database
    browse: Browse
    hold_stay: HoldStay
    listen: ListenToGuest
    analyze: Analyze
    conversation_ttl: timedelta

    async def __call__(self, event: asyncpg.Record) -> None:
        """Answer the message in an event of the inbox, claimed by the caller.

        Raises:
            Exception: whatever hindered it; nothing was answered, and it can be tried again.
        """
        message = read_message(orjson.loads(event["payload"]))
        text, refusal = await self._read(event, message)
        for _ in range(_ATTEMPTS):
            with stage("context_query"):
                situation = await self._look_around(event)
            if situation is None:
                return
            if situation.held_code is not None:
                answer = Answer(Memory(), code=situation.held_code)
            elif refusal is not None:
                answer = Answer(situation.memory, refusal)
            elif text is None:
                answer = Answer(situation.memory, replies.UNSUPPORTED)
            else:
                answer = await self._answer(event, message, text, situation)
            with stage("store_reply"):
                finished = await self._finish(event, answer, situation.revision)
            if finished:
                return
        raise ConversationBusy

    async def _read(self, event: asyncpg.Record, message: GuestMessage) -> tuple[str | None, str | None]:
        """The guest's words, or what to tell them when their recording has none."""
        if message.media_id is None or event["transcript"] is not None:
            return (event["transcript"] or message.text), None
        try:
            transcript = await self.listen(message.media_id)
        except NotUnderstood as error:
            return None, str(error)
        with stage("keep_transcript"):
            async with self.database.connect() as connection:
                await connection.execute(load_statement("keep_transcript"), event["id"], transcript)
        return transcript, None

    async def _look_around(self, event: asyncpg.Record) -> Situation | None:
        """The situation; None when somebody else answered meanwhile."""
        async with self.database.connect() as connection:
            row = await connection.fetchrow(
                load_statement("load_conversation"),
                event["id"],
                event["lane"],
                self.conversation_ttl,
                BUSINESS_TIME_ZONE,
                _hold_key(event),
            )
        assert row is not None
        if not row["waiting"]:
            return None
        return Situation(
            memory=Memory.from_json(orjson.loads(row["memory"])) if row["memory"] else Memory(),
            revision=row["revision"],
            today=row["today"],
            accommodations=tuple(row["accommodations"]),
            largest_capacity=row["largest_capacity"] or 0,
            held_code=row["held_code"],
        )

    async def _answer(self, event: asyncpg.Record, message: GuestMessage, text: str, situation: Situation) -> Answer:
        if not situation.accommodations:
            return Answer(situation.memory, replies.NO_ACCOMMODATIONS)
        with stage("nlu"):
            reading = self.analyze(
                text,
                reference_date=_day_of(event["said_at"], situation.today),
                accommodations=situation.accommodations,
            )
            memory = absorb(situation.memory, reading, text)
            step = next_step(
                memory,
                reading,
                text,
                learned=known(memory) != known(situation.memory),
                today=situation.today,
                largest_capacity=situation.largest_capacity,
            )
        if step is not Step.LOOK:
            with stage("format_response"):
                return _reply_to(step, memory, situation)
        stay = memory.stay
        assert stay is not None
        assert memory.guests is not None
        with stage("context_query"):
            free = await self.browse.available(stay, memory.guests)
        choice, names = choose(memory, [row["name"] for row in free])
        if choice is not Choice.BOOK:
            with stage("format_response"):
                return self._offer(memory, stay, choice, _rows_named(free, names))
        return await self._book(event, message, memory, stay, _rows_named(free, names)[0])

    async def _book(
        self, event: asyncpg.Record, message: GuestMessage, memory: Memory, stay: Stay, cabin: asyncpg.Record
    ) -> Answer:
        assert memory.guests is not None
        wish = StayWish(
            accommodation_id=cabin["id"],
            check_in=stay.check_in,
            check_out=stay.check_out,
            guests=memory.guests,
            channel=Channel.WHATSAPP,
            contact_name=_clean_name(message.contact_name),
            contact_phone=event["lane"],
        )
        try:
            held = await self.hold_stay(wish, idempotency_key=_hold_key(event))
        # The key was used with another wish: an attempt that died was refused that one.
        except (StayUnavailable, AccommodationNotFound, IdempotencyKeyReused):
            return await self._offer_what_is_left(memory, stay, cabin["name"])
        except InvalidRequest as error:
            text = replies.cannot_be_held(error.problems, max_nights=self.hold_stay.policy.limits.max_nights)
            return Answer(memory.without_dates(), text)
        return Answer(Memory(), code=held.code)

    async def _offer_what_is_left(self, memory: Memory, stay: Stay, lost: str) -> Answer:
        """Somebody else was faster."""
        assert memory.guests is not None
        with stage("context_query"):
            free = [row for row in await self.browse.available(stay, memory.guests) if row["name"] != lost]
        memory = replace(memory, accommodation=lost)
        choice, names = choose(memory, [row["name"] for row in free])
        with stage("format_response"):
            return self._offer(memory, stay, choice, _rows_named(free, names))

    def _offer(self, memory: Memory, stay: Stay, choice: Choice, rows: Sequence[asyncpg.Record]) -> Answer:
        assert memory.guests is not None
        if choice is Choice.NOTHING_FREE:
            text = replies.nothing_free(stay, memory.guests)
            return Answer(memory.without_dates().asking(Question.DATES), text)
        offers = [
            replies.Offer(
                row["name"],
                row["capacity"],
                quote_stay(
                    Tariff(row["base_price"], row["weekend_multiplier"]),
                    stay,
                    weekend_nights=self.hold_stay.policy.weekend_nights,
                ).total_price,
            )
            for row in rows
        ]
        instead_of = memory.accommodation if choice is Choice.OFFER_OTHERS else None
        text = replies.offer(offers, stay, memory.guests, instead_of=instead_of)
        offered = tuple(one.name for one in offers)
        return Answer(replace(memory, accommodation=None).asking(Question.CABIN, offered), text)

    async def _finish(self, event: asyncpg.Record, answer: Answer, revision: int) -> bool:
        """Commit the answer; False when the conversation moved on meanwhile and it has to be thought over."""
        async with self.database.connect() as connection:
            row = await connection.fetchrow(
                load_statement("finish_message"),
                event["id"],
                event["lane"],
                orjson.dumps(answer.memory.to_json()).decode(),
                revision,
                answer.text,
                answer.code,
            )
        return row is not None


def _reply_to(step: Step, memory: Memory, situation: Situation) -> Answer:
    """The answer where nothing has to be looked up."""
    capacity = situation.largest_capacity
    settled = {
        Step.CANCEL: Answer(Memory(), replies.CANCELLED_TALK),
        Step.DESCRIBE: Answer(memory, replies.describe(situation.accommodations)),
        Step.PART: Answer(memory.asking(None), replies.UNTIL_NEXT_TIME),
        Step.PAST_DATES: Answer(memory.without_dates().asking(Question.DATES), replies.PAST_DATES),
        Step.TOO_MANY_GUESTS: Answer(
            replace(memory, guests=None).asking(Question.GUESTS), replies.too_many_guests(capacity)
        ),
    }
    if step in settled:
        return settled[step]
    question, text = _what_is_missing(memory)
    start = {Step.GREET: f"{replies.GREETING} ", Step.PUZZLED: f"{replies.PUZZLED} "}.get(step, "")
    return Answer(memory.asking(question, memory.offered), f"{start}{text}")


def _what_is_missing(memory: Memory) -> tuple[Question, str]:
    """The next question, in the order in which a guest would be asked at a desk."""
    if memory.check_in is None:
        return Question.DATES, replies.ASK_DATES
    if memory.check_out is None:
        return Question.NIGHTS, replies.ask_nights(memory.check_in)
    if memory.guests is None:
        return Question.GUESTS, replies.ASK_GUESTS
    return Question.CABIN, replies.ASK_CABIN


def _rows_named(rows: Sequence[asyncpg.Record], names: Sequence[str]) -> list[asyncpg.Record]:
    by_name = {row["name"]: row for row in rows}
    return [by_name[name] for name in names]


def _hold_key(event: asyncpg.Record) -> str:
    """The idempotency key of the booking that a message leads to."""
    return f"whatsapp:{event['provider_id']}"


def _day_of(said_at: datetime, today: date) -> date:
    """The day on which it was said, where the business is: "mañana" is the day after that one."""
    day = said_at.astimezone(_BUSINESS_ZONE).date()
    return day if today - _OLDEST_BELIEVED <= day <= today else today


def _clean_name(name: str | None) -> str:
    """The profile's name, fit for a reservation."""
    return _UNPRINTABLE.sub("", name or "").strip()[:MAX_NAME_LENGTH].strip() or _NAMELESS
