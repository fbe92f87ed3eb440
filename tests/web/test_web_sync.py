"""What a device fetches to work without a network: stock, service worker, manifest, a fresh token."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient

import app as composition
from traceability.demo import cast

Enter = Callable[[str], FlaskClient]
STATIC = Path(__file__).parents[2] / "static"


def test_the_stock_is_ones_own_with_what_is_inside(parts: composition.Parts, log_in: Enter) -> None:
    copy = log_in("pharmacy").get("/sync/stock.json").json
    assert (copy["party"], copy["complete"]) == (cast.MARKT.gln, True)
    paths = [f"https://id.gs1.org/{path}" for path, *_ in copy["items"]]
    assert len(paths) == len(set(paths))
    with parts.history.view() as view:
        for epc, (_, lot, condition, container, left) in zip(paths, copy["items"], strict=True):
            item = view.item(epc)
            assert item is not None
            top = view.top(item)
            assert cast.MARKT.gln in (top.custodian, top.receiver)
            assert (item.container or None) == (paths[container] if container >= 0 else None)
            assert item.left == left
            assert (item.lot is None) is (lot < 0)
            assert condition in copy["words"]
        coming = {item.epc for dispatch in view.pending(cast.MARKT.gln) for item in dispatch.items}
    assert coming <= set(paths)
    assert copy["products"][cast.AMOXICILLIN]["units"] == 20
    assert [cast.IBUPROFEN, "R02", "", "Tablets may be discoloured: stability test failed"] in copy["recalls"]


def test_a_stock_that_has_not_changed_is_not_sent_again(log_in: Enter) -> None:
    client = log_in("pharmacy3")
    mark = client.get("/sync/stock.json").json["mark"]
    again = client.get("/sync/stock.json", query_string={"known": mark}).json
    assert again["unchanged"] is True
    assert "items" in client.get("/sync/stock.json", query_string={"known": "older"}).json


@pytest.mark.parametrize("path", ["/sync/stock.json"])
def test_nothing_is_synced_without_a_session(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 401
    assert "Log in" in answer.json["detail"]


def test_a_fresh_token_is_taken(log_in: Enter) -> None:
    client = log_in("pharmacy")
    refused = client.post(
        "/pharmacy/verdict", json={"text": "x"}, headers={"X-CSRFToken": "old", "Accept": "application/json"}
    )
    assert (refused.status_code, refused.json["title"]) == (400, "CSRFError")
    fresh = client.get("/session").json["token"]
    assert (
        client.post("/pharmacy/verdict", json={"text": "x"}, headers={"X-CSRFToken": fresh}).status_code
        == 200
    )


def test_the_service_worker_names_every_file_and_their_digest(client: FlaskClient) -> None:
    answer = client.get("/sw.js")
    assert answer.content_type.startswith("text/javascript")
    assert answer.headers["Cache-Control"] == "no-cache"
    first, _, rest = answer.text.partition("\n")
    build = json.loads(first.removeprefix("self.BUILD = ").removesuffix(";"))
    assert rest == (STATIC / "js/service-worker.js").read_text("utf-8")
    for path in build["files"]:
        with client.get(path) as served:
            assert served.status_code == 200, path
    scripts = {f"/static/js/{path.name}" for path in (STATIC / "js").iterdir()}
    assert scripts <= set(build["files"])
    assert re.fullmatch("[0-9a-f]{16}", build["version"])
    away = client.get(build["away"]).text
    assert "No network" in away


def test_the_manifest_says_how_to_install(client: FlaskClient) -> None:
    manifest = client.get("/manifest.webmanifest")
    assert manifest.content_type.startswith("application/manifest+json")
    assert manifest.json["display"] == "standalone"
    wanted = {(f"{size}x{size}", purpose) for size in (192, 512) for purpose in ("any", "maskable")}
    assert {(icon["sizes"], icon["purpose"]) for icon in manifest.json["icons"]} == wanted | {("any", "any")}
    assert client.get("/icons/any-193.png").status_code == 404
    for icon in manifest.json["icons"]:
        with client.get(icon["src"]) as served:
            assert served.status_code == 200
