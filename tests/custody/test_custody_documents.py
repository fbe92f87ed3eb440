"""Documents are noted in the log by salted hashes, from rules version 3 on."""

from hashlib import sha256

import pytest
from supply_chain import MAKER, MARKT, REGULATOR, Signer, SupplyChain

from traceability.custody import CustodyError
from traceability.custody.registrations import parse_registration
from traceability.custody.registry import EVIDENCE
from traceability.proof.documents import noted_name

NAME = noted_name(b"s" * 32, sha256(b"a photograph").digest())
ACT = {"type": "evidence", "documents": [NAME]}


def test_documents_are_noted_once_and_by_whom(chain: SupplyChain) -> None:
    chain.good(chain.register(chain.authority, {"type": "rules", "version": EVIDENCE}))
    outcome = chain.good(chain.register(chain.signers[MAKER], ACT))
    noted = chain.world.registry.documents[NAME]
    assert (noted.party, noted.position) == (MAKER, outcome.position)
    again = {**ACT, "documents": [noted_name(b"t" * 32, sha256(b"another").digest()), NAME]}
    chain.good(chain.register(chain.signers[REGULATOR], again))
    assert chain.world.registry.documents[NAME] == noted
    assert len(chain.world.registry.documents) == 2


def test_only_who_answers_for_a_party_notes_documents(chain: SupplyChain) -> None:
    assert chain.register(chain.signers[MAKER], ACT).refusal is not None
    chain.good(chain.register(chain.authority, {"type": "rules", "version": EVIDENCE}))
    pharmacist = Signer(MARKT, chain.key("pharmacist"))
    chain.good(chain.register(chain.signers[MARKT], chain.key_act(pharmacist, "pharmacist")))
    assert chain.register(pharmacist, ACT).refusal is not None


@pytest.mark.parametrize(
    "act",
    [
        b'{"type":"evidence","documents":[]}',
        b'{"type":"evidence","documents":["short"]}',
        b'{"type":"evidence","documents":["%b","%b"]}' % (NAME.encode(), NAME.encode()),
        b'{"type":"evidence","documents":["%b"],"name":"Anna"}' % NAME.encode(),
    ],
)
def test_an_act_that_notes_nothing_right_is_refused(act: bytes) -> None:
    with pytest.raises(CustodyError):
        parse_registration(act)
