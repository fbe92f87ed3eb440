"""From the text of a scan to its verdict: garbled honest codes, and forgeries that look garbled."""

from datetime import date

import pytest
from supply_chain import AMOX, BRUNNEN, LOT, MAKER, MARKT, NORD, SupplyChain, pack, place, sscc

from traceability.custody.judging import Judgement, judge
from traceability.custody.state import Lot
from traceability.custody.verdict import Kind, Viewer

GS = "\x1d"
TODAY = date(2026, 11, 23)
LETTERS = Lot(AMOX, "AB12", "2028-06-30")


@pytest.fixture
def shelf(chain: SupplyChain) -> SupplyChain:
    """Packs with letters in their serials, on a pharmacy's shelf; the maker has closed their lot."""
    epcs = [pack(AMOX, serial) for serial in ("ZYQA77", "QX5512", "ABCDEF1234")]
    chain.good(chain.act(MAKER, "commissioned", epcs, lot=LETTERS))
    chain.deliver(epcs, MAKER, NORD, MARKT)
    act = {"type": "lot", "gtin": AMOX, "lot": "AB12", "count": 3, "root": "A" * 43}
    chain.good(chain.register(chain.signers[MAKER], act))
    return chain


def code(serial: str, lot: str = "AB12", expiry: str = "280630") -> str:
    return f"01{AMOX}21{serial}{GS}17{expiry}10{lot}"


def asked(chain: SupplyChain, text: str, symbology: str = "", party: str = MARKT) -> Judgement:
    viewer = Viewer(party, place(party))
    return judge(text, symbology, viewer, chain.world, chain.admitted(), TODAY)


def said(chain: SupplyChain, text: str, symbology: str = "") -> tuple[Kind, str, str]:
    """Kind, reason and the sentence's first words."""
    found = asked(chain, text, symbology).verdict
    return found.kind, found.reason, found.sentence.partition(":")[0]


def test_a_good_scan_is_clear_by_every_way_in(shelf: SupplyChain) -> None:
    for text, symbology in (
        (code("ZYQA77"), "]d2"),
        ("]d2" + code("ZYQA77"), ""),
        (code("ZYQA77"), ""),
        (f" (01) {AMOX} (21) ZYQA77", ""),
        (f"https://id.gs1.org/01/{AMOX}/21/ZYQA77", ""),
    ):
        found = asked(shelf, text, symbology)
        assert (found.verdict.kind, found.scan.epc) == (Kind.CLEAR, pack(AMOX, "ZYQA77"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (code("ZYQA77").swapcase(), "Capital and small letters are exchanged"),
        (code("YZQA77"), "Keyboard and scanner have different layouts (QWERTZ)"),
        (code("ZYQA77").replace(GS, ""), "The separator between fields is lost"),
        (f"01{AMOX}21ZYQA77{GS}10AB1217280630", "The separator between fields is lost"),
        (f"01{AMOX}1728063010AB1221ZYQA77", "The separator between fields is lost"),
        (code("ZYQA77", "AB1"), "A part of the code is missing"),
        (f"01{AMOX}17280630" + f"10AB12{GS}21ABCDE", "A part of the code is missing"),
        (f"01{AMOX}21ZYQA77", "A part of the code is missing"),
        (f"01{AMOX}21ZYQA77{GS}10AB12{GS}", "A part of the code is missing"),
        (code("ZYA77"), "A character of the code was lost or came twice"),
        (code("ZYYQA77"), "A character of the code was lost or came twice"),
        (code("ZYQA77", "AB112"), "A character of the code was lost or came twice"),
        (code("ZYQA77", "B12"), "A character of the code was lost or came twice"),
        (f"01{AMOX}21ZYQA77{GS}172806309" + "10AB12", "A part of the code is missing"),
        (f"01{AMOX}17280630" + f"21ZYQA77{GS}10AB12{GS}" + f"01{AMOX}", "The code was read twice in one go"),
        ("nonsense", ""),
    ],
)
def test_garbled_codes_are_scanned_again(shelf: SupplyChain, text: str, words: str) -> None:
    kind, _, sentence = said(shelf, text)
    assert kind is Kind.SCANNER_FAULT
    assert sentence.startswith(words)


def test_what_a_camera_read_is_what_is_printed(shelf: SupplyChain) -> None:
    for text, reason in (
        (code("YZQA77"), "unknown-serial"),
        (code("ZYQA77", "AB1"), "lot"),
        (code("ZYQA77", "AB12", "290630"), "expiry"),
    ):
        assert said(shelf, text, "]d2")[:2] == (Kind.SUSPECT, reason)


def test_a_forged_serial_in_small_letters_is_no_caps_lock(shelf: SupplyChain) -> None:
    """The lot beside it is in capitals, so the keyboard was right."""
    assert said(shelf, code("zyqa77"))[:2] == (Kind.SUSPECT, "unknown-serial")
    assert said(shelf, "]d2" + code("zyqa77"))[:2] == (Kind.SUSPECT, "unknown-serial")


def test_forgeries_are_not_explained_away(shelf: SupplyChain) -> None:
    assert said(shelf, code("FORGED99"))[:2] == (Kind.SUSPECT, "unknown-serial")
    assert said(shelf, code("ZYQA77", "C99"))[:2] == (Kind.SUSPECT, "lot")
    assert said(shelf, code("ZYQA77", "AB12", "290630"))[:2] == (Kind.SUSPECT, "expiry")


def test_a_garbled_forgery_is_first_scanned_again(shelf: SupplyChain) -> None:
    assert said(shelf, code("FORGED99").replace(GS, ""))[0] is Kind.SCANNER_FAULT
    assert said(shelf, ("]d2" + code("FORGED99")).swapcase())[0] is Kind.SCANNER_FAULT


def test_a_code_that_a_keyboard_makes_into_another_known_pack_is_not_trusted(shelf: SupplyChain) -> None:
    chain = shelf
    twins = [pack(AMOX, "AY7"), pack(AMOX, "AZ7")]
    chain.good(chain.act(MAKER, "commissioned", twins, lot=LOT))
    chain.deliver(twins, MAKER, MARKT)
    text = code("AY7", LOT.number)
    assert said(chain, text)[0] is Kind.SCANNER_FAULT
    assert said(chain, "]d2" + text)[0] is Kind.CLEAR
    assert said(chain, text, "]d2")[0] is Kind.CLEAR


def test_russian_codes_have_no_lot(shelf: SupplyChain) -> None:
    text = f"01{AMOX}21ZYQA77{GS}91EE07{GS}92" + "g" * 43 + "="
    assert said(shelf, text)[0] is Kind.CLEAR


def test_unknown_codes_with_nothing_to_suggest_a_garble_wait(shelf: SupplyChain) -> None:
    assert said(shelf, code("ANYTHING", "OTHER"))[:2] == (Kind.DATA_GAP, "unknown")
    assert said(shelf, f"01{AMOX}")[:2] == (Kind.SCANNER_FAULT, "no-serial")


def test_cases_have_no_label(shelf: SupplyChain) -> None:
    chain = shelf
    case = chain.fill(sscc(1), chain.commission(2))
    chain.deliver([case], MAKER, BRUNNEN)
    found = asked(chain, "00" + case.rpartition("/")[2], "", BRUNNEN)
    assert (found.verdict.kind, found.verdict.reason) == (Kind.CLEAR, "active")
