"""Every byte of a receipt, of a stored entry and of a bundle, flipped: both verifiers refuse and name it."""

import re

import msgspec
import pytest
from small_log import MAKER, STATION_KEY, TRUST, SmallLog, body_of, founded, make_bundle
from twin import evidence, in_chromium

from traceability.proof import ProofError
from traceability.proof.bundle import read_bundle, verify_bundle, write_bundle
from traceability.proof.entry import Entry
from traceability.proof.receipt import Receipt, verify_receipt
from traceability.proof.registrar import VerifiedRegistry
from traceability.reports import verifier

PARTS = re.compile(
    r"receipt|entry|statement|inclusion proof|checkpoint|registry|signer|body|core|terms|items?|disclosure"
)
THEIR_TRUST = verifier.read_trust(TRUST.to_json())


def small() -> SmallLog:
    log = founded()
    log.act(STATION_KEY, MAKER, body_of(3))
    log.act(STATION_KEY, MAKER, body_of(1, nonce=9))
    return log


LOG = small()
REGISTRY = LOG.registry_entries()


def flipped(data: bytes, at: int, bit: int = 1) -> bytes:
    return data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :]


def sweep(data: bytes, ours, theirs, named: re.Pattern[str]) -> None:
    for at in range(len(data)):
        changed = flipped(data, at, 1 << at % 7)
        with pytest.raises(ProofError) as refused:
            ours(changed)
        assert named.search(str(refused.value)), (at, str(refused.value))
        with pytest.raises(verifier.Refused) as refused_there:
            theirs(changed)
        assert named.search(str(refused_there.value)), (at, str(refused_there.value))


@pytest.mark.parametrize("kind", ["whole", "parts"])
def test_every_byte_of_a_receipt(kind: str) -> None:
    receipt = LOG.receipt(3).with_registry(REGISTRY)
    if kind == "parts":
        receipt = receipt.disclosing(body_of(3), body_of(3).items[1:2], terms=True)
    data = receipt.to_json()
    assert verify_receipt(Receipt.parse(data), TRUST)
    assert verifier.verify_receipt(data, THEIR_TRUST)
    sweep(
        data,
        lambda changed: verify_receipt(Receipt.parse(changed), TRUST),
        lambda changed: verifier.verify_receipt(changed, THEIR_TRUST),
        PARTS,
    )


def test_every_byte_of_a_stored_entry() -> None:
    receipt, registry = LOG.receipt(3), VerifiedRegistry(TRUST, REGISTRY)
    head = receipt.tlog_proof.checkpoint

    def ours(data: bytes) -> None:
        verify_receipt(msgspec.structs.replace(receipt, entry=Entry.parse(data)), TRUST, registry)

    def theirs(data: bytes) -> None:
        entry = verifier.within("entry", lambda: verifier.Entry(data))
        path = list(receipt.proof)
        verifier.within(
            "inclusion proof",
            lambda: verifier.verify_inclusion(entry.leaf, receipt.index, head.size, path, head.root),
        )

    ours(receipt.entry.to_bytes())
    theirs(receipt.entry.to_bytes())
    sweep(receipt.entry.to_bytes(), ours, theirs, re.compile(r".", re.DOTALL))


def bundle() -> bytes:
    statements = [LOG.receipt(3).disclosing(body_of(3), body_of(3).items[1:2]), LOG.receipt(4)]
    extras = {"README.txt": b"Read me.\n", "trace.csv": b"item\n", "verifier.py": b"#\n"}
    return make_bundle(LOG.note(), [LOG.receipt(at) for at in LOG.registry], statements, extras)


def test_every_byte_of_a_bundle() -> None:
    data = bundle()
    assert verify_bundle(read_bundle(data), TRUST)
    assert verifier.verify(data, THEIR_TRUST)
    names = re.compile("|".join([re.escape(name) for name in read_bundle(data)] + ["ZIP", "receipt"]))
    sweep(
        data,
        lambda changed: verify_bundle(read_bundle(changed), TRUST),
        lambda changed: verifier.verify(changed, THEIR_TRUST),
        names,
    )


def test_the_browser_refuses_a_byte_flipped_in_any_part() -> None:
    """One in the middle of each file, of the archive between them and of a receipt; sealed again and not."""
    data, receipt = bundle(), LOG.receipt(3).with_registry(REGISTRY).to_json()
    files = read_bundle(data)
    changed = {f"byte {at}": flipped(data, at) for at in range(5, len(data), len(data) // 40)}
    changed |= {f"receipt {at}": flipped(receipt, at) for at in range(1, len(receipt), len(receipt) // 40)}
    for name in files:
        if "/" in name:
            changed[name] = write_bundle({**files, name: flipped(files[name], len(files[name]) // 2)})
    with in_chromium() as run:
        trust = TRUST.to_json()
        good = evidence(run, [(trust, data), (trust, receipt)])
        found = dict(zip(changed, evidence(run, [(trust, one) for one in changed.values()]), strict=True))
    assert all("proven" in one for one in good)
    for name, one in found.items():
        assert "refused" in one, (name, one)
        if "/" in name:
            assert name.partition(".")[0] in one["refused"], (name, one)


@pytest.mark.parametrize(
    "name", [name for name in read_bundle(bundle()) if "/" in name or name == "checkpoint"]
)
def test_bytes_of_a_bundle_that_was_sealed_again(name: str) -> None:
    """A forger fixes checksums and manifest too; every seventh byte, and all bits of it in turn."""
    files = read_bundle(bundle())
    for at in range(0, len(files[name]), 7):
        changed = {**files, name: flipped(files[name], at, 1 << at % 8)}
        try:
            data = write_bundle(changed)
        except ProofError:
            continue  # no manifest can be made over a checkpoint that is none
        with pytest.raises(ProofError) as refused:
            verify_bundle(read_bundle(data), TRUST)
        with pytest.raises(verifier.Refused) as refused_there:
            verifier.verify(data, THEIR_TRUST)
        stem = name.partition(".")[0]
        for said in (str(refused.value), str(refused_there.value)):
            assert stem in said or "checkpoint" in said, (at, said)
