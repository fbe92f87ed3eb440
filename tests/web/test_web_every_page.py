"""Every page of the application: axe-core, the width of a phone and of a wide desk, both languages, both schemes,
and the keyboard. The list is held against the addresses themselves: a page that is not looked at fails."""

import inspect
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from forms import logged_in, token
from goods import case_of, fresh, stamp
from journey import code_of, log_in, scan, until
from looking import DESK, PHONE, TOO_WIDE, looking, verify, verify_keys, verify_targets
from test_cases import act, alerts, dispatch_of, label, made

import app as composition
from traceability.custody.state import Lot
from traceability.custody.subjects import Subject, device_subject, lot_subject, party_subject, site_subject
from traceability.demo import cast
from traceability.demo.cast import MAKER, MARKT, NORDMED
from traceability.demo.stage import between
from traceability.ledger.dossiers import keys
from traceability.store.campaigns import Campaigns, Notice
from traceability.store.people import Invitation, People
from traceability.web.actforms import FORMS
from traceability.web.security import limiter

Parts = composition.Parts
Steps = Callable[[Any, Parts], None]
R02 = f"gtin={cast.IBUPROFEN}&lot=R02"


def as_it_opens(_page: Any, _parts: Parts) -> None:
    """Nothing is done first."""


@dataclass(frozen=True)
class Look:
    """A page of an endpoint: who looks, where, and what is done first."""

    endpoint: str
    login: str
    path: str | Callable[[Parts], str]
    steps: Steps = as_it_opens


def looks(endpoint: str, login: str, *paths: str | Callable[[Parts], str]) -> list[Look]:
    return [Look(endpoint, login, path) for path in paths]


# Where pages are that only goods, matters and people make


def page_of(epc: str) -> str:
    return epc.removeprefix("https://id.gs1.org")


def a_pack(parts: Parts) -> str:
    return page_of(fresh(parts, NORDMED)[0])


def a_case(parts: Parts) -> str:
    return page_of(case_of(parts, fresh(parts, MAKER, 2)))


def an_item_elsewhere(parts: Parts) -> str:
    return f"/item?epc={case_of(parts, fresh(parts, MAKER, 1))}"


def a_statement(parts: Parts) -> str:
    with parts.history.view() as view:
        fact = view.fact(next(iter(view.holdings(MAKER.gln, limit=1))).acted)
    assert fact is not None
    return f"/statement/{fact.id}"


def made_by(parts: Parts, epc: str) -> str:
    """The page that says how the commissioning of a pack is corrected."""
    with parts.history.view() as view:
        item = view.item(epc)
        fact = None if item is None else view.fact(item.born)
    assert fact is not None
    return f"/correct/{fact.id}"


def a_correction(parts: Parts) -> str:
    return made_by(parts, fresh(parts, MAKER)[0])


def a_correction_that_others_sign_too(parts: Parts) -> str:
    return made_by(parts, fresh(parts, NORDMED)[0])


def sent(parts: Parts) -> str:
    """A pack on its way to the wholesaler."""
    [epc] = made(parts, f"LOOK{next(_numbers)}")
    assert act(parts, MAKER, "shipped", [epc], ends=between(MAKER, NORDMED)).effect
    return epc


_numbers = iter(range(10_000))


def a_delivery(parts: Parts) -> str:
    return f"/receive?dispatch={dispatch_of(parts, sent(parts))}"


def somebody(parts: Parts, login: str) -> FlaskClient:
    """A client of the application with somebody logged in."""
    return logged_in(composition.build(parts), login)


def an_exception(parts: Parts) -> str:
    """One that the wholesaler has reported: goods announced that did not come."""
    client = somebody(parts, "distributor")
    epc = sent(parts)
    headers = {"X-CSRFToken": token(client, "/home"), "Accept": "application/json"}
    form = {"kind": "missing", "items": [epc], "dispatch": dispatch_of(parts, epc)}
    return str(client.post("/exceptions", json=form, headers=headers).json["url"])


def an_alert(parts: Parts) -> str:
    """One that a pharmacy's check has raised: a label with another lot than its maker signed."""
    [epc] = made(parts, f"LOOK{next(_numbers)}")
    client = somebody(parts, "pharmacy2")
    headers = {"X-CSRFToken": token(client, "/check")}
    assert (
        client.post("/pharmacy/verdict", json={"text": label(epc, "OTHER")}, headers=headers).status_code
        == 200
    )
    return f"/alerts/{alerts(parts, epc)[0].id}"


def a_campaign(parts: Parts) -> str:
    recall = next(one for one in parts.history.registry.recalls.values() if "R02" in str(one.lots))
    now = datetime.now(UTC)
    days = [f"{now + timedelta(days=day):%Y-%m-%dT%H:%M:%S}.000Z" for day in (-1, 1)]
    Campaigns(parts.office).tell([Notice(recall.id, MARKT.gln, *days)])
    return f"/recalls/{recall.id}"


