"""Stock, opening stock, counting and receiving in a real Chromium: keys, scanning, signing."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from flask.testing import FlaskClient
from goods import case_of, fresh_lot, registered
from goods import fresh as new_packs
from journey import code_of, held, lot_of, now, scan, sign, until, wedge

import app as composition
from traceability.custody.compose import compose
from traceability.custody.state import Condition
from traceability.demo import cast
from traceability.demo.stage import between
from traceability.ledger.keyfile import KeyFile, new_nonce
from traceability.ledger.station import Station

browsing = pytest.mark.browser


def station(parts: composition.Parts, player: cast.Player) -> Any:
    """Sign as a player's station does, and have it admitted."""
    file = KeyFile.open(parts.settings.stations / f"{player.login}-station.pem", cast.PASSPHRASE)
    signer = Station(file.key, player.gln, parts.trust.origin, nonce=new_nonce)

    def act(meaning: str, items: list[str], **more: Any) -> None:
        signer.chain = parts.history.chain(file.key.public.kid)
        at = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}+00:00"
        composed = compose(meaning, time=at, items=items, site=player.site, signer=player.person, **more)
        assert parts.sequencer.submit(signer.sign(composed, at)).effect

    return act


def fresh(number: int, name: str = "OPEN") -> str:
    """The code of a pack that no log has heard of, as a hand scanner sends it."""
    return f"01{cast.IBUPROFEN}21{name}{number}\x1d1728063010SHELF"


def epc_of(number: int, name: str = "OPEN") -> str:
    return f"https://id.gs1.org/01/{cast.IBUPROFEN}/21/{name}{number}"


# The list


