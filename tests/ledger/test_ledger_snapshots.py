"""Snapshots: the same from any ledger of the same log, dear only where something changed, and whole traces."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from eventful import eventful
from replays import replaying
from supply_chain import AMOX, LOT, MAKER, NORD, REGULATOR, SupplyChain
from twin import CHROMIUM, Run, evidence, in_chromium

from traceability.custody.closing import closed_set
from traceability.custody.snapshot import Row, place_of
from traceability.ledger.exhibits import Exhibits
from traceability.ledger.history import History
from traceability.ledger.proven import Proven
from traceability.ledger.snapshots import (
    Rows,
    compute,
    keeping,
    pack_groups,
    take,
    unpack_groups,
    verify_snapshot,
)
from traceability.proof import ProofError
from traceability.proof.bundle import read_bundle, verify_bundle, write_bundle
from traceability.proof.signing import LogKey
from traceability.proof.snapshot import Countersignature
from traceability.reports import verifier
from traceability.reports.completeness import Completeness, sentences, verify_trace
from traceability.reports.evidence import Exhibited, evidence_bundle
from traceability.reports.trace import about_lot, shown_rows
from traceability.store import StoreError
from traceability.store.sqlite import SqliteStore

KEY = bytes(range(32))
BROWSER: list[Run] = []
"""The third verifier, where there is a browser."""


@pytest.fixture(scope="module", autouse=True)
def _browser() -> Iterator[None]:
    if not CHROMIUM.exists():
        yield
        return
    with in_chromium() as run:
        BROWSER.append(run)
        yield
        BROWSER.clear()


def bundle(history: History, viewer: str = REGULATOR, size: int | None = None) -> bytes:
    """The evidence of lot A17 as of a snapshot."""
    out = io.BytesIO()
    with history.view() as view:
        proven, exhibits = Proven(view, LOT, viewer, KEY, size), Exhibits(view)
        exhibited = Exhibited(
            exhibits.note,
            exhibits.registry(),
            exhibits.of_lot(LOT, viewer, proven.size),
            lambda: shown_rows(proven.packs(), view.registry),
            about_lot(LOT, view.registry, exhibits.note),
            proven.files(exhibits.size),
        )
        evidence_bundle(exhibited, out)
    return out.getvalue()


def judge(data: bytes, chain: SupplyChain) -> Completeness:
    """What both verifiers find, when they agree."""
    files = read_bundle(data)
    ours = verify_trace(files, verify_bundle(files, chain.trust))
    theirs = verifier.verify(data, verifier.read_trust(chain.trust.to_json())).whole
    assert ours is not None
    assert theirs is not None
    assert theirs == (
        ours.lot, ours.size, ours.packs, ours.proven, list(ours.countersigned), ours.closed, ours.same,
    )  # fmt: skip
    for run in BROWSER:
        found = evidence(run, [(chain.trust.to_json(), data)])[0]["proven"]["complete"]
        names = ("lot", "size", "packs", "proven", "countersigned", "closed", "same")
        assert found == dict(zip(names, theirs, strict=True))
    return ours


def refused(files: dict[str, bytes], chain: SupplyChain) -> str:
    """Why both verifiers refuse a bundle of these files, its checksums mended."""
    data = write_bundle(files)

    def verify() -> None:
        read = read_bundle(data)
        verify_trace(read, verify_bundle(read, chain.trust))

    with pytest.raises(ProofError) as ours:
        verify()
    with pytest.raises(verifier.Refused) as theirs:
        verifier.verify(data, verifier.read_trust(chain.trust.to_json()))
    words = (str(ours.value).split(":")[0], str(theirs.value).split(":")[0].strip("'"))
    assert words[0] == words[1], (str(ours.value), str(theirs.value))
    for run in BROWSER:
        found = evidence(run, [(chain.trust.to_json(), data)])[0]
        assert "refused" in found, found
        assert words[0].partition("/")[0] in f"{found['refused']} {found['why']}", (str(ours.value), found)
    return str(ours.value)


class Taken(NamedTuple):
    """A log with a closed lot and a countersigned snapshot."""

    chain: SupplyChain
    history: History
    data: bytes


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Taken]:
    chain = SupplyChain()
    eventful(chain)
    serials = sorted(item.epc.rpartition("/")[2] for item in chain.world.items.values() if item.lot == LOT)
    count, root = closed_set(serials)
    act = {"type": "lot", "gtin": AMOX, "lot": "A17", "count": count, "root": root}
    chain.good(chain.register(chain.signers[MAKER], act))
    with replaying(tmp_path_factory.mktemp("log"), chain) as (store, replay):
        history = replay(lambda _: None)
        snapshot, _ = take(history, KEY, keeping(store, chain.log_key))
        seen = Countersignature(snapshot.head.size, snapshot.head.digest)
        chain.good(chain.register(chain.signers[REGULATOR], msgspec.to_builtins(seen)))
        chain.good(chain.act(MAKER, "sampled", chain.packs(1, first=11)))  # what comes later is not in it
        history = replay(lambda _: None)
        yield Taken(chain, history, bundle(history))


def test_a_trace_as_of_a_countersigned_snapshot_is_whole(taken: Taken) -> None:
    found = judge(taken.data, taken.chain)
    assert (found.packs, found.proven, found.same) == (15, 15, True)
    assert found.countersigned == (REGULATOR,)
    assert any("these, and no others" in sentence for sentence in sentences(found))
    told = verifier.describe(verifier.verify(taken.data, verifier.read_trust(taken.chain.trust.to_json())))
    assert f"Countersigned by {REGULATOR}" in told
    assert "these, and no others" in told
    assert bundle(taken.history) == taken.data


def test_who_may_see_less_still_learns_how_many_there_are(taken: Taken) -> None:
    found = judge(bundle(taken.history, NORD), taken.chain)
    assert found.packs == 15
    assert 0 < found.proven < 15
    assert found.same is None
    assert any("not shown" in sentence for sentence in sentences(found))


def test_what_is_not_countersigned_or_closed_is_said(
    chain: SupplyChain, replay: Callable, tmp_path: Path
) -> None:
    eventful(chain)
    history = replay(lambda _: None)
    store = SqliteStore(tmp_path / "ledger.db")
    take(history, KEY, keeping(store, chain.log_key))
    store.close()
    found = judge(bundle(history), chain)
    assert (found.countersigned, found.closed) == ((), None)
    told = " ".join(sentences(found))
    assert "No regulator has countersigned" in told
    assert "not closed" in told


# Left out, added, altered: each with manifest and checksums mended, so that only the proof can tell


def told(files: dict[str, bytes]) -> dict[str, list[dict[str, object]]]:
    return msgspec.json.decode(files["trace.json"])


def with_packs(files: dict[str, bytes], packs: list[dict[str, object]]) -> dict[str, bytes]:
    """The files with another trace, in both its forms."""
    names = list(packs[0])
    lines = [
        ",".join(names),
        *(",".join("" if one is None else str(one) for one in pack.values()) for pack in packs),
    ]
    text = msgspec.json.encode({"about": told(files)["about"], "packs": packs})
    return {**files, "trace.json": text, "trace.csv": "\r\n".join([*lines, ""]).encode()}


def test_a_pack_left_out_or_added_is_named(taken: Taken) -> None:
    files, chain, _ = read_bundle(taken.data), taken.chain, None
    packs = told(files)["packs"]
    assert "trace.json: it has 14 packs, and the lot had 15" in refused(with_packs(files, packs[1:]), chain)
    more = [*packs, {**packs[0], "serial": "A1799999"}]
    assert "trace.json: it has 16 packs" in refused(with_packs(files, more), chain)
    assert "its epc is" in refused(with_packs(files, [packs[1], packs[0], *packs[2:]]), chain)


@pytest.mark.parametrize("name", ["state", "holder_gln", "container", "statement", "serial", "lot", "entry"])
def test_another_word_about_a_pack_is_named(taken: Taken, name: str) -> None:
    files = read_bundle(taken.data)
    packs = told(files)["packs"]
    packs[2][name] = 7 if name == "entry" else "another"
    assert f"its {name} is" in refused(with_packs(files, packs), taken.chain)


def test_a_table_that_says_something_else_than_the_other_is_named(taken: Taken) -> None:
    files = read_bundle(taken.data)
    changed = files["trace.csv"].replace(b"sampled", b"active")
    assert changed != files["trace.csv"]
    assert "trace.csv" in refused({**files, "trace.csv": changed}, taken.chain)


def test_a_last_statement_left_out_is_named(taken: Taken) -> None:
    files = read_bundle(taken.data)
    for pack in told(files)["packs"]:
        gone = f"statements/{pack['entry']}."
        less = {name: data for name, data in files.items() if not name.startswith(gone)}
        assert "the last one about" in refused(less, taken.chain)


def test_a_last_move_put_back_to_the_one_before_is_named(taken: Taken) -> None:
    """The forger changes the row too: then its group no longer leads to the signed root."""
    files = read_bundle(taken.data)
    lines = files["snapshot/000000.rows"].split(b"\n")
    at = next(n for n, line in enumerate(lines) if b'"condition":"sampled"' in line)
    lines[at] = lines[at].replace(b'"condition":"sampled"', b'"condition":"active"')
    rows = {**files, "snapshot/000000.rows": b"\n".join(lines)}
    assert "snapshot/000000.rows: The rows are not those of the snapshot" in refused(rows, taken.chain)


def test_rows_hidden_dropped_doubled_or_in_another_order_are_named(taken: Taken) -> None:
    files = read_bundle(taken.data)
    name = "snapshot/000000.rows"
    head, _, body = files[name].partition(b"\n\n")
    lines = body.split(b"\n")[:-1]

    def changed(rows: list[bytes]) -> str:
        return refused({**files, name: head + b"\n\n" + b"\n".join(rows) + b"\n"}, taken.chain)

    assert name in changed(lines[1:])
    assert name in changed([lines[0], *lines])
    assert name in changed([lines[1], lines[0], *lines[2:]])
    salt, _, row = lines[0].partition(b" ")
    leaf = verifier.sha256(b"\0" + verifier.decode64(salt.decode()) + row)
    told_less = changed([b"-0 " + verifier.encode64(leaf).encode(), *lines[1:]])
    assert "its row is not shown" in told_less


def test_the_row_of_a_container_left_out_is_named(taken: Taken) -> None:
    files = read_bundle(taken.data)
    names = sorted(name for name in files if name.endswith(".rows"))
    assert len(names) > 1
    less = {name: data for name, data in files.items() if name not in names[1:]}
    assert "the row of the container" in refused(less, taken.chain)


def test_another_note_is_named(taken: Taken) -> None:
    files, chain = read_bundle(taken.data), taken.chain
    note = files["snapshot/note"].decode()
    lines = note.split("\n")
    lines[3] = "14 " + lines[3].split(" ")[1]
    assert "snapshot/note: snapshot signature" in refused(
        {**files, "snapshot/note": "\n".join(lines).encode()}, chain
    )
    with taken.history.view() as view:
        head = compute(view, view.reader.snapshot().size, KEY).head  # type: ignore[union-attr]
    other = head.signed(LogKey.from_seed(chain.trust.origin, bytes(32)))
    assert "snapshot/note" in refused({**files, "snapshot/note": other.encode()}, chain)
    elsewhere = msgspec.structs.replace(head, origin="elsewhere")
    assert "snapshot/note" in refused(
        {**files, "snapshot/note": elsewhere.signed(chain.log_key).encode()}, chain
    )
    rewritten = msgspec.structs.replace(head, head=bytes(32))
    assert "snapshot/consistency" in refused(
        {**files, "snapshot/note": rewritten.signed(chain.log_key).encode()}, chain
    )
    for name in ("snapshot/note", "snapshot/consistency"):
        less = {one: data for one, data in files.items() if one != name}
        assert "snapshot" in refused(less, chain)


def test_an_operator_that_signs_another_state_is_not_countersigned(taken: Taken) -> None:
    """Rows of its own making verify as far as the operator vouches; the regulator's signature is not on them."""
    with taken.history.view() as view:
        kept = view.reader.snapshot()
        assert kept is not None
        with pytest.raises(StoreError, match="its root differs"):
            verify_snapshot(
                view,
                msgspec.structs.replace(compute(view, kept.size, KEY).head, root=bytes(32)).signed(
                    taken.chain.log_key
                ),
                KEY,
            )
        assert verify_snapshot(view, kept.note, KEY).size == kept.size
        with pytest.raises(StoreError, match="root differs"):
            verify_snapshot(view, kept.note, bytes(32))