def an_invitation(parts: Parts) -> str:
    link = f"a-link-to-look-at-{next(_numbers)}"
    expires = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
    People(parts.office).invite(link, Invitation("distributor2", "authority", stamp(), expires))
    return f"/invited/{link}"


def a_dossier(of: Callable[[Parts], Subject]) -> Callable[[Parts], str]:
    return lambda parts: f"/dossier?of={of(parts).uri}"


def of_a_pack(parts: Parts) -> Subject:
    return Subject.parse(fresh(parts, NORDMED)[0])


def of_a_device(parts: Parts) -> Subject:
    with parts.history.view() as view:
        return device_subject(next(iter(keys(view, NORDMED.gln))).kid)


def opened(parts: Parts, path: str, **form: Any) -> str:
    """Where a form that the maker sends leads."""
    client = somebody(parts, "maker")
    return str(client.post(path, data={**form, "csrf_token": token(client, "/home")}).location)


def an_investigation(parts: Parts) -> str:
    """One of the maker's with a pack, and a document with a long name that the log has not noted."""
    form = {"title": "Looked at", "reason": "Because.", "until": "2031-01-01"}
    path = opened(parts, "/investigations", **form, subject=fresh(parts, NORDMED)[0])
    opened(parts, f"{path}/documents", file=(io.BytesIO(b"x"), "x" * 150))
    return path


def a_report(parts: Parts) -> str:
    """A draft of the maker's, whose clock runs."""
    form = {
        "type": "initial",
        "determined": f"{datetime.now(UTC):%Y-%m-%dT%H:%M}",
        "classification": "stolen",
    }
    return opened(parts, "/illegitimate", **form, source=fresh(parts, NORDMED)[0])


# What is done first


def a_pack_is_scanned(page: Any, parts: Parts) -> None:
    if page.query_selector("#code"):  # some acts are answers: they wait for what was set out or offered
        scan(page, code_of(fresh(parts, MAKER)[0]))


def a_shipment_is_picked(page: Any, parts: Parts) -> None:
    page.click("#picking summary")
    page.fill("#picking textarea", "09521321000018 3\nnothing\n")
    scan(page, code_of(case_of(parts, fresh(parts, MAKER, 2))))


def packing(way: str) -> Steps:
    def steps(page: Any, parts: Parts) -> None:
        page.check(f"[value={way}]")
        scan(page, code_of(case_of(parts, fresh(parts, MAKER, 2))))

    return steps


def something_does_not_fit(page: Any, _parts: Parts) -> None:
    scan(page, NOWHERE)
    page.wait_for_selector("[data-exception-kind]")
    page.click("[data-damaged]")


def a_problem_is_reported(page: Any, _parts: Parts) -> None:
    page.click("[data-report-open]")


def a_stranger_is_counted(page: Any, _parts: Parts) -> None:
    scan(page, NOWHERE)
    page.wait_for_selector("[data-kind=foreign]")


def a_list_is_tried(page: Any, _parts: Parts) -> None:
    page.check("[name=way][value=list]")
    page.fill("#list [name=text]", f"gtin,serial\n{cast.AMOXICILLIN},\n{cast.AMOXICILLIN},GOOD")
    page.click("#list button:not(.filepick)")
    page.wait_for_selector("[data-problems] tbody tr")


def the_counter_says_stop(page: Any, _parts: Parts) -> None:
    """A question in the verdict, and an older one below it."""
    for code in (f"(01){cast.AMOXICILLIN}(21)", f"(01){cast.IBUPROFEN}(21){cast.serial(STOLEN, 39)}"):
        page.fill("#code", code)
        page.press("#code", "Enter")
        until(lambda: page.query_selector("#verdict .question"), "the question")
    page.wait_for_selector("#verdict.stop")


def something_waits(page: Any, _parts: Parts) -> None:
    page.route("**/api/**", lambda route: route.abort())
    page.evaluate(KEEP)
    page.reload()
    page.wait_for_selector("#waiting-list li")


def people_are_read_from_a_file(page: Any, _parts: Parts) -> None:
    rows = b"login,name,role\nx,,king\nanna,Anna,quality\n"
    file = {"name": "people.csv", "mimeType": "text/csv", "buffer": rows}
    page.set_input_files("[name=file]", files=[file])
    page.click("form[enctype] button")
    page.wait_for_selector(".state.stop")
    page.click(".people summary >> nth=0")


def it_is_locked(page: Any, _parts: Parts) -> None:
    page.evaluate("document.querySelector('[data-lock]').click()")
    page.wait_for_selector("#lock[open]")


