import msgspec
import pytest
from small_log import (
    ADMIN_KEY,
    AUTHORITY,
    AUTHORITY_KEY,
    LOG_KEY,
    MAKER,
    STATION_KEY,
    TRUST,
    SmallLog,
    body_of,
    founded,
    party_act,
    revoke_act,
)

from traceability.proof import ProofError
from traceability.proof.checkpoint import Checkpoint, sign
from traceability.proof.receipt import Receipt, verify_receipt
from traceability.proof.registrar import VerifiedRegistry
from traceability.proof.signing import LogKey, PrivateKey
from traceability.proof.trust import Authority, Trust

BODY = body_of(5)


def shipped() -> tuple[SmallLog, int]:
    log = founded()
    position = log.act(STATION_KEY, MAKER, BODY)
    log.act(STATION_KEY, MAKER, body_of(1, nonce=8), "none")
    return log, position


LOG, POSITION = shipped()
RECEIPT = LOG.receipt(POSITION)
REGISTRY = LOG.registry_entries()


def replaced(receipt: Receipt, **changes: object) -> Receipt:
    return msgspec.structs.replace(receipt, **changes)


def test_a_receipt_verifies_with_root_document_and_registry() -> None:
    verified = verify_receipt(RECEIPT, TRUST, REGISTRY)
    assert (verified.position, verified.checkpoint.size, verified.effect) == (POSITION, 5, True)
    assert (verified.core, verified.terms, verified.items) == (BODY.core, BODY.terms, BODY.items)
    assert (verified.whole, verified.signer.party, verified.signer.role) == (True, MAKER, "station")
    again = VerifiedRegistry(TRUST, REGISTRY)
    assert verify_receipt(RECEIPT, TRUST, again) == verified
    assert not verify_receipt(LOG.receipt(POSITION + 1), TRUST, again).effect


def test_receipts_are_inverses() -> None:
    shown = RECEIPT.disclosing(BODY, BODY.items[:2], terms=True)
    for receipt in (
        RECEIPT,
        shown,
        shown.with_registry(REGISTRY),
        LOG.receipt(0),
        LOG.receipt(0).with_registry([]),
    ):
        again = Receipt.parse(receipt.to_json())
        assert again.to_json() == receipt.to_json()
        assert Receipt.parse(receipt.to_json().decode()) == again


def test_a_receipt_that_carries_the_registry_verifies_alone() -> None:
    alone = RECEIPT.with_registry(LOG.registry_entries(POSITION))
    assert verify_receipt(Receipt.parse(alone.to_json()), TRUST).position == POSITION
    for entries in ([], REGISTRY[:2], [*REGISTRY, REGISTRY[0]]):
        with pytest.raises(ProofError, match="registry"):
            verify_receipt(RECEIPT.with_registry(entries), TRUST)
    with pytest.raises(ProofError, match="registry"):
        verify_receipt(RECEIPT, TRUST)


def test_a_receipt_shows_one_pack_and_no_other() -> None:
    shown = RECEIPT.disclosing(BODY, [BODY.items[3][1:]])
    verified = verify_receipt(shown, TRUST, REGISTRY)
    assert (verified.items, verified.terms, verified.whole) == ((BODY.items[3],), None, False)
    assert verified.core == BODY.core
    text = shown.to_json().decode()
    assert all(item not in text for item in BODY.items if item != BODY.items[3])


def test_the_receipt_of_a_registry_statement() -> None:
    verified = verify_receipt(LOG.receipt(2), TRUST, REGISTRY)
    assert (verified.signer.role, verified.core, verified.items) == ("administrator", None, ())
    with pytest.raises(ProofError, match="body"):
        verify_receipt(replaced(LOG.receipt(2), body=BODY), TRUST, REGISTRY)


def forged(**changes: object) -> Receipt:
    return replaced(RECEIPT, **changes)


def note_of(size: int, key: LogKey = LOG_KEY, origin: str = TRUST.origin) -> str:
    root = Checkpoint.parse(LOG.note().partition("\n\n")[0] + "\n").root
    return sign(Checkpoint(origin, size, root), key)


