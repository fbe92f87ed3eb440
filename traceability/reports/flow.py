"""The way of a lot as a picture: parties in columns, ribbons as wide as the packs that went along them.

`layout` is plain geometry; `svg` writes it, for a page or as a file of its own. The table beside the picture
says the same in numbers.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from traceability.custody.recall import MISSING, PARTS

WIDTH = 1000.0
COLUMN = 14.0
GAP = 14.0
LEAST = 3.0
"""Height of the smallest party, so that it can be seen."""
MOST = 14
"""Parties drawn in one column; the smaller ones stand together as one."""


class Way(NamedTuple):
    """Packs that went from one party to another; parties by any name that is theirs alone."""

    sender: str
    receiver: str
    packs: int
    back: bool = False


class Box(NamedTuple):
    """A party: where it stands, and its packs by part from top to bottom."""

    party: str
    x: float
    y: float
    height: float
    packs: int
    parts: Mapping[str, int]
    last: bool
    """Whether its words stand to the left, for want of room on the right."""


class Ribbon(NamedTuple):
    """One way between two boxes: y of its upper edge at both ends, and its width."""

    way: Way
    x0: float
    y0: float
    x1: float
    y1: float
    width: float


class Picture(NamedTuple):
    """Boxes and ribbons, and how high it all is."""

    boxes: list[Box]
    ribbons: list[Ribbon]
    height: float


def columns(ways: Sequence[Way]) -> dict[str, int]:
    """The column of every party: one further than the furthest of those that gave to it; loops are cut."""
    forward = [way for way in ways if not way.back]
    parties = dict.fromkeys(party for way in ways for party in (way.sender, way.receiver))
    found = dict.fromkeys(parties, 0)
    for _ in range(len(parties)):
        moved = False
        for way in forward:
            wanted = found[way.sender] + 1
            if way.sender != way.receiver and found[way.receiver] < wanted < len(parties):
                found[way.receiver], moved = wanted, True
        if not moved:
            return found
    # A loop pushed its parties on for ever: they stand by how far their first packs came.
    return _nearest(forward, parties)


def _nearest(ways: Iterable[Way], parties: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    gave = {way.sender for way in ways}
    took = {way.receiver for way in ways}
    edge = [party for party in parties if party in gave and party not in took] or list(parties)[:1]
    depth = 0
    while edge:
        found |= dict.fromkeys(edge, depth)
        edge = list({way.receiver: None for way in ways if way.sender in edge and way.receiver not in found})
        depth += 1
    return {party: found.get(party, 0) for party in parties}


def layout(
    ways: Sequence[Way], parts: Mapping[str, Mapping[str, int]], rest: str, height: float = 420.0
) -> Picture:
    """The picture of some ways; `parts` is what each party has now, `rest` the name of those drawn together."""
    place = columns(ways)
    through = _through(ways, parts, place)
    ways, place, through, parts = _gathered(ways, place, through, parts, rest)
    levels: dict[int, list[str]] = {}
    for party in sorted(place, key=lambda party: (-_trouble(parts.get(party, {})), -through[party], party)):
        levels.setdefault(place[party], []).append(party)
    most = max((len(level) for level in levels.values()), default=1)
    height = max(height, most * (GAP + LEAST) * 1.6)
    scale = min(
        (
            (height - GAP * len(level)) / max(1, sum(through[party] for party in level))
            for level in levels.values()
        ),
        default=1.0,
    )
    last = max(levels, default=0)
    step = (WIDTH - COLUMN) / max(1, last)
    boxes: dict[str, Box] = {}
    for depth, level in levels.items():
        y = GAP / 2
        for party in level:
            tall = max(LEAST, through[party] * scale)
            boxes[party] = Box(
                party, round(depth * step, 2), round(y, 2), round(tall, 2), through[party], parts.get(party, {}),
                depth == last and last > 0,
            )  # fmt: skip
            y += tall + GAP
        height = max(height, y)
    return Picture(list(boxes.values()), _ribbons(ways, boxes, scale), round(height, 2))


def _through(
    ways: Sequence[Way], parts: Mapping[str, Mapping[str, int]], place: Mapping[str, int]
) -> dict[str, int]:
    """How many packs passed each party, or are with it: the larger of what came and what went or stays."""
    came, went = dict.fromkeys(place, 0), dict.fromkeys(place, 0)
    for way in ways:
        if not way.back:
            went[way.sender] += way.packs
            came[way.receiver] += way.packs
    return {party: max(came[party], went[party], sum(parts.get(party, {}).values()), 1) for party in place}


def _gathered(
    ways: Sequence[Way],
    place: Mapping[str, int],
    through: Mapping[str, int],
    parts: Mapping[str, Mapping[str, int]],
    rest: str,
) -> tuple[list[Way], dict[str, int], dict[str, int], dict[str, Mapping[str, int]]]:
    """The same with the smaller parties of a crowded column put together; trouble stays by its name."""
    names: dict[str, str] = {}
    for depth in set(place.values()):
        level = [party for party in place if place[party] == depth]
        level.sort(key=lambda party: (-_trouble(parts.get(party, {})), -through[party], party))
        if len(level) > MOST:
            names |= dict.fromkeys(level[MOST - 1 :], f"{rest} {depth}" if depth else rest)
    made: dict[tuple[str, str, bool], int] = {}
    for way in ways:
        key = names.get(way.sender, way.sender), names.get(way.receiver, way.receiver), way.back
        made[key] = made.get(key, 0) + way.packs
    sums: dict[str, dict[str, int]] = {}
    for party, counts in parts.items():
        kept = sums.setdefault(names.get(party, party), {})
        for part, count in counts.items():
            kept[part] = kept.get(part, 0) + count
    width: dict[str, int] = {}
    for party, count in through.items():
        width[names.get(party, party)] = width.get(names.get(party, party), 0) + count
    return (
        [Way(sender, receiver, packs, back) for (sender, receiver, back), packs in made.items()],
        {names.get(party, party): depth for party, depth in place.items()},
        width,
        dict(sums),
    )


def _trouble(counts: Mapping[str, int]) -> int:
    return sum(counts.get(part, 0) for part in MISSING)


def _ribbons(ways: Sequence[Way], boxes: Mapping[str, Box], scale: float) -> list[Ribbon]:
    out = {party: box.y for party, box in boxes.items()}
    into = dict(out)
    made = []
    order = sorted(ways, key=lambda way: (way.back, boxes[way.sender].y, boxes[way.receiver].y))
    for way in order:
        width = max(0.75, way.packs * scale)
        start, end = boxes[way.sender], boxes[way.receiver]
        y0, y1 = out[way.sender], into[way.receiver]
        if way.back:  # under the boxes, so that it does not hide what went forward
            y0, y1 = start.y + start.height, end.y + end.height
            width = min(width, 4.0)
        else:
            out[way.sender] += width
            into[way.receiver] += width
        made.append(Ribbon(way, start.x + COLUMN, round(y0, 2), end.x, round(y1, 2), round(width, 2)))
    return made


# Writing


def path_of(ribbon: Ribbon) -> str:
    """The outline of a ribbon: two curves that leave and arrive level."""
    x0, y0, x1, y1, width = ribbon[1:]
    bend = (x0 + x1) / 2
    return (
        f"M{x0:g} {y0:g}C{bend:g} {y0:g} {bend:g} {y1:g} {x1:g} {y1:g}"
        f"V{y1 + width:g}C{bend:g} {y1 + width:g} {bend:g} {y0 + width:g} {x0:g} {y0 + width:g}Z"
    )


def svg(
    picture: Picture,
    names: Mapping[str, str],
    words: Mapping[str, str],
    title: str,
    colours: Mapping[str, str] | None = None,
) -> str:
    """The picture as SVG. `names` and `words` say parties and parts; `colours` (by part, and "ink", "way",
    "back") make it stand alone, without the page's style sheet."""

    def paint(kind: str) -> str:
        return f' class="flow-{kind}"' if colours is None else f" fill={quoteattr(colours[kind])}"

    view = f'viewBox="-4 0 {WIDTH + 8:g} {picture.height:g}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {view} role="img" aria-label={quoteattr(title)}>',
        f"<title>{escape(title)}</title>",
    ]
    for ribbon in picture.ribbons:
        way = ribbon.way
        said = f"{names.get(way.sender, way.sender)} → {names.get(way.receiver, way.receiver)}: {way.packs:,}"
        lines.append(
            f'<path{paint("back" if way.back else "way")} fill-opacity="0.35" d="{path_of(ribbon)}"><title>{escape(said)}</title></path>'
        )
    for box in picture.boxes:
        lines += _box(box, names.get(box.party, box.party), words, paint)
    return "\n".join([*lines, "</svg>"])


