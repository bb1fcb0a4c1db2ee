from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabanas.domain.contact import is_email, normalise_phone
from cabanas.domain.errors import InvalidRequest
from cabanas.domain.reservation import StayLimits, StayWish, check_against_house, parse_wish
from cabanas.domain.stay import Stay

TODAY = date(2025, 10, 14)
LIMITS = StayLimits(max_nights=30, max_days_ahead=365)
WISH = StayWish(
    accommodation_id=1,
    check_in=date(2025, 12, 15),
    check_out=date(2025, 12, 18),
    guests=2,
    channel="whatsapp",
    contact_name="Ana Pérez",
    contact_phone="+5491145678901",
)


def fields_of(caught: pytest.ExceptionInfo[InvalidRequest]) -> list[str]:
    return [problem.field for problem in caught.value.problems]


def test_a_good_wish_becomes_a_request_with_a_normalised_contact():
    request = parse_wish(replace(WISH, contact_name="  Ana  ", contact_phone="+54 9 11 4567-8901"), LIMITS)
    assert (request.contact_name, request.contact_phone) == ("Ana", "+5491145678901")
    assert request.stay == Stay(WISH.check_in, WISH.check_out)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("accommodation_id", 0),
        ("accommodation_id", 2**31),
        ("check_out", date(2025, 12, 15)),
        ("check_out", date(2025, 12, 14)),
        ("check_out", date(2026, 1, 15)),
        ("guests", 0),
        ("guests", -3),
        ("channel", "telegram"),
        ("contact_name", ""),
        ("contact_name", "   "),
        ("contact_name", "x" * 121),
        ("contact_name", "Ana\x00"),
        ("contact_name", "Ana\ud800"),
        ("contact_phone", "1145678901"),
        ("contact_phone", "+0123456789"),
        ("contact_phone", "+54911456789012345"),
        ("contact_phone", "+٥٤٩١١٤٥٦٧٨٩٠١"),
        ("contact_email", "ana"),
        ("contact_email", "ana@casa"),
        ("contact_email", "a b@example.com"),
        ("contact_email", f"{'a' * 250}@example.com"),
    ],
)
def test_each_wrong_field_is_named(field, value):
    with pytest.raises(InvalidRequest) as caught:
        parse_wish(replace(WISH, **{field: value}), LIMITS)
    assert fields_of(caught) == [field]


def test_all_problems_are_told_at_once():
    with pytest.raises(InvalidRequest) as caught:
        parse_wish(replace(WISH, guests=0, channel="?", contact_phone="?"), LIMITS)
    assert sorted(fields_of(caught)) == ["channel", "contact_phone", "guests"]


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (replace(WISH, check_in=date(2025, 10, 13), check_out=date(2025, 10, 15)), "check_in"),
        (replace(WISH, check_in=date(2026, 10, 15), check_out=date(2026, 10, 16)), "check_in"),
        (replace(WISH, guests=5), "guests"),
    ],
)
def test_the_house_says_what_it_cannot_take(wish, field):
    with pytest.raises(InvalidRequest) as caught:
        check_against_house(parse_wish(wish, LIMITS), today=TODAY, capacity=4, limits=LIMITS)
    assert fields_of(caught) == [field]


@pytest.mark.parametrize("check_in", [TODAY, date(2026, 10, 14)])
def test_today_and_the_last_day_ahead_can_be_booked(check_in):
    wish = replace(WISH, check_in=check_in, check_out=date.fromordinal(check_in.toordinal() + 2))
    check_against_house(parse_wish(wish, LIMITS), today=TODAY, capacity=2, limits=LIMITS)


@given(st.text())
def test_phones_and_addresses_are_read_without_raising(text):
    phone = normalise_phone(text)
    assert phone is None or normalise_phone(phone) == phone
    is_email(text)


@given(st.dates(date(2025, 1, 1), date(2027, 1, 1)), st.integers(1, 9), st.integers(-12, 12), st.integers(1, 9))
def test_two_stays_overlap_when_they_share_a_night(first, nights, gap, other_nights):
    stay = Stay(first, date.fromordinal(first.toordinal() + nights))
    start = first.toordinal() + gap
    other = Stay(date.fromordinal(start), date.fromordinal(start + other_nights))
    shared = set(range(first.toordinal(), first.toordinal() + nights)) & set(range(start, start + other_nights))
    assert stay.overlaps(other) == other.overlaps(stay) == bool(shared)
