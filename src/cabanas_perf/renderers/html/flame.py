"""Flame graphs: speedscope where there is room for it, beside a still picture and a table of the same stacks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cabanas_perf.renderers.html.attachments import StackProfile
from cabanas_perf.renderers.html.call_tree import (
    Call,
    NoCallTree,
    rank_functions,
    read_call_tree,
    walk,
    write_speedscope,
)
from cabanas_perf.renderers.html.layout import (
    Column,
    Section,
    build_card,
    build_figure,
    build_table,
    fold,
)
from cabanas_perf.renderers.html.markup import Html, element, join
from cabanas_perf.renderers.html.svg import percent
from cabanas_perf.renderers.html.viewers import ViewerData, place_viewer
from cabanas_perf.renderers.numbers import format_percent, format_significant
from cabanas_perf.report.record import Disagreement, Profile, ProfiledFunction, Report

VIEWER = "speedscope"
_ROW_PX = 19
_LEAST_DRAWN = 0.006
_LEAST_KEPT = 0.0005
_DEEPEST_DRAWN = 36
_TOP = 15
_HUES = 6


def build_flames(report: Report, profiles: Sequence[StackProfile], *, lite: bool) -> Section | None:
    """None for a report that names no profile."""
    if not any(workload.profile for workload in report.workloads):
        return None
    trees = dict(_read_trees(profiles))
    cards = [
        _build_card(f"flame-{nth}-{turn}", workload.name, profile, trees.get((workload.name, profile.profiler)))
        for nth, workload in enumerate(report.workloads)
        for turn, profile in enumerate(workload.profiles or ((workload.profile,) if workload.profile else ()))
    ]
    disagreements = [
        _build_disagreements(workload.name, workload.disagreements)
        for workload in report.workloads
        if workload.disagreements
    ]
    viewer = None if lite or not trees else _place_speedscope(trees)
    lead = (
        "From passes of their own, under a profiler, which slows what it measures: read shares here, and times above."
    )
    return Section("flame", "Profiles", join(viewer, cards, disagreements), lead)


def _read_trees(profiles: Sequence[StackProfile]) -> Iterator[tuple[tuple[str, str], Call]]:
    for profile in profiles:
        try:
            yield (profile.workload, profile.profiler), read_call_tree(profile.text)
        except NoCallTree:
            continue


def _place_speedscope(trees: Mapping[tuple[str, str], Call]) -> Html:
    data = [
        ViewerData(
            f"{workload}, {profiler}",
            write_speedscope(tree, f"{workload} ({profiler})", "none", least_ratio=_LEAST_KEPT),
        )
        for (workload, profiler), tree in trees.items()
    ]
    return place_viewer(VIEWER, data, title="Flame graph in speedscope", label="Profile")


def _build_card(id_: str, name: str, profile: Profile, tree: Call | None) -> Html:
    slower = (
        ""
        if profile.slowdown_ratio is None
        else f", {format_significant(profile.slowdown_ratio)} times as long a request"
    )
    drawing = None
    if tree is not None:
        drawing = build_figure(
            "Callers above callees, each as wide as its share of the time; the narrowest are left out.",
            draw_flame(id_, name, tree),
        )
    top = (profile.top or _rank(tree))[:_TOP]
    return build_card(
        name, drawing, _build_top(name, profile, top, open_=tree is None), note=f"{profile.profiler}{slower}"
    )


def _build_top(name: str, profile: Profile, top: Sequence[ProfiledFunction], *, open_: bool) -> Html | None:
    if not top:
        return None
    table = build_table(
        f"Functions of {name} with the most time of their own, by {profile.profiler}",
        (Column("Function", "text"), Column("own"), Column("with callees"), Column("calls")),
        (
            (
                join(element("code", each.name), element("small", f"{each.file}:{each.line}")),
                format_percent(each.self_ratio),
                format_percent(each.total_ratio),
                "-" if each.calls is None else f"{each.calls:,}",
            )
            for each in top
        ),
    )
    return fold("Functions with the most time of their own", table, open_=open_)


def _rank(tree: Call | None) -> tuple[ProfiledFunction, ...]:
    if tree is None:
        return ()
    return tuple(
        ProfiledFunction(
            name=heat.frame.name,
            file=heat.frame.file,
            line=heat.frame.line or 0,
            self_ratio=heat.own_ratio,
            total_ratio=heat.total_ratio,
        )
        for heat in rank_functions(tree, _TOP)
    )


def draw_flame(id_: str, name: str, tree: Call) -> Html:
    """A still flame graph, root on top."""
    calls = [each for each in walk(tree, least_ratio=_LEAST_DRAWN) if each[1] < _DEEPEST_DRAWN]
    height = (max((depth for _, depth, _, _ in calls), default=0) + 1) * _ROW_PX
    heaviest = ", ".join(f"{heat.frame.name} {format_percent(heat.own_ratio)}" for heat in rank_functions(tree, 3))
    return element(
        "svg",
        element("title", f"Flame graph of {name}", id=f"{id_}-title"),
        element("desc", f"Most time of their own: {heaviest}.", id=f"{id_}-desc"),
        (_draw_call(call, depth, start, ratio) for call, depth, start, ratio in calls),
        role="img",
        aria_labelledby=f"{id_}-title {id_}-desc",
        width="100%",
        height=height,
        class_="flame",
    )


def _draw_call(call: Call, depth: int, start: float, ratio: float) -> Html:
    # A drawing of its own for each call, which cuts off what does not fit of the name.
    frame = call.frame
    hue = sum(map(ord, frame.file or frame.name)) % _HUES
    where = f" ({frame.file}:{frame.line})" if frame.file else ""
    return element(
        "svg",
        element("title", f"{frame.name}{where}: {format_percent(ratio)}"),
        element("rect", width="100%", height=_ROW_PX - 1, class_=f"hue-{hue}"),
        element("text", frame.name, x=4, y=13) if ratio > 0.03 else None,
        x=percent(start),
        y=depth * _ROW_PX,
        width=percent(ratio),
        height=_ROW_PX,
    )


def _build_disagreements(name: str, disagreements: Sequence[Disagreement]) -> Html:
    profilers = list(dict.fromkeys(profiler for each in disagreements for profiler in each.self_ratios))
    rows = (
        (
            join(element("code", each.name), element("small", each.file)),
            *(format_percent(each.self_ratios.get(profiler)) for profiler in profilers),
        )
        for each in disagreements
    )
    columns = (Column("Function", "text"), *map(Column, profilers))
    return build_table(f"Where profilers of {name} disagree by more than ten points", columns, rows)