@pytest.mark.parametrize(
    ("receipt", "named"),
    [
        (forged(index=4), "inclusion proof"),
        (forged(proof=RECEIPT.proof[:-1]), "inclusion proof"),
        (forged(entry=LOG.entries[4]), "inclusion proof"),
        (forged(note=note_of(3)), "inclusion proof"),
        (forged(note=note_of(5, LogKey.from_seed(TRUST.origin, bytes(32)))), "checkpoint signature"),
        (forged(note=note_of(5, LogKey.from_seed("x", bytes(32)))), "checkpoint signature"),
        (forged(note=note_of(5, origin="other.example")), "checkpoint signature: It is of the log other.example"),
        (forged(body=body_of(4)), "The items of the body"),
        (forged(body=body_of(5, nonce=1)), "The core of the body"),
        (forged(note="nonsense"), "inclusion proof"),
    ],
)  # fmt: skip
def test_a_failure_names_what_failed(receipt: Receipt, named: str) -> None:
    with pytest.raises(ProofError, match=f"^{named}"):
        verify_receipt(receipt, TRUST, REGISTRY)


def test_signatures_of_keys_that_are_not_good() -> None:
    stranger, log = PrivateKey.from_scalar(99), founded()
    unknown, foreign = log.act(stranger, MAKER, BODY), log.act(STATION_KEY, AUTHORITY, BODY)
    log.register(ADMIN_KEY, MAKER, revoke_act(STATION_KEY))
    log.chains[STATION_KEY.public.kid] = (1, log.entries[foreign].statement_id)
    revoked = log.act(STATION_KEY, MAKER, BODY)
    for position, why in (
        (unknown, "is not registered"),
        (foreign, "belongs to party"),
        (revoked, "revoked by entry"),
    ):
        with pytest.raises(ProofError, match=f"^signer: .*{why}"):
            verify_receipt(log.receipt(position), TRUST, log.registry_entries())
    with pytest.raises(ProofError, match=r"^registry: "):
        verify_receipt(log.receipt(revoked), TRUST, log.registry_entries()[:3])


def test_an_entry_that_nobody_signed() -> None:
    log, position = shipped()
    entry = log.entries[position]
    head, _, signature = entry.jws.rpartition(b".")
    log.entries[position] = replaced(entry, jws=head + b"." + signature[:-3] + b"AAA"[:1] + signature[-2:])
    with pytest.raises(ProofError, match=r"^statement signature"):
        verify_receipt(log.receipt(position), TRUST, log.registry_entries())


def test_another_root_document() -> None:
    other = Trust(TRUST.origin, TRUST.log, Authority(AUTHORITY, 1, (PrivateKey.from_scalar(5).public,)))
    with pytest.raises(ProofError, match=r"registry entry 0: The key .* is not registered"):
        verify_receipt(RECEIPT, other, REGISTRY)
    with pytest.raises(ProofError, match="another root document"):
        verify_receipt(RECEIPT, other, VerifiedRegistry(TRUST, REGISTRY))


@pytest.mark.parametrize(
    ("old", "new"),
    [('{"receipt":1', '{"receipt":2'), ('{"receipt":1,', '{"receipt":1, '), ('{"receipt":1', '{"receipt":1,"receipt":1'),
     (',"body":{', ',"more":1,"body":{'), ("index 3", "extra AAAA\\nindex 3"), ("}", "}\n"),
     ("\u2014", "\\u2014"), (',"body":{', ',"disclosure":{},"body":{'), ('"proof":', '"registry":null,"proof":')],
)  # fmt: skip
def test_other_spellings_of_a_receipt_are_refused(old: str, new: str) -> None:
    text = RECEIPT.to_json().decode()
    assert old in text
    with pytest.raises(ProofError):
        Receipt.parse(text.replace(old, new, 1))


def test_body_and_parts_of_it_do_not_go_together() -> None:
    both = replaced(RECEIPT.disclosing(BODY), body=BODY)
    with pytest.raises(ProofError, match="not both"):
        Receipt.parse(both.to_json())


def test_the_registry_may_have_grown_since() -> None:
    log, position = shipped()
    receipt = log.receipt(position)
    log.register(AUTHORITY_KEY, AUTHORITY, party_act("9521000000037", "pharmacy"))
    log.register(ADMIN_KEY, MAKER, revoke_act(STATION_KEY))
    verified = verify_receipt(receipt, TRUST, log.registry_entries())
    assert verified.signer.revoked is None, "it was good when the entry was admitted"