STOLEN = Lot(cast.IBUPROFEN, "R02", "")
NOWHERE = f"(01){cast.AMOXICILLIN}(21)NOWHERE"
KEEP = """() => import('/static/js/outbox.js').then((one) => one.keep({
  kid: 'k', seq: 0, id: 'i', submission: '{}', told: 'Something was signed.',
  log: document.getElementById('say').dataset.log, party: document.getElementById('say').dataset.party,
}))"""

LOOKS = [
    *looks("public.landing", "", "/", f"/?code=(01){cast.AMOXICILLIN}(21)A1", "/?code=nonsense"),
    *looks("accounts.login", "", "/login"),
    *looks("public.evidence", "", "/evidence"),
    *looks("offline.away", "", "/away"),
    *looks("passwords.invited", "", an_invitation, "/invited/nothing"),
    *looks("items.pack", "", a_pack),
    *looks("bench.home", "distributor", "/home"),
    *looks("items.pack", "distributor", a_pack),
    *looks("bench.receive", "distributor", a_delivery),
    Look("bench.receive", "distributor", "/receive", something_does_not_fit),
    Look("bench.receive", "distributor", a_delivery, a_problem_is_reported),
    Look("counting.count", "distributor", "/stock/count", a_stranger_is_counted),
    Look("opening.home", "distributor", "/stock/opening", a_list_is_tried),
    *looks("exceptions.exception", "distributor", an_exception),
    *looks("exceptions.home", "maker", "/exceptions"),
    *looks("exceptions.exception", "maker", an_exception),
    *looks("exceptions.new", "maker", "/exceptions/new"),
    *looks("bench.home", "maker", "/home"),
    *looks("bench.commission", "maker", "/commission"),
    Look("bench.ship", "maker", "/ship", a_shipment_is_picked),
    *looks("bench.receive", "maker", "/receive"),
    *[Look("bench.pack", "maker", "/pack", packing(way)) for way in ("packed", "unpacked", "over", "merged")],
    *looks("bench.void", "maker", "/void"),
    *looks("bench.refuse", "maker", "/refuse"),
    *looks("recalls.recall", "maker", "/recall"),
    *looks("accounts.devices", "maker", "/devices"),
    *looks("lots.home", "maker", "/lots"),
    *looks("stock.home", "maker", *(f"/stock?tab={tab}" for tab in ("", "expiring", "containers", "road", "blocked"))),
    *looks("stock.items", "maker", f"/stock/items?gtin={cast.AMOXICILLIN}&lot=A17"),
    *looks("opening.home", "maker", "/stock/opening"),
    *looks("counting.count", "maker", "/stock/count"),
    *looks("setup.scanner", "maker", "/bench/scanner"),
    *looks("master.home", "maker", "/master", "/master?kind=site"),
    *looks("acts.home", "maker", "/acts"),
    *looks("alerts.home", "maker", "/alerts"),
    *looks("notices.home", "maker", "/notices"),
    *looks("items.container", "maker", a_case),
    *looks("items.item", "maker", an_item_elsewhere),
    *looks("items.statement", "maker", a_statement),
    *looks("correcting.correct", "maker", a_correction, a_correction_that_others_sign_too),
    *looks("watch.home", "maker", "/watch"),
    *looks("dossiers.home", "maker", "/dossiers?q=nordmed", "/dossiers?q=nobody"),
    *looks("dossiers.dossier", "maker", a_dossier(of_a_pack), a_dossier(lambda _: party_subject(NORDMED.gln))),
    *looks("investigations.home", "maker", "/investigations"),
    *looks("investigations.new", "maker", "/investigations/new"),
    *looks("investigations.investigation", "maker", an_investigation),
    *looks("illegitimate.home", "maker", "/illegitimate"),
    *looks("illegitimate.new", "maker", "/illegitimate/new"),
    *looks("illegitimate.report", "maker", a_report),
    *looks("nothing", "maker", "/nothing-here", "/people"),
    *looks("bench.home", "authority", "/home"),
    *looks("master.home", "authority", "/master"),
    *looks("people.home", "authority", "/people"),
    *looks("accounts.devices", "authority", "/devices"),
    *looks("accounts.requests", "authority", "/devices/requests"),
    *looks("passwords.change", "authority", "/password"),
    *looks("audittrail.home", "authority", "/trail"),
    Look("people.home", "authority", "/people", people_are_read_from_a_file),
    Look("people.home", "authority", "/people", it_is_locked),
    *looks("bench.home", "pharmacy2", "/home"),
    *looks("pharmacy.check", "pharmacy2", "/check"),
    Look("pharmacy.check", "pharmacy2", "/check", the_counter_says_stop),
    *looks("pharmacy.lend", "pharmacy2", "/lend"),
    *looks("alerts.alert", "pharmacy2", an_alert),
    *looks("offline.outbox", "pharmacy2", "/outbox"),
    Look("offline.outbox", "pharmacy2", "/outbox", something_waits),
    *looks("campaigns.campaign", "pharmacy", a_campaign),
    *looks("campaigns.campaign", "regulator", a_campaign),
    *looks("bench.home", "regulator", "/home"),
    *looks("lots.home", "regulator", "/lots"),
    *looks("asking.home", "regulator", "/trace", f"/trace?gtin={cast.AMOXICILLIN}&lot=A17&act=received"),
    *looks("lots.lot", "regulator", f"/lot?{R02}", f"/lot?gtin={cast.AMOXICILLIN}&lot=A17"),
    *looks("snapshots.home", "regulator", "/snapshots"),
    *looks("watch.home", "regulator", "/watch"),
    *looks("alerts.home", "regulator", "/alerts"),
    *looks("audittrail.home", "regulator", "/trail"),
    *looks("dossiers.dossier", "regulator", a_dossier(of_a_pack), a_dossier(of_a_device),
           a_dossier(lambda _: lot_subject(cast.AMOXICILLIN, "A17")), a_dossier(lambda _: site_subject(NORDMED.site))),
]  # fmt: skip
ACTS = [
    Look("acts.act", "maker" if "maker" in form.parties else "pharmacy2", f"/acts/{form.name}", a_pack_is_scanned)
    for form in FORMS.values()
]  # fmt: skip
NO_PAGES = {
    "static", "public.start", "bench.find", "items.lot",
    "acts.held", "acts.labels", "acts.origin", "acts.set_out", "api.chain", "api.contents", "api.item",
    "api.statement_outcome", "api.receipt", "api.stock", "setup.code", "log.checkpoint", "log.trust", "log.tile",
    "accounts.key_state", "items.pdf", "items.receipt", "items.registry", "lots.bundle", "lots.labels", "lots.csv",
    "lots.pdf", "lots.file", "asking.file", "lots.way_svg", "offline.manifest", "offline.icon", "offline.service_worker", "offline.stock",
    "master.sample", "packing.inside", "packing.label", "campaigns.status_pdf", "picking.stock", "locks.session",
    "stock.csv", "counting.expected", "opening.sample", "audittrail.download",
    "dossiers.as_json", "dossiers.as_pdf", "investigations.document", "illegitimate.as_pdf", "illegitimate.as_json",
    "illegitimate.as_csv",
}  # fmt: skip
"""Files, answers to programs, and what leads elsewhere."""
PIECES = {"public.explain", "lots.way", "snapshots.taking", "investigations.bundle"}
"""Pieces of pages that are looked at, and pages while something is not ready."""