def test_the_file_has_the_lines_of_the_page(log_in: Any, parts: composition.Parts) -> None:
    client: FlaskClient = log_in("distributor2")
    answer = client.get("/stock/list.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    with parts.history.view() as view:
        here = sum(row.items for row in view.stock(cast.SUEDPHARM.gln) if not row.condition.blocked)
    assert sum(int(row["packs"]) for row in rows) <= here
    assert all(row["site"] == cast.SUEDPHARM.site for row in rows)
    page = client.get("/stock").text
    assert all(row["lot"] in page for row in rows)


def server_day() -> date:
    """The day as the server has it."""
    return datetime.now(UTC).astimezone().date()


def test_what_was_dispensed_is_on_no_shelf(log_in: Any, parts: composition.Parts) -> None:
    with parts.history.view() as view:
        held_now = [item for item in view.holdings(cast.MARKT.gln, limit=1000) if item.lot is not None]
    gone = next(item for item in held_now if item.condition is Condition.DISPENSED)
    lot = lot_of(gone)
    found = log_in("pharmacy").get("/stock/items", query_string={"gtin": lot.gtin, "lot": lot.number}).text
    assert gone.epc.rpartition("/")[2] not in found
    for item in held_now:
        if item.lot == lot and item.condition is Condition.ACTIVE and item.receiver is None:
            assert item.epc.rpartition("/")[2] in found


def test_the_next_to_expire_comes_first(log_in: Any, parts: composition.Parts) -> None:
    """Opening stock with dates on its labels: soon, very soon and past, across products."""
    for number, (name, days) in enumerate({"SOON": 20, "SOONER": 3, "PAST": -2}.items()):
        gtin = (cast.AMOXICILLIN, cast.IBUPROFEN)[number % 2]
        expiry = (server_day() + timedelta(days=days)).isoformat()
        label = {"cbvmda:lotNumber": name, "cbvmda:itemExpirationDate": expiry}
        station(parts, cast.SUEDPHARM)("received", [f"https://id.gs1.org/01/{gtin}/21/{name}"], extra=label)
    client = log_in("distributor2")
    rows = list(csv.DictReader(io.StringIO(client.get("/stock/list.csv?tab=expiring&days=30").text)))
    assert [row["lot"] for row in rows] == ["PAST", "SOONER", "SOON"]
    assert [row["state"] for row in rows] == ["expired", "unmatched", "unmatched"]
    page = client.get("/stock?tab=expiring&days=30").text
    assert "expired 2 days ago" in page
    assert "3 days left" in page
    blocked = client.get("/stock/list.csv?tab=blocked&unmatched=1").text
    assert "PAST" in blocked
    assert "SOON" not in blocked


@pytest.mark.parametrize(
    "path", ["/stock?tab=nothing&page=-3&days=7", "/stock/items", "/stock/items?gtin=x&lot=y&after=z"]
)
def test_odd_addresses_are_answered(log_in: Any, path: str) -> None:
    assert log_in("pharmacy").get(path).status_code == 200


def test_who_holds_nothing_has_no_stock(log_in: Any) -> None:
    client = log_in("regulator")
    for path in (
        "/stock",
        "/stock/list.csv",
        "/stock/items",
        "/stock/count",
        "/stock/opening",
        "/bench/scanner",
        "/master",
    ):
        assert client.get(path).status_code == 403, path


@browsing
def test_every_look_at_the_stock(people: Any, parts: composition.Parts) -> None:
    """Tabs by keyboard alone; a held pack is blocked; a row leads to its items and on to the pack."""
    item = held(parts, cast.MARKT.gln, packs=True)
    station(parts, cast.MARKT)("held", [item.epc])
    page = people("pharmacy")
    page.goto("/stock")
    row = page.wait_for_selector(f"#stock-table tr:has-text('{lot_of(item).number}')")
    assert "Apotheke am Markt, Bremen" in row.inner_text()
    page.focus("nav.tabs a:has-text('Blocked')")
    page.keyboard.press("Enter")
    page.wait_for_selector("nav.tabs a[aria-current]:has-text('Blocked')")
    page.click("#stock-table tr:has-text('held') a.row-link")
    page.click(f"#items a:has-text('{item.epc.rpartition('/')[2]}')")
    page.wait_for_url(f"**{item.epc.removeprefix('https://id.gs1.org')}")
    station(parts, cast.MARKT)("released", [item.epc])
    page.goto("/stock?tab=road")
    assert "to you" in page.inner_text("main")
    page.goto("/stock?query=no+such+lot")
    assert "Empty it to see everything" in page.inner_text("main")


# Day one


@browsing
def test_a_shelf_is_scanned_into_opening_stock(people: Any, parts: composition.Parts) -> None:
    """A hand scanner, one signature; unmatched, grey and never red, with lot and expiry as printed."""
    page = people("pharmacy2")
    page.goto("/stock/opening")
    for number in (1, 2):
        wedge(page, fresh(number), f'[data-epc="{epc_of(number)}"]')
    until(lambda: "without a signed dispatch" in page.inner_text("#signing blockquote"), "the sentence")
    until(lambda: "recorded as unmatched" in page.inner_text("#signing .said"), "what the rules say")
    assert page.query_selector("#signing .note.stop") is None
    sign(page)
    taken = now(parts, epc_of(1))
    assert (taken.custodian, taken.unmatched, taken.site) == (cast.BRUNNEN.gln, True, cast.BRUNNEN.site)
    page.goto("/stock?unmatched=1")
    row = page.wait_for_selector("#stock-table tr:has-text('SHELF')")
    assert "as printed" in row.inner_text()
    assert "30 Jun 2028" in row.inner_text()
    assert row.query_selector(".state.unknown") is not None
    assert "usual in the first days" in page.inner_text(".note.unknown")
    page.goto("/check")
    wedge(page, fresh(1), '#verdict[data-verdict="data gap"], #verdict.unknown[data-verdict]')
    assert page.query_selector("#verdict.stop") is None


@browsing
def test_a_list_is_tried_before_it_is_signed(people: Any, parts: composition.Parts, tmp_path: Path) -> None:
    page = people("pharmacy2")
    page.goto("/stock/opening")
    page.check("[name=way][value=list]")
    file = tmp_path / "shelf.csv"
    file.write_text(
        f"gtin;serial;lot;expiry\n{cast.IBUPROFEN};LIST1;P9;2028-01-31\n{cast.IBUPROFEN};LIST1;P9;2028-01-31\n"
        f"{cast.IBUPROFEN};LIST2;P10;tomorrow\n{cast.IBUPROFEN};LIST3;P10;280200\n",
        encoding="utf-8-sig",
    )
    page.set_input_files("[name=csv]", file)
    until(lambda: page.query_selector_all("[data-problems] tbody tr"), "the problems")
    said = page.inner_text("[data-problems]")
    assert "The same as in line 2." in said
    assert "tomorrow" in said
    assert page.is_hidden("#signing")
    page.check("[data-good]")
    until(
        lambda: (
            "2 packs" in page.inner_text("#signing blockquote")
            or "2 statements" in page.inner_text("#signing blockquote")
        ),
        "what will be signed",
    )
    sign(page)
    with parts.history.view() as view:
        item = view.item(epc_of(1, "LIST"))
        assert item is not None
        assert item.dispatch is not None
        fact, terms = view.fact(item.dispatch), view.terms(item.dispatch)
        assert view.item(epc_of(2, "LIST")) is None
    assert fact is not None
    assert terms is not None
    assert fact.unmatched
    assert terms.evidence == "claimed"
    assert terms.extensions == {"cbvmda:lotNumber": "P9", "cbvmda:itemExpirationDate": "2028-01-31"}


@browsing
def test_a_file_that_is_none_says_how_to_save_it(people: Any, tmp_path: Path) -> None:
    page = people("pharmacy2")
    page.goto("/stock/opening")
    page.check("[name=way][value=list]")
    file = tmp_path / "shelf.csv"
    file.write_bytes("gtin,serial\n".encode("utf-16"))
    page.set_input_files("[name=csv]", file)
    until(lambda: "Save it as CSV in UTF-8" in page.inner_text("#trial"), "the way out")
    assert page.is_hidden("#signing")


# Counting


@browsing
def test_a_shelf_is_counted_and_its_differences_settled(people: Any, parts: composition.Parts) -> None:
    """Expected, missing and strange packs; the count, then the missing as lost and the strange as unmatched."""
    act = station(parts, cast.STERN)
    ours = [f"https://id.gs1.org/01/{cast.IBUPROFEN}/21/COUNT{n}" for n in range(3)]
    act("received", ours)
    page = people("pharmacy3")
    page.goto("/stock")
    assert page.inner_text("h1") == "库存"
    assert "未匹配" in page.inner_text("#stock-table")
    page.click("header button[name=language][value=en]")
    page.goto("/stock/count")
    page.wait_for_selector("[data-kind=missing]")
    with parts.history.view() as view:
        others = [
            item
            for item in view.holdings(cast.STERN.gln, limit=1000)
            if item.receiver is None and item.epc not in ours and item.condition is Condition.ACTIVE
        ]
    for item in others:
        scan(page, code_of(item.epc))
    for epc in ours[:2]:
        wedge(page, f"01{cast.IBUPROFEN}21{epc.rpartition('/')[2]}", f'[data-kind=there] [data-epc="{epc}"]')
    scan(page, fresh(77, "STRAY"))
    page.wait_for_selector("[data-kind=foreign]")
    until(lambda: "Expected and not found: 1 pack" in page.inner_text("#signing blockquote"), "the count")
    sign(page)
    with parts.history.view() as view:
        counted = view.provenance(ours[0]).hops[-1]
    assert (counted.act, counted.grade, counted.place) == ("counted", "scanned", cast.STERN.site)
    page.wait_for_selector("[data-step=received]")
    page.goto(ours[0].removeprefix("https://id.gs1.org"))
    assert "Counted by Stern-Apotheke" in page.inner_text("main")
    page.go_back()
    page.wait_for_selector("[data-kind=missing]")
    for item in others:
        scan(page, code_of(item.epc))
    for epc in ours[:2]:
        scan(page, code_of(epc))
    scan(page, fresh(77, "STRAY"))
    page.click("[data-step=received]")
    until(lambda: "without a signed dispatch" in page.inner_text("#signing blockquote"), "the receipt")
    sign(page)
    assert now(parts, epc_of(77, "STRAY")).custodian == cast.STERN.gln
    page.click("[data-step=lost]")
    until(lambda: " lost, " in page.inner_text("#signing blockquote"), "the loss")
    page.wait_for_selector("#signing [data-sign]:not([disabled])")
    page.click("#signing [data-sign]")
    assert now(parts, ours[2]).condition is Condition.ACTIVE
    page.click("#signing [data-sign]:has-text('Press again')")
    page.wait_for_selector(".receipt")
    assert now(parts, ours[2]).condition is Condition.LOST
    page.click("header button[name=language][value=zh]")


# Receiving in detail


@browsing
def test_a_case_is_opened_and_what_is_scanned_is_scanned(people: Any, parts: composition.Parts) -> None:
    """One scan is the whole case, inferred; opened, its packs are scanned, and the missing one is named."""
    case = held(parts, cast.MAKER.gln, packs=False)
    with parts.history.view() as view:
        inner = [epc for epc in view.children(case.epc) if "/01/0" in epc] or [
            epc for box in view.children(case.epc) for epc in view.children(box)
        ]
    act = station(parts, cast.MAKER)
    act("shipped", [case.epc], ends=between(cast.MAKER, cast.NORDMED))
    page = people("distributor")
    page.goto("/receive")
    scan(page, code_of(case.epc))
    line = f'[data-lines=expected] [data-epc="{case.epc}"]'
    until(lambda: f"{len(inner)} inside, inferred" in page.inner_text(line), "what is inferred")
    for epc in inner[:-1]:
        scan(page, code_of(epc))
    page.click(f'[data-lines=scanned] [data-epc="{inner[0]}"] [data-damaged]')
    until(
        lambda: f"{len(inner) - 1} of {len(inner)} inside scanned" in page.inner_text(line), "what was opened"
    )
    page.check("#differences input[type=checkbox]")
    page.wait_for_selector(f'[data-exception-kind=missing][data-items="{inner[-1]}"]')
    assert page.query_selector("[data-exception-kind=missing] [data-report]")
    # Found after all, it is not missing; taken off the list again, it may be.
    scan(page, code_of(inner[-1]))
    until(
        lambda: page.query_selector("li[data-exception-kind=missing]") is None, "the missing pack to be found"
    )
    page.click(f'[data-lines=scanned] [data-epc="{inner[-1]}"] [aria-label=Remove]')
    page.check("#differences input[type=checkbox]")
    page.wait_for_selector(f'[data-exception-kind=missing][data-items="{inner[-1]}"]')
    until(
        lambda: f"codes scanned there: {len(inner) - 1}" in page.inner_text("#signing blockquote"),
        "the sentence",
    )
    sign(page)
    assert now(parts, case.epc).custodian == cast.NORDMED.gln
    assert now(parts, inner[-1]).condition is Condition.SHORT
    with parts.history.view() as view:
        assert view.provenance(inner[0]).hops[-1].taken.grade == "scanned"  # type: ignore[union-attr]
    page.click("[data-hold]")
    until(lambda: "holds 1 pack" in page.inner_text("#signing blockquote"), "what is held")
    sign(page)
    assert now(parts, inner[0]).condition is Condition.HELD
    assert now(parts, inner[1]).condition is Condition.ACTIVE


@browsing
def test_every_difference_has_its_kind(people: Any, parts: composition.Parts) -> None:
    """Extra, wrong product, product without data, data without product, damaged: a row with a place to report."""
    [announced] = new_packs(parts, cast.MAKER)
    station(parts, cast.MAKER)("shipped", [announced], ends=between(cast.MAKER, cast.NORDMED))
    with parts.history.view() as view:
        sent = view.fact(now(parts, announced).acted)
    assert sent is not None
    page = people("distributor")
    page.goto(f"/receive?dispatch={sent.id}")
    wedge(page, fresh(1, "NODATA"), '[data-exception-kind="product_without_data"]')
    page.wait_for_selector('[data-exception-kind="data_without_product"]')
    stray = held(parts, cast.MAKER.gln, packs=True)
    scan(page, code_of(stray.epc))
    kind = "extra" if lot_of(stray).gtin == cast.AMOXICILLIN else "wrong_product"
    page.wait_for_selector(f'[data-exception-kind="{kind}"][data-epc="{stray.epc}"]')
    page.click(f'[data-lines=scanned] [data-epc="{stray.epc}"] [data-damaged]')
    page.wait_for_selector(
        f'[data-exception-kind="damaged"][data-epc="{stray.epc}"][data-dispatch="{sent.id}"]'
    )
    assert (
        page.get_attribute(f'[data-lines=scanned] [data-epc="{stray.epc}"] [data-damaged]', "aria-pressed")
        == "true"
    )


# By place


@browsing
def test_what_was_moved_is_found_at_its_new_place(people: Any, parts: composition.Parts) -> None:
    """Packs by the filter of the list, cases by that of their tab; at the old place neither is left."""
    ward = cast.gln(12)
    site = {
        "type": "site",
        "gln": ward,
        "party": cast.MAKER.gln,
        "name": "Linden, cold store",
        "country": "DE",
    }
    registered(parts, cast.MAKER, "administrator", msgspec.json.encode(site))
    lot = fresh_lot()
    packs = new_packs(parts, cast.MAKER, 3, lot)
    case = case_of(parts, packs[1:])
    page = people("maker")
    page.goto("/acts/move")
    page.select_option("[name=site]", ward)
    scan(page, code_of(packs[0]), code_of(case))
    sign(page)
    page.goto(f"/stock?query={lot.number}")
    filtered(page, cast.MAKER.site)
    assert "Nothing found" in page.inner_text("main")
    filtered(page, ward)
    assert page.inner_text("#found") == "3 packs"
    assert "Linden, cold store" in page.inner_text("#stock-table")
    page.click("#stock-table a.row-link")
    assert len(page.query_selector_all("#items li")) == 2  # the loose pack and the case
    page.go_back()
    page.click("nav.tabs a:has-text('Cases and pallets')")
    page.wait_for_url("**tab=containers**")
    assert page.input_value(".filters [name=site]") == ward
    assert is_listed(page, case)
    filtered(page, cast.MAKER.site)
    assert not is_listed(page, case)


def filtered(page: Any, place: str) -> None:
    """Choose a place in the filter and press its button."""
    page.select_option(".filters [name=site]", place)
    with page.expect_navigation():
        page.click(".filters button")


def is_listed(page: Any, case: str) -> bool:
    """Whether a case is among those listed, on whichever page of them."""
    while not page.query_selector(f"#items a[href='{case.removeprefix('https://id.gs1.org')}']"):
        following = page.query_selector(".pager a")
        if following is None:
            return False
        page.goto(following.get_attribute("href"))
    return True
