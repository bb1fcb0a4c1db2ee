"""Which cabin a message names."""

from datetime import date

import pytest

from cabanas.nlu import analyze

NAMES = ("Cabaña del Lago", "Los Arrayanes", "Cabaña 1", "Cabaña 12", "Cabaña Arrayanes del Sur", "Suite Coihue")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("hay lugar en la Cabaña del Lago?", "Cabaña del Lago"),
        ("está libre la cabaña lago el finde?", "Cabaña del Lago"),
        ("CABAÑA  DEL  LAGO, precio", "Cabaña del Lago"),
        ("a cuántas cuadras del lago están?", None),
        ("me interesa los arrayanes", "Los Arrayanes"),
        ("precio de arrayanes", "Los Arrayanes"),
        ("la arrayanes del sur", "Cabaña Arrayanes del Sur"),
        ("quiero la cabaña 1", "Cabaña 1"),
        ("quiero la cabaña 12", "Cabaña 12"),
        ("cabaña nro 1 por favor", "Cabaña 1"),
        ("somos 12 del 1 al 5", None),
        ("la suite coihue", "Suite Coihue"),
        ("tienen pileta?", None),
    ],
)
def test_a_cabin_is_named(text, name):
    assert analyze(text, reference_date=date(2025, 10, 14), accommodations=NAMES).accommodation == name


def test_without_a_list_no_cabin_is_named():
    assert analyze("la cabaña del lago", reference_date=date(2025, 10, 14)).accommodation is None


def test_names_with_pattern_signs_are_taken_literally():
    found = analyze("la cabaña (sol) hay?", reference_date=date(2025, 10, 14), accommodations=["Cabaña (Sol)", "*+?"])
    assert found.accommodation == "Cabaña (Sol)"


@pytest.mark.parametrize(("text", "guests"), [("quiero la cabaña 4 para el 20", None), ("cabaña 2 para 4", 4)])
def test_the_number_of_a_cabin_is_no_number_of_guests(text, guests):
    names = ["Cabaña 2", "Cabaña 4"]
    assert analyze(text, reference_date=date(2025, 10, 14), accommodations=names).guests == guests