def test_every_page_is_looked_at(application: Flask) -> None:
    """Every address that can be opened is looked at below, or is no page."""
    opened = {rule.endpoint for rule in application.url_map.iter_rules() if "GET" in (rule.methods or ())}
    looked_at = {look.endpoint for look in [*LOOKS, *ACTS]} - {"nothing"}
    assert opened - looked_at - NO_PAGES - PIECES == set()
    assert (looked_at | NO_PAGES | PIECES) - opened == set()


def test_what_is_no_page_shows_none(application: Flask) -> None:
    for endpoint in NO_PAGES - {"static"}:
        view = inspect.unwrap(application.view_functions[endpoint])
        assert "render_template" not in inspect.getsource(view), endpoint


GROUPS = {
    **{login or "visitor": [look for look in LOOKS if look.login == login] for login in {one.login for one in LOOKS}},
    "acts": ACTS[::2],
    "more acts": ACTS[1::2],
}  # fmt: skip


@pytest.mark.browser
@pytest.mark.parametrize(("language", "scheme", "axe"), [("en-GB", "light", DESK), ("zh-CN", "dark", PHONE)])
@pytest.mark.parametrize("group", sorted(GROUPS))
def test_pages_are_accessible_and_fit(
    browser: Any, address: str, parts: Parts, group: str, language: str, scheme: str, axe: dict[str, int]
) -> None:
    """Both widths in both languages; the rules at the one width in one language, at the other in the other."""
    limiter.reset()
    other = PHONE if axe is DESK else DESK
    for login in dict.fromkeys(look.login for look in GROUPS[group]):
        with looking(browser, address, locale=language, color_scheme=scheme, viewport=other) as page:
            if login:
                log_in(page, login)
            for look in (one for one in GROUPS[group] if one.login == login):
                path = look.path if isinstance(look.path, str) else look.path(parts)
                page.goto(path)
                look.steps(page, parts)
                what = f"{path} in {language}"
                assert page.get_attribute("html", "lang")[:2] == language[:2], what
                assert page.evaluate(TOO_WIDE) == [], f"{what}, {other['width']} px"
                page.set_viewport_size(axe)
                verify(page, f"{what}, {axe['width']} px")
                (verify_keys if axe is DESK else verify_targets)(page, what)
                page.set_viewport_size(other)
                page.unroute_all()