# Cost and sameness


def test_only_what_has_changed_is_hashed_again(chain: SupplyChain, replay: Callable) -> None:
    eventful(chain)
    seen: list[tuple[int, list[object]]] = []

    def look(history: History) -> None:
        with history.view() as view:
            size = view.reader.size()
            whole = compute(view, size, KEY)
            since = None if not seen else seen[-1]
            again = compute(view, size, KEY, since)  # type: ignore[arg-type]
            assert (again.head, again.groups) == (whole.head, whole.groups)
            assert again.hashed <= whole.hashed
            seen.append((size, whole.groups))

    history = replay(look)
    with history.view() as view:
        for size, groups in seen:
            assert compute(view, size, KEY).groups == groups


def test_rows_are_sorted_and_of_one_spelling(chain: SupplyChain, replay: Callable) -> None:
    eventful(chain)
    history = replay(lambda _: None)
    with history.view() as view:
        source = Rows(view, view.reader.size())
        for name, lot in source.lots():
            keys = []
            for item in source.of_lot(lot):
                row = Row.parse(source.encode(item))
                assert place_of(row).group == name
                keys.append(place_of(row).key)
            assert keys == sorted(set(keys))
    assert unpack_groups(pack_groups([])) == []


# What was signed and logged: each tampering named by both verifiers


