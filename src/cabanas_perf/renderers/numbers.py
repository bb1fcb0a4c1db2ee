"""Numbers for people: three significant digits, the unit beside them. The only place that rounds."""

from __future__ import annotations

import math

from cabanas_perf.slo.objective import Unit

_DIGITS = 3


def format_significant(value: float) -> str:
    """Three significant digits, without an exponent; whole numbers above 999 keep all their digits.

    >>> [format_significant(value) for value in (0, 0.01234, 1.5, 99.95, 1234.5)]
    ['0', '0.0123', '1.50', '100', '1234']
    """
    if value == 0:
        return "0"
    decimals = _DIGITS - 1 - math.floor(math.log10(abs(value)))
    rounded = round(value, decimals)
    if rounded:
        # 99.95 becomes 100, which has one digit more before the point.
        decimals = _DIGITS - 1 - math.floor(math.log10(abs(rounded)))
    return f"{value:.{max(0, decimals)}f}"


def _scale(value: float, unit: Unit) -> tuple[float, str]:
    """Factor and name of the unit in which the value reads best."""
    if unit is Unit.RATIO:
        return 100, " %"
    if unit is Unit.COUNT:
        return 1, ""
    if abs(value) >= 1_000:
        return 0.001, " s"
    return (1, " ms") if abs(value) >= 1 or value == 0 else (1_000, " us")


def format_value(value: float | None, unit: Unit) -> str:
    """Render a value given in the unit; `-` for None.

    >>> format_value(0.184, Unit.MS), format_value(12_300, Unit.MS), format_value(0.01, Unit.RATIO)
    ('184 us', '12.3 s', '1.00 %')
    """
    if value is None:
        return "-"
    if unit is Unit.COUNT:
        return f"{value:g}"
    factor, name = _scale(value, unit)
    return format_significant(value * factor) + name


def format_interval(low: float | None, high: float | None, unit: Unit) -> str:
    """Render both bounds in one unit, that of the larger; `?` for a bound that the samples do not give.

    >>> format_interval(0.9, 1.25, Unit.MS), format_interval(2.5, None, Unit.MS)
    ('0.900 to 1.25 ms', '2.50 to ? ms')
    """
    known = [bound for bound in (low, high) if bound is not None]
    if not known:
        return "-"
    factor, name = _scale(max(known), unit)
    shown = ["?" if bound is None else format_significant(bound * factor) for bound in (low, high)]
    return f"{shown[0]} to {shown[1]}{name}"


def format_ms(value_ms: float | None) -> str:
    """Render milliseconds for a column whose header names the unit."""
    return "-" if value_ms is None else format_significant(value_ms)


def format_percent(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio * 100:.1f} %"


def format_short(number: int | None) -> str:
    """A count in at most five characters; `-` for None.

    >>> format_short(999), format_short(20_000), format_short(1_500_000)
    ('999', '20k', '1.5M')
    """
    if number is None:
        return "-"
    for limit, unit in ((1_000_000, "M"), (1_000, "k")):
        if number >= limit * (1 if unit == "M" else 10):
            return f"{number / limit:.3g}{unit}"
    return str(number)


def format_saving(ratio: float | None, low: float | None, high: float | None) -> str:
    """Render a share of the time before with its interval, one decimal each; `-` where it was not measured.

    >>> format_saving(0.353, 0.35, 0.356), format_saving(None, None, None)
    ('35.3 % (35.0 to 35.6)', '-')
    """
    if ratio is None:
        return "-"
    bounds = " to ".join("?" if bound is None else f"{bound * 100:.1f}" for bound in (low, high))
    return f"{format_percent(ratio)} ({bounds})"


def format_claim(low: float | None, high: float | None) -> str:
    """Render a claimed share in whole percent; `-` for a claim without a figure.

    >>> format_claim(0.3, 0.5), format_claim(0.5, 0.5)
    ('30 to 50 %', '50 %')
    """
    if low is None or high is None:
        return "-"
    return f"{high * 100:.0f} %" if low == high else f"{low * 100:.0f} to {high * 100:.0f} %"