def _box(box: Box, name: str, words: Mapping[str, str], paint: Callable[[str], str]) -> list[str]:
    said = [f"{words.get(part, part)} {box.parts[part]:,}" for part in PARTS if box.parts.get(part)]
    told = f"{name}: {', '.join(said) or box.packs}"
    lines = [f"<g><title>{escape(told)}</title>"]
    lines.append(
        f'<rect{paint("passed")} x="{box.x:g}" y="{box.y:g}" width="{COLUMN:g}" height="{box.height:g}"/>'
    )
    y, per = box.y, box.height / max(1, box.packs)
    for part in reversed(PARTS):  # unresolved first
        count = box.parts.get(part, 0)
        if count:
            tall = min(count * per, box.y + box.height - y)
            lines.append(
                f'<rect{paint(part)} x="{box.x:g}" y="{y:.2f}" width="{COLUMN:g}" height="{max(tall, 0.75):.2f}"/>'
            )
            y += tall
    x, anchor = (box.x - 6, "end") if box.last else (box.x + COLUMN + 6, "start")
    lines.append(
        f'<text{paint("ink")} x="{x:g}" y="{box.y + min(box.height / 2, 30) + 5:g}" text-anchor="{anchor}"'
        f' font-size="16" font-family="system-ui, sans-serif">{escape(name)} · {box.packs:,}</text></g>'
    )
    return lines
