"""What pages, receipts and bundles say of a body that was erased by law."""

from collections.abc import Callable
from typing import NamedTuple

import msgspec
import pytest
from flask.testing import FlaskClient
from test_web_api import loose_pack, stamp, station

import app as composition
from traceability.custody.compose import compose
from traceability.demo import cast
from traceability.ledger.erasing import carry_out, draft_erase
from traceability.ledger.founding import read_log_key, snapshot_key
from traceability.ledger.keyfile import KeyFile, new_nonce
from traceability.ledger.mark import MarkFile
from traceability.ledger.snapshots import keeping, take
from traceability.ledger.station import Station
from traceability.proof.receipt import Receipt, verify_receipt
from traceability.proof.snapshot import Countersignature
from traceability.reports import verifier
from traceability.settings import Settings

LogIn = Callable[[str], FlaskClient]
SECRET = "Zacharias Quimby"


class Erased(NamedTuple):
    """A statement whose body is ordered to be erased, and how to carry that out."""

    id: str
    order: str
    epc: str
    carry_out: Callable[[], object]


def signing(parts: composition.Parts, name: str, gln: str) -> Station:
    key = KeyFile.open(next(parts.settings.stations.glob(name)), cast.PASSPHRASE).key
    chain = parts.history.chain(key.public.kid)
    return Station(key, gln, parts.trust.origin, chain=chain, nonce=new_nonce)


@pytest.fixture
def erased(parts: composition.Parts) -> Erased:
    settings, trust = parts.settings, parts.trust
    epc = loose_pack(parts, cast.MAKER)
    moved = compose("moved", time=stamp(), items=[epc], site=cast.MAKER.site,
                    signer=SECRET, reason=SECRET)  # fmt: skip
    outcome = parts.sequencer.submit(station(parts, cast.MAKER).sign(moved, stamp()))
    assert outcome.effect, outcome
    key, mark = snapshot_key(settings), MarkFile(settings.mark, trust.origin)
    taken, _ = take(parts.history, key, keeping(parts.store, read_log_key(settings, trust)))
    regulator = signing(parts, "regulator-station.pem", cast.REGULATOR.gln)
    seen = msgspec.json.encode(Countersignature(taken.head.size, taken.head.digest))
    assert parts.sequencer.submit(regulator.register(seen, stamp())).effect
    act = draft_erase(settings.ledger, trust, mark, [outcome.id], reason="court_order", reference="7/26")
    authority = signing(parts, "*-authority.pem", cast.AUTHORITY.gln)
    order = parts.sequencer.submit(authority.register(msgspec.json.encode(act), stamp()))
    assert order.effect, order
    return Erased(outcome.id, order.id, epc, lambda: carry_out(settings.ledger, trust, mark, key=key))


def test_pages_and_receipts_say_what_was_erased(
    log_in: LogIn, parts: composition.Parts, erased: Erased
) -> None:
    assert isinstance(parts.settings, Settings)
    client = log_in("maker")
    path = f"/statement/{erased.id}"
    before = client.get(path).text
    assert SECRET in before
    assert "is to be erased by law" in before
    erased.carry_out()
    after = client.get(path).text
    assert SECRET not in after
    assert "was erased by law" in after
    assert "order of a court" in after
    assert f"/statement/{erased.order}" in after
    assert "1 item" in after
    way = client.get(erased.epc.removeprefix("https://id.gs1.org")).text
    assert "What it said was erased by law" in way
    known = client.get("/dossier", query_string={"of": erased.epc}).text
    assert "What it said was erased by law" in known
    assert SECRET not in known
    order = client.get(f"/statement/{erased.order}").text
    assert "Bodies are erased by law" in order
    assert erased.id in order
    data = client.get(f"{path}/receipt.json").data
    found = verify_receipt(Receipt.parse(data.strip()), parts.trust)
    assert found.erased is not None
    assert found.erased.party == cast.AUTHORITY.gln
    theirs = verifier.verify(data, verifier.read_trust(parts.settings.trust.read_bytes()))
    assert "erased by law" in verifier.describe(theirs)
    listed = log_in("regulator").get("/snapshots").text
    assert "Bodies erased by law" in listed
    assert "order of a court, 7/26" in listed