def test_tampering_with_the_evidence_itself_is_named(taken: Taken) -> None:
    files, chain = read_bundle(taken.data), taken.chain
    entries = sorted(name for name in files if name.startswith("statements/") and name.endswith(".entry"))
    first, second = entries[0][:-6], entries[1][:-6]

    def swapped(end: str) -> dict[str, bytes]:
        one, other = first + end, second + end
        return {**files, one: files[other], other: files[one]}

    both = {
        **swapped(".entry"),
        **{name: swapped(".proof")[name] for name in (first + ".proof", second + ".proof")},
    }
    assert first in refused(swapped(".entry"), chain)  # another statement in its place
    assert first in refused(both, chain)  # reordered, each with its own proof
    assert first in refused(swapped(".disclosure.json"), chain)  # another body
    entry = files[first + ".entry"]
    backdated = entry.replace(b"\n2026-11-23T", b"\n2026-11-22T", 1)
    assert backdated != entry
    assert first in refused({**files, first + ".entry": backdated}, chain)
    less = {name: data for name, data in files.items() if not name.startswith("registry/000005.")}
    assert "registry/000005.entry: missing" in refused(less, chain)
    forged = files["registry/000002.entry"].replace(b" effect ", b" none ", 1)
    assert "registry/000002" in refused({**files, "registry/000002.entry": forged}, chain)


