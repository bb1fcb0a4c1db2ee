"""Rows of a ledger for tests, which fill in what the test is not about."""

from cabanas_perf.report.record import Claim, Optimization, SavingPoint


def a_point(condition="7 nights", *, low=0.4, high=0.5, outputs_equal=True, at=None):
    return SavingPoint(
        condition=condition, at=at, clock="cpu", pairs=20, before_ms=2.0, after_ms=1.1,
        saving_ratio=(low + high) / 2, saving_low_ratio=low, saving_high_ratio=high, outputs_equal=outputs_equal,
    )  # fmt: skip


def a_row(
    id_="O4", *, saved_ms=1.0, effort_h=2.0, low=0.4, saving=0.45, high=0.5, verdict="above claim", points=(),
    reason="more is saved than claimed",
):  # fmt: skip
    return Optimization(
        id=id_, title="Price a stay in closed form", claim="30 to 40 % less", claimed_low_ratio=0.3,
        claimed_high_ratio=0.4, saving_ratio=saving, saving_low_ratio=low, saving_high_ratio=high,
        pairs=0 if saving is None else 20, conditions="" if saving is None else "7 nights", verdict=verdict,
        reason=reason, effort_h=effort_h, horizon="short term",
        claims=(Claim(section="Proposed optimisations, O4", statement="30 to 40 % less", low_ratio=0.3, high_ratio=0.4),
                Claim(section="Conclusions", statement="the loop is inefficient")),
        contradiction="One figure for every length of stay.", points=points, unit="stay priced", saved_ms=saved_ms,
        notes=("prices agree to the cent",),
    )  # fmt: skip
