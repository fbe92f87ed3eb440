"""Master data by form and by table, and the scanner's set-up page, in a real Chromium."""

import io
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
from flask.testing import FlaskClient
from forms import token
from journey import log_in as enter
from journey import sign, until, wedge

import app as composition
from traceability.custody.registrations import Party, parse_registration
from traceability.demo import cast
from traceability.store.office import Account
from traceability.web import setup

browsing = pytest.mark.browser


def tried(client: FlaskClient, kind: str, data: bytes, content: str = "text/csv") -> Any:
    headers = {"X-CSRFToken": token(client)}
    return client.post(f"/master/{kind}/check", data=data, content_type=content, headers=headers)


def test_only_what_concerns_a_party_is_there(log_in: Any) -> None:
    client = log_in("maker")
    assert client.get("/master?kind=site").status_code == 200
    assert client.get("/master?kind=party").status_code == 404
    assert tried(client, "party", b"gln\n").status_code == 404
    assert tried(client, "product", b"[]", "application/json").status_code == 400
    assert client.get("/master/product/empty.csv").data.startswith(b"\xef\xbb\xbfgtin,name,form")


def test_the_authority_takes_acts_to_the_command_line(log_in: Any) -> None:
    """Organisations are signed with a key that is in no browser: a file an act, each in its one spelling."""
    client = log_in("authority")
    gln = cast.gln(700)
    text = f"gln;name;roles;country\n{gln};Hafen-Apotheke;pharmacy;DE\n{gln[:-1]}x;Wrong;pharmacy;DE\n"
    assert [one["line"] for one in tried(client, "party", text.encode()).json["problems"]] == [3]
    form = {"csv": (io.BytesIO(text.encode()), "parties.csv"), "csrf_token": token(client)}
    answer = client.post("/master/party/acts.zip", data=form)
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.namelist() == [f"party-{gln}.json"]
        act = parse_registration(archive.read(f"party-{gln}.json"))
    assert act == Party(gln=gln, name="Hafen-Apotheke", roles=("pharmacy",), country="DE")
    empty = {"csv": (io.BytesIO(b"gln,name,roles,country\n"), "none.csv"), "csrf_token": token(client)}
    assert client.post("/master/party/acts.zip", data=empty).status_code == 400


@browsing
def test_a_product_is_typed_and_signed(people: Any, parts: composition.Parts) -> None:
    """What is wrong is said beside its field; the act that is signed has its members in order."""
    gtin = cast.gtin(801)
    page = people("maker")
    page.goto("/master")
    page.fill("#one [name=gtin]", gtin[:-1] + str((int(gtin[-1]) + 1) % 10))
    until(lambda: page.inner_text("[data-why=gtin]"), "what is wrong with the number")
    assert page.inner_text("[data-why=name]") == ""
    page.fill("#one [name=gtin]", gtin)
    page.fill("#one [name=name]", "Ferrum Linden")
    page.fill("#one [name=strength]", "100 mg")
    page.select_option("#one [name=controlled]", "yes")
    until(
        lambda: "registers the product Ferrum Linden" in page.inner_text("#signing blockquote"),
        "the sentence",
    )
    sign(page)
    product = parts.history.registry.products[gtin]
    assert product.controlled
    assert (product.name, product.strength, product.owner) == ("Ferrum Linden", "100 mg", cast.MAKER.gln)
    page.goto("/master")
    page.click(f"li:has-text('{gtin}') [data-fill]")
    until(lambda: "exactly so already" in page.inner_text("#one"), "that nothing would change")
    page.fill("#one [name=pack]", "30 tablets")
    until(lambda: page.is_visible("#signing"), "the change")
    sign(page)
    assert parts.history.registry.products[gtin].pack == "30 tablets"


@browsing
def test_a_table_of_products_is_tried_then_signed(
    people: Any, parts: composition.Parts, tmp_path: Path
) -> None:
    first, second = cast.gtin(811), cast.gtin(812)
    page = people("maker")
    page.goto("/master?kind=product")
    file = tmp_path / "products.csv"
    file.write_text(f"GTIN,Product name\n{first},One\n{second},\n", encoding="utf-8")
    page.set_input_files("#list [name=csv]", file)
    until(lambda: page.query_selector_all("[data-problems] tbody tr"), "the problem")
    assert page.inner_text("[data-problems] tbody tr").split("\t")[:2] == ["3", "name"]
    assert page.is_hidden("#signing")
    file.write_text(f"GTIN,Product name\n{first},One\n{second},Two\n", encoding="utf-8")
    page.set_input_files("#list [name=csv]", file)
    until(lambda: page.is_visible("#signing"), "what will be signed")
    sign(page)
    registered = parts.history.registry.products
    assert (registered[first].name, registered[second].name) == ("One", "Two")


@browsing
def test_an_administrator_registers_a_place(page: Any, parts: composition.Parts) -> None:
    parts.office.add_account(
        Account("markt-admin", "Ida Kern", cast.MARKT.gln, "administrator"), "a long password"
    )
    page.goto("/login")
    page.fill("[name=login]", "markt-admin")
    page.fill("[name=password]", "a long password")
    page.click("#login-form .primary")
    page.wait_for_url("**/home")
    page.goto("/devices")
    page.fill("[name=device]", "Office")
    page.click("#enrol button")
    page.wait_for_selector("#key-state .note.clear")
    page.goto("/master")
    gln = cast.gln(42)
    for name, value in {"gln": gln, "name": "Cold room", "country": "DE", "zone": "Europe/Berlin"}.items():
        page.fill(f"#one [name={name}]", value)
    until(lambda: "registers the place Cold room" in page.inner_text("#signing blockquote"), "the sentence")
    sign(page)
    assert parts.history.registry.sites[gln].party == cast.MARKT.gln


# The scanner's set-up page


def burst(page: Any, text: str, title: str) -> None:
    """Scan the way a hand scanner types, until the page answers with these words."""
    wedge(page, text, f"#answer h2:has-text('{title}')")


@browsing
def test_a_scanner_is_told_what_is_wrong_with_it(page: Any) -> None:
    pack = f"01{setup.GTIN}21{setup.SERIAL}\x1d17{setup.EXPIRY[2:].replace('-', '')}10{setup.LOT}"
    enter(page, "pharmacy")
    page.goto("/bench/scanner")
    for image in page.query_selector_all(".codes img"):
        assert image.evaluate("one => one.naturalWidth") > 0
    burst(page, pack.replace("\x1d", ""), "The separator between fields is lost")
    assert page.query_selector("[data-check=separator] .state.again")
    burst(page, pack.swapcase(), "Capital and small letters are exchanged")
    burst(page, pack.upper(), "turns all letters into one case")
    burst(page, pack.translate(str.maketrans("yzYZ", "zyZY")), "Set the same keyboard layout")
    burst(page, f"01{cast.IBUPROFEN}21ABCDEF", "none of the two test codes")
    burst(page, pack, "arrives as it is printed")
    assert page.query_selector("[data-check=separator] .state.clear")
    burst(page, f"00{setup.SSCC}", "set up right")
    assert page.query_selector("[data-check=end] .state.clear")


def test_the_test_codes_are_true(log_in: Any) -> None:
    client = log_in("pharmacy")
    for name in setup.CODES:
        assert b"<svg" in client.get(f"/bench/scanner/{name}.svg").data
    assert client.get("/bench/scanner/other.svg").status_code == 404
    codes = msgspec.json.encode({"text": f"00{setup.SSCC}"})
    answer = client.post("/scan/code", data=codes, headers={"X-CSRFToken": token(client)})
    assert answer.json["results"][0]["epc"].endswith(setup.SSCC)
