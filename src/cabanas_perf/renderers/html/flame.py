"""Flame graphs: speedscope where there is room for it, beside a still picture and a table of the same stacks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cabanas_perf.measurement.stacks import Stacks, rank_functions
from cabanas_perf.renderers.html.attachments import StackProfile
from cabanas_perf.renderers.html.layout import (
    Column,
    Section,
    build_card,
    build_figure,
    build_table,
    fold,
)
from cabanas_perf.renderers.html.markup import Html, element, join
from cabanas_perf.renderers.html.memory import build_memory
from cabanas_perf.renderers.html.stack_profile import Box, NoStacks, lay_out, prune_stacks, read_stacks
from cabanas_perf.renderers.html.svg import percent
from cabanas_perf.renderers.html.viewers import ViewerData, place_viewer
from cabanas_perf.renderers.numbers import format_percent, format_significant
from cabanas_perf.renderers.speedscope import render_speedscope
from cabanas_perf.report.record import Disagreement, Profile, ProfiledFunction, Report

VIEWER = "speedscope"
_ROW_PX = 19
_LEAST_DRAWN = 0.006
_LEAST_NAMED = 0.03
_LEAST_KEPT = 0.0005
"""Shares of the whole: what the still picture draws, what it writes a name on, and what speedscope gets."""
_DEEPEST_DRAWN = 36
_TOP = 15
_HUES = 6


def build_flames(report: Report, profiles: Sequence[StackProfile], *, lite: bool) -> Section | None:
    """None for a report of no profiled pass."""
    if not any(workload.profile or workload.memory for workload in report.workloads):
        return None
    found = dict(_read_all(profiles))
    cards = [
        _build_card(f"flame-{nth}-{turn}", workload.name, profile, found.get((workload.name, profile.profiler)))
        for nth, workload in enumerate(report.workloads)
        for turn, profile in enumerate(workload.profiles or ((workload.profile,) if workload.profile else ()))
    ]
    disagreements = [
        _build_disagreements(workload.name, workload.disagreements)
        for workload in report.workloads
        if workload.disagreements
    ]
    memory = [build_memory(workload.name, workload.memory) for workload in report.workloads if workload.memory]
    viewer = None if lite or not found else _place_speedscope(found)
    lead = (
        "From passes of their own, under a profiler, which slows what it measures: read shares here, and times above."
    )
    return Section("flame", "Profiles", join(viewer, cards, disagreements, memory), lead)


def _read_all(profiles: Sequence[StackProfile]) -> Iterator[tuple[tuple[str, str], Stacks]]:
    """Stacks by workload and profiler, of those profiles that can be read."""
    for profile in profiles:
        try:
            yield (profile.workload, profile.profiler), read_stacks(profile.text)
        except NoStacks:
            continue


def _place_speedscope(found: Mapping[tuple[str, str], Stacks]) -> Html:
    data = [
        ViewerData(name, render_speedscope(prune_stacks(stacks, least_ratio=_LEAST_KEPT), name=name))
        for name, stacks in ((f"{workload} by {profiler}", stacks) for (workload, profiler), stacks in found.items())
    ]
    return place_viewer(VIEWER, data, title="Flame graph in speedscope", label="Profile")


def _build_card(id_: str, name: str, profile: Profile, stacks: Stacks | None) -> Html:
    slower = (
        ""
        if profile.slowdown_ratio is None
        else f", {format_significant(profile.slowdown_ratio)} times as long a request"
    )
    drawing = None
    if stacks is not None:
        drawing = build_figure(
            "Callers above callees, each as wide as its share of the time; the narrowest are left out.",
            draw_flame(id_, name, stacks),
        )
    top = (profile.top or _rank(stacks or {}))[:_TOP]
    return build_card(
        name, drawing, _build_top(name, profile, top, open_=stacks is None), note=f"{profile.profiler}{slower}"
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


def _rank(stacks: Stacks) -> tuple[ProfiledFunction, ...]:
    return tuple(
        ProfiledFunction(
            name=each.frame.name,
            file=each.frame.file,
            line=each.frame.line,
            self_ratio=each.self_ratio,
            total_ratio=each.total_ratio,
        )
        for each in rank_functions(stacks, _TOP)
    )


def draw_flame(id_: str, name: str, stacks: Stacks) -> Html:
    """A still flame graph, root on top."""
    boxes = [box for box in lay_out(stacks, least_ratio=_LEAST_DRAWN) if box.depth < _DEEPEST_DRAWN]
    height = (max((box.depth for box in boxes), default=0) + 1) * _ROW_PX
    heaviest = ", ".join(f"{each.frame.name} {format_percent(each.self_ratio)}" for each in rank_functions(stacks, 3))
    return element(
        "svg",
        element("title", f"Flame graph of {name}", id=f"{id_}-title"),
        element("desc", f"Most time of their own: {heaviest}.", id=f"{id_}-desc"),
        map(_draw_box, boxes),
        role="img",
        aria_labelledby=f"{id_}-title {id_}-desc",
        width="100%",
        height=height,
        class_="flame",
    )


def _draw_box(box: Box) -> Html:
    # A drawing of its own for each call, which cuts off what does not fit of the name.
    frame = box.frame
    hue = sum(map(ord, frame.file or frame.name)) % _HUES
    where = f" ({frame.file}:{frame.line})" if frame.file else ""
    return element(
        "svg",
        element("title", f"{frame.name}{where}: {format_percent(box.ratio)}"),
        element("rect", width="100%", height=_ROW_PX - 1, class_=f"hue-{hue}"),
        element("text", frame.name, x=4, y=13) if box.ratio > _LEAST_NAMED else None,
        x=percent(box.start_ratio),
        y=box.depth * _ROW_PX,
        width=percent(box.ratio),
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