def test_a_checkpoint_of_another_log_is_named(taken: Taken) -> None:
    files, chain = read_bundle(taken.data), taken.chain
    other = files["checkpoint"].replace(chain.trust.origin.encode(), b"elsewhere.example/log")
    everywhere = {
        name: data.replace(files["checkpoint"], other) if name.endswith(".proof") else data
        for name, data in files.items()
    }
    assert "checkpoint" in refused({**everywhere, "checkpoint": other}, chain)


def test_a_countersignature_by_a_revoked_key_has_no_effect(
    chain: SupplyChain, replay: Callable, tmp_path: Path
) -> None:
    eventful(chain)
    history = replay(lambda _: None)
    store = SqliteStore(tmp_path / "ledger.db")
    snapshot, _ = take(history, KEY, keeping(store, chain.log_key))
    store.close()
    regulator = chain.signers[REGULATOR]
    revoke = {"type": "revoke", "kid": regulator.key.public.kid, "reason": "lost", "since": chain.time()}
    chain.good(chain.register(chain.authority, revoke))
    seen = Countersignature(snapshot.head.size, snapshot.head.digest)
    raw = chain.registering(regulator, msgspec.to_builtins(seen))
    chain.submissions.append((raw, chain.admitted()))
    with pytest.raises(ValueError, match="revoked"):
        replay(lambda _: None)
    assert judge(bundle(history), chain).countersigned == ()


@pytest.mark.parametrize("party", [MAKER, NORD])
def test_only_a_regulator_countersigns(chain: SupplyChain, party: str) -> None:
    outcome = chain.register(chain.signers[party], {"type": "snapshot", "size": 1, "snapshot": "A" * 43})
    assert "regulator" in str(outcome.refusal)


def test_nobody_countersigns_what_is_not_there_yet(chain: SupplyChain) -> None:
    act = {"type": "snapshot", "size": 10**6, "snapshot": "A" * 43}
    assert "at most" in str(chain.register(chain.signers[REGULATOR], act).refusal)
