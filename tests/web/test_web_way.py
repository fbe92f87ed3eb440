"""The way of a lot: its ribbons carry what its statements say, and the table says the same."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import journey
import pytest
from hypothesis import given
from hypothesis import strategies as st

import app as composition
from traceability.custody.state import Lot
from traceability.demo import cast
from traceability.ledger.flows import flows
from traceability.ledger.history import Snapshot
from traceability.reports.flow import MOST, Way, columns, layout, svg


def lot_of(view: Snapshot, number: str = "A17") -> Lot:
    found = view.lot(cast.AMOXICILLIN, number)
    assert found is not None
    return found


def test_what_each_party_gave_is_counted_through_cases_and_pallets(parts: composition.Parts) -> None:
    with parts.history.view() as view:
        found = {
            (flow.sender, flow.receiver): flow.packs for flow in flows(view, lot_of(view)) if not flow.back
        }
        assert found[cast.MAKER.gln, cast.NORDMED.gln] == 120
        gave = sum(packs for (sender, _), packs in found.items() if sender == cast.NORDMED.gln)
        assert 0 < gave <= 120
        day = view.steps(next(view.lot_items(cast.AMOXICILLIN, "A17")).epc)[0].fact.event_time[:10]
        assert flows(view, lot_of(view), day) == []


def ways(names: st.SearchStrategy[str]) -> st.SearchStrategy[list[Way]]:
    return st.lists(st.builds(Way, names, names, st.integers(1, 1000), st.booleans()), max_size=30)


@given(ways(st.sampled_from("ABCDEFGH")))
def test_every_party_has_a_column_and_every_way_a_ribbon(found: list[Way]) -> None:
    place = columns(found)
    assert set(place) == {party for way in found for party in (way.sender, way.receiver)}
    picture = layout(found, {}, "rest")
    assert {box.party for box in picture.boxes} == set(place)
    assert len(picture.ribbons) == len({way[:2] + way[3:] for way in found})
    for box in picture.boxes:
        assert 0 <= box.y <= box.y + box.height <= picture.height


def test_three_hundred_parties_are_still_a_picture() -> None:
    found = [Way("maker", f"W{n}", 1000) for n in range(20)]
    found += [Way(f"W{n % 20}", f"P{n}", 10 + n) for n in range(280)]
    parts = {"P7": {"unresolved": 17}} | {f"P{n}": {"held": 10 + n} for n in range(280) if n != 7}
    picture = layout(found, parts, "smaller ones")
    assert len(picture.boxes) <= 1 + 2 * MOST
    assert any(box.party == "P7" for box in picture.boxes)
    drawn = sum(ribbon.way.packs for ribbon in picture.ribbons)
    assert drawn == sum(way.packs for way in found)


def test_the_picture_is_well_formed_and_escapes_its_names() -> None:
    picture = layout([Way("A", "B", 3)], {"B": {"held": 2, "unresolved": 1}}, "rest")
    drawn = svg(picture, {"A": "A <&> Sons", "B": '"B"'}, {}, "The way")
    root = ElementTree.fromstring(drawn)
    texts = [one.text for one in root.iter("{http://www.w3.org/2000/svg}text")]
    assert any(text and text.startswith("A <&> Sons") for text in texts)


@pytest.mark.browser
def test_the_way_is_drawn_slides_and_downloads(page: Any, parts: composition.Parts, tmp_path: Path) -> None:
    journey.log_in(page, "regulator")
    page.goto(f"/lot?gtin={cast.AMOXICILLIN}&lot=A17")
    journey.until(lambda: page.query_selector(".way svg"), "the picture")
    page.click("#way-box summary")
    assert "Linden Arzneimittel" in page.inner_text("#way-box table")
    page.focus("#way-box input[type=range]")
    page.keyboard.press("Home")
    journey.until(
        lambda: "has gone anywhere yet" in page.inner_text("#way-box"), "the first day, before any dispatch"
    )
    page.keyboard.press("End")
    journey.until(lambda: page.query_selector(".way svg"), "the picture again")
    with page.expect_download() as download:
        page.click("[data-svg]")
    assert b"<svg" in Path(download.value.path()).read_bytes()
