"""Working without a network: the installable app, its service worker, and what a device keeps for it.

docs/offline.md says what works then and how.
"""

import hashlib
import json
from functools import cache
from pathlib import Path

import msgspec
from flask import Blueprint, Response, abort, current_app, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue

from traceability.web import icons
from traceability.web.access import TASKS, logged_in, may
from traceability.web.babel import gettext
from traceability.web.parts import parts
from traceability.web.stockcopy import mark_of, stock_copy

blueprint = Blueprint("offline", __name__)

PAGES = ("bench.home", "pharmacy.check", "pharmacy.lend", "bench.ship", "bench.receive", "bench.pack",
         "bench.commission")  # fmt: skip
"""The working pages that open without a network, of those that a person may use."""
WORKER = "js/service-worker.js"
SIZES = (192, 512, 180)
"""Of the icon, in pixels: those of the manifest, and that of an iPhone's home screen."""
SERVED = frozenset({".js", ".css", ".svg", ".png", ".wasm", ".woff2"})


@cache
def _static_files(folder: str) -> tuple[str, tuple[str, ...]]:
    """A digest of every static file that pages load, and their names."""
    root = Path(folder)
    names = sorted(
        path.relative_to(root).as_posix()
        for path in root.rglob("*")
        if path.suffix in SERVED and path.is_file()
    )
    digest = hashlib.sha256()
    for name in names:
        digest.update(f"{name}\n".encode() + hashlib.sha256((root / name).read_bytes()).digest())
    return digest.hexdigest()[:16], tuple(names)


@blueprint.get("/sw.js")
def service_worker() -> ResponseReturnValue:
    """The service worker, at the root so that every page is within its scope; new whenever a file is."""
    folder = str(current_app.static_folder)
    digest, names = _static_files(folder)
    files = [url_for("static", filename=name) for name in names]
    build = json.dumps({"version": digest, "files": files, "away": url_for(".away")})
    source = Path(folder, WORKER).read_text("utf-8")
    response = Response(f"self.BUILD = {build};\n{source}", content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    return response


@blueprint.get("/manifest.webmanifest")
def manifest() -> ResponseReturnValue:
    """What a browser needs to install the pages as an app."""
    described = {
        "id": "/",
        "name": gettext("Medicine traceability"),
        "short_name": gettext("Medicines"),
        "start_url": url_for("public.start"),
        "scope": "/",
        "display": "standalone",
        "background_color": "#f7f6f2",
        "theme_color": "#1d4f8c",
        "icons": [
            *(_icon(size, purpose) for purpose in ("any", "maskable") for size in SIZES[:2]),
            {
                "src": url_for("static", filename="icon.svg"),
                "sizes": "any",
                "type": "image/svg+xml",
                "purpose": "any",
            },
        ],
    }
    return Response(json.dumps(described), content_type="application/manifest+json")


def _icon(size: int, purpose: str) -> dict[str, str]:
    source = url_for(".icon", purpose=purpose, size=size)
    return {"src": source, "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}


@blueprint.get("/icons/<any(any, maskable):purpose>-<int:size>.png")
def icon(purpose: str, size: int) -> ResponseReturnValue:
    """The app's icon, for what takes no SVG."""
    if size not in SIZES:
        abort(404)
    drawing = Path(str(current_app.static_folder), "icon.svg")
    response = Response(icons.png(drawing, size, maskable=purpose == "maskable"), content_type="image/png")
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


@blueprint.get("/away")
def away() -> ResponseReturnValue:
    """What a page that was not kept on the device shows instead of itself; the same for everyone."""
    return render_template("away.html")


@blueprint.get("/outbox")
@logged_in
def outbox() -> ResponseReturnValue:
    """What was signed on this device and waits, or was refused; the device fills it in."""
    return render_template("outbox.html")


@blueprint.get("/sync/stock.json")
@logged_in
def stock() -> ResponseReturnValue:
    """The party's stock for the device to keep; short where `known` names the copy that it has."""
    with parts().history.view() as view:
        if request.args.get("known") == mark_of(view):
            return jsonify(unchanged=True, at=parts().now())
        copied = msgspec.json.encode(stock_copy(view))
    return Response(copied, content_type="application/json")


@blueprint.app_template_global()
def offline_pages() -> str:
    """Addresses of the pages to keep on the device, for the person who is logged in."""
    mine = [task.endpoint for task in TASKS if task.endpoint in PAGES and may(task)]
    return " ".join([*(url_for(endpoint) for endpoint in mine), url_for("offline.outbox")])


@blueprint.app_template_global()
def outbox_words() -> dict[str, str]:
    """What the badge in the head says, places still open."""
    return {
        "waiting": gettext("%(n)s waiting"),
        "refused": gettext("%(n)s to look at"),
    }
