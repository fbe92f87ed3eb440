"""The log as the world may fetch it: C2SP tlog-tiles over HTTP, and the root document.

Hashes and checkpoints are public. Entry bundles, which show who signed when, go to registered parties:
here, to whoever is logged in (DESIGN section 3).
"""

from flask import Blueprint, Response, abort
from flask.typing import ResponseReturnValue

from traceability.proof import ProofError
from traceability.proof.merkle import parse_tile_path
from traceability.web.access import logged_in
from traceability.web.parts import parts

blueprint = Blueprint("log", __name__)

# A full tile never changes; a partial one is replaced by its longer successors.
_FOR_EVER = "public, max-age=31536000, immutable"
_PRIVATE_FOR_EVER = "private, max-age=31536000, immutable"


@blueprint.get("/checkpoint")
def checkpoint() -> ResponseReturnValue:
    """The newest signed checkpoint (C2SP tlog-checkpoint)."""
    return _open(Response(parts().history.checkpoint(), content_type="text/plain; charset=utf-8"), "no-cache")


@blueprint.get("/trust.json")
def trust() -> ResponseReturnValue:
    """The root document that pins this log's key and the authority's keys."""
    return Response(parts().trust.to_json(), content_type="application/json")


def _place(path: str) -> tuple[int | None, int, int]:
    """Level (None for entries), index and width of a C2SP tile path below /tile/."""
    try:
        return parse_tile_path(f"tile/{path}")
    except ProofError:
        abort(404)


@blueprint.get("/tile/<path:path>")
def tile(path: str) -> ResponseReturnValue:
    """A tile of hashes, or an entry bundle, by its C2SP path."""
    level, index, width = _place(path)
    if level is None:
        return entries(index, width)
    hashes = parts().history.tile(level, index, width)
    if hashes is None:
        abort(404)
    return _open(Response(hashes, content_type="application/octet-stream"), _FOR_EVER)


@logged_in
def entries(index: int, width: int) -> ResponseReturnValue:
    """An entry bundle: each entry after its length as two bytes, big-endian."""
    bundle = parts().history.entries(index, width)
    if bundle is None:
        abort(404)
    response = Response(bundle, content_type="application/octet-stream")
    response.headers["Cache-Control"] = _PRIVATE_FOR_EVER
    return response


def _open(response: Response, cache: str) -> Response:
    """Let any page and any cache have this."""
    response.headers["Cache-Control"] = cache
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
