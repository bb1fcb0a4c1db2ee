"""What guests are told, in the Spanish of Argentina. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from cabanas.domain.errors import FieldProblem
from cabanas.domain.stay import Stay

_WEEKDAYS = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
_MONTHS = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio",
    "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre",
)  # fmt: skip

NO_VOICE_NOTES = "¡Hola! Por ahora no puedo escuchar audios. ¿Me lo escribís en un mensaje de texto? 🙏"
VOICE_NOTE_NOT_UNDERSTOOD = "Perdón, no llegué a entender bien el audio. ¿Me lo repetís o me lo escribís?"
VOICE_NOTE_REJECTED = "Perdón, no pude abrir ese audio. ¿Me lo mandás de nuevo, más corto, o me lo escribís?"
UNSUPPORTED = (
    "¡Gracias por tu mensaje! Por ahora solo puedo leer textos y audios. ¿Me contás por escrito qué necesitás? 😊"
)
APOLOGY = (
    "Perdón, tuvimos un problema de nuestro lado y no pude procesar tu mensaje. ¿Me lo mandás de nuevo en un rato?"
)
GREETING = "¡Hola! 👋 Soy el asistente de las cabañas. Te ayudo a ver disponibilidad, precios y a reservar."
UNTIL_NEXT_TIME = "¡De nada! Cualquier cosa, acá estoy. 😊"
PUZZLED = "Perdón, no te entendí."
ASK_DATES = "¿Para qué fechas sería? Decime el día de entrada y el de salida."
ASK_GUESTS = "¿Para cuántas personas sería?"
ASK_CABIN = "¿Cuál te reservo? Decime el nombre o el número."
CANCELLED_TALK = (
    "Listo, dejo sin efecto esta consulta. Si ya tenías una pre-reserva, vence sola al terminar su plazo; "
    "una reserva confirmada se cancela con nosotros por teléfono. Cuando quieras, escribime de nuevo."
)
PAST_DATES = "Esa fecha ya pasó. ¿Para qué fechas sería?"
NO_ACCOMMODATIONS = "En este momento no tenemos cabañas para reservar. Disculpá las molestias."


@dataclass(frozen=True, slots=True)
class Offer:
    """A free accommodation and the price of the whole stay in it."""

    name: str
    capacity: int
    total_price: Decimal


@dataclass(frozen=True, slots=True)
class Notice:
    """What a message about a reservation has to say; ``expires_at_local`` is wall time where the cabins are."""

    code: str
    accommodation_name: str
    stay: Stay
    guests: int
    total_price: Decimal
    deposit_amount: Decimal
    contact_name: str
    expires_at_local: datetime
    payment_link: str | None = None


def format_money(amount: Decimal) -> str:
    """Pesos as they are written there.

    >>> format_money(Decimal("85000.50")), format_money(Decimal("1200.00"))
    ('$85.000,50', '$1.200')
    """
    whole, _, cents = f"{amount:,.2f}".partition(".")
    return f"${whole.replace(',', '.')}" + (f",{cents}" if cents != "00" else "")


def format_day(day: date) -> str:
    """A day as one says it; the year goes without saying.

    >>> format_day(date(2025, 12, 12))
    'viernes 12 de diciembre'
    """
    return f"{_WEEKDAYS[day.weekday()]} {day.day} de {_MONTHS[day.month - 1]}"


def count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def ask_nights(check_in: date) -> str:
    return f"Perfecto, desde el {format_day(check_in)}. ¿Hasta qué día, o cuántas noches?"


def too_many_guests(largest_capacity: int) -> str:
    return (
        f"Nuestra cabaña más grande es para {count(largest_capacity, 'persona', 'personas')}. "
        "¿Querés que vea para menos, o reservar más de una?"
    )


def nothing_free(stay: Stay, guests: int) -> str:
    return (
        f"Uy, para {count(guests, 'persona', 'personas')} no me queda nada libre {_range(stay)}. "
        "¿Te sirven otras fechas?"
    )


def offer(offers: Sequence[Offer], stay: Stay, guests: int, *, instead_of: str | None = None) -> str:
    """The offer, and the question which one to book."""
    span = f"{_range(stay)} ({count(stay.nights, 'noche', 'noches')}) para {count(guests, 'persona', 'personas')}"
    if len(offers) == 1:
        one = offers[0]
        start = f"{instead_of} no está libre, pero sí" if instead_of else "¡Sí! Tengo libre"
        return f"{start} {one.name} {span}: {format_money(one.total_price)} en total. ¿Te la reservo?"
    lines = [
        f"{number}. {one.name} (hasta {count(one.capacity, 'persona', 'personas')}): {format_money(one.total_price)}"
        for number, one in enumerate(offers, 1)
    ]
    start = f"{instead_of} no está libre {span}, pero tengo:" if instead_of else f"¡Sí! Tengo lugar {span}:"
    return "\n".join([start, *lines, "¿Cuál te reservo?"])


def describe(names: Sequence[str]) -> str:
    """Which accommodations there are."""
    listed = "\n".join(f"• {name}" for name in names)
    return f"Estas son nuestras cabañas:\n{listed}\n¿Querés ver disponibilidad? Decime las fechas y cuántos son."


def cannot_be_held(problems: Sequence[FieldProblem], *, max_nights: int) -> str:
    """Why a stay cannot be booked as wished."""
    by_field = {
        "check_in": "No puedo tomar reservas para esa fecha.",
        "check_out": f"Una estadía puede tener hasta {count(max_nights, 'noche', 'noches')}.",
        "guests": "Esa cabaña es para menos personas.",
    }
    known = [by_field[problem.field] for problem in problems if problem.field in by_field]
    return " ".join([*known, ASK_DATES]) if known else APOLOGY


def reservation_held(notice: Notice) -> str:
    pay = (
        f"Podés pagarla acá: {notice.payment_link}"
        if notice.payment_link
        else "Usá ese código como referencia del pago."
    )
    return (
        f"¡Listo, {notice.contact_name}! Te guardé {_about(notice)}.\n"
        f"Código: {notice.code}\n"
        f"Total: {format_money(notice.total_price)}\n"
        f"Para confirmarla, pagá la seña de {format_money(notice.deposit_amount)} "
        f"antes de las {notice.expires_at_local:%H:%M}. {pay}"
    )


def reservation_confirmed(notice: Notice) -> str:
    return (
        f"¡Recibimos tu seña, {notice.contact_name}! Tu reserva {notice.code} está confirmada: {_about(notice)}. "
        "¡Te esperamos!"
    )


def refund_due(notice: Notice) -> str:
    return (
        f"Recibimos tu pago por la reserva {notice.code}, pero ya no podemos guardarte esas noches. "
        "Te vamos a devolver el dinero. Disculpá las molestias."
    )


def deposit_insufficient(notice: Notice) -> str:
    return (
        f"Recibimos un pago por la reserva {notice.code}, pero no cubre la seña de "
        f"{format_money(notice.deposit_amount)}, así que todavía no está confirmada."
    )


def deposit_returned(notice: Notice) -> str:
    return f"La seña de la reserva {notice.code} fue devuelta, así que la reserva quedó cancelada."


NOTICES = {
    "reservation_held": reservation_held,
    "reservation_confirmed": reservation_confirmed,
    "refund_due": refund_due,
    "deposit_insufficient": deposit_insufficient,
    "deposit_returned": deposit_returned,
}
"""The notice for each kind of message about a reservation."""


def _range(stay: Stay) -> str:
    return f"del {format_day(stay.check_in)} al {format_day(stay.check_out)}"


def _about(notice: Notice) -> str:
    return (
        f"{notice.accommodation_name} {_range(notice.stay)} "
        f"({count(notice.stay.nights, 'noche', 'noches')}) para {count(notice.guests, 'persona', 'personas')}"
    )
