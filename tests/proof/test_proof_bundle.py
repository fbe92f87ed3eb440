import io
import zipfile
from pathlib import Path

import pytest
from bundles import BODY, BUNDLE, CASES, ERASED, FILES, GROWN, LOG, bundle_of, sealed, traced
from hypothesis import given
from hypothesis import strategies as st
from small_log import (
    ADMIN_KEY,
    AUTHORITY_KEY,
    MAKER,
    TRUST,
    body_of,
    compact,
    key_act,
    make_bundle,
    party_act,
    revoke_act,
)
from twin import evidence, in_chromium

from traceability.proof import ProofError
from traceability.proof.archive import read_archive, write_archive
from traceability.proof.bundle import make_manifest, read_bundle, verify_bundle, write_bundle
from traceability.reports import verifier


def both_refuse(data: bytes) -> tuple[str, str]:
    """What the two verifiers say about a bundle; it is an error where one of them accepts it."""
    with pytest.raises(ProofError) as ours:
        verify_bundle(read_bundle(data), TRUST)
    with pytest.raises(verifier.Refused) as theirs:
        verifier.verify(data, verifier.read_trust(TRUST.to_json()))
    return str(ours.value), str(theirs.value)


def test_a_bundle_verifies() -> None:
    seen: list[tuple[int, int]] = []
    verified = verify_bundle(read_bundle(BUNDLE), TRUST, lambda done, of: seen.append((done, of)))
    assert [one.position for one in verified.statements] == sorted(LOG.bodies)
    assert [one.effect for one in verified.statements] == [True, False]
    assert [one.items for one in verified.statements] == [BODY.items[1:3], body_of(2).items]
    assert (verified.registry, verified.checkpoint.size, verified.parties) == (4, 6, {MAKER})
    assert verified.newest == "2026-11-23T09:00:01.250Z"
    assert seen == [(1, 2), (2, 2)]


def test_the_other_verifier_says_what_it_has_proven(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle, trust, receipt = tmp_path / "b.zip", tmp_path / "trust.json", tmp_path / "receipt.json"
    bundle.write_bytes(BUNDLE)
    trust.write_bytes(TRUST.to_json())
    receipt.write_bytes(LOG.receipt(3).with_registry(LOG.registry_entries(3)).to_json() + b"\n")
    assert verifier.main([str(bundle), "--trust", str(trust)]) == 0
    said = capsys.readouterr().out
    assert "2 statements by 1 party" in said
    assert "log.example/test-1, 6 entries" in said
    assert "1 statement had no effect" in said
    assert "Not proven" in said
    assert verifier.main([str(receipt), "--trust", str(trust)]) == 0
    assert "1 statement by 1 party" in capsys.readouterr().out
    bundle.write_bytes(BUNDLE[:-1])
    assert verifier.main([str(bundle), "--trust", str(trust)]) == 1
    assert "NOT VERIFIED. ZIP directory" in capsys.readouterr().err
    assert verifier.main([str(tmp_path / "absent"), "--trust", str(trust)]) == 2
    assert verifier.main([str(bundle), "--trust", str(bundle)]) == 2
    with pytest.raises(SystemExit) as called_wrongly:
        verifier.main([str(bundle)])
    assert called_wrongly.value.code == 2


def test_the_archive_is_a_zip_file_that_others_read() -> None:
    with zipfile.ZipFile(io.BytesIO(BUNDLE)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == FILES
    assert write_bundle(FILES) == BUNDLE
    assert write_bundle(dict(reversed(FILES.items()))) == BUNDLE


@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,8}(/[a-z.]{1,8})?", fullmatch=True), st.binary(max_size=50), max_size=6
    )
)
def test_archives_are_inverses(files: dict[str, bytes]) -> None:
    data = write_archive(files)
    assert read_archive(data) == files
    for changed in (data + b"\0", b"\0" + data, data[:-1]):
        with pytest.raises(ProofError):
            read_archive(changed)


def test_archives_of_more_members_than_the_classic_directory_counts() -> None:
    files = {f"{n:06}": b"" for n in range(65_536)}
    data = write_archive(files)
    assert read_archive(data) == files
    assert dict(verifier.Files(io.BytesIO(data))) == files
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert len(archive.namelist()) == 65_536


def foreign_zip(files: list[tuple[str, bytes]], method: int = zipfile.ZIP_STORED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return target.getvalue()


@pytest.mark.parametrize(
    "data",
    [b"", b"PK", b"PK\x03\x04", BUNDLE[:40], BUNDLE + b"x", BUNDLE * 2, foreign_zip(list(FILES.items())),
     foreign_zip(sorted(FILES.items()), zipfile.ZIP_DEFLATED), write_archive({})],
)  # fmt: skip
def test_other_archives_are_refused(data: bytes) -> None:
    both_refuse(data)


def test_a_member_is_not_there_twice_or_out_of_order() -> None:
    cut = BUNDLE.index(b"PK\x03\x04", 4)
    first = BUNDLE[:cut]
    for data in (first + BUNDLE, BUNDLE[cut:] + first):
        assert "ZIP" in both_refuse(data)[0]


@pytest.fixture(scope="module")
def browser() -> dict[str, dict]:
    """What the browser finds of each case, and of the bundle itself."""
    given = {case: data for case, (data, _) in CASES.items()} | {"good": BUNDLE, "erased": ERASED}
    with in_chromium() as run:
        found = evidence(run, [(TRUST.to_json(), data) for data in given.values()])
    return dict(zip(given, found, strict=True))


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_inside_is_refused_and_named(browser: dict[str, dict], case: str) -> None:
    data, named = CASES[case]
    ours, theirs = both_refuse(data)
    assert named in ours
    assert named in theirs
    assert "refused" in browser[case], browser[case]
    assert named in f"{browser[case]['refused']} {browser[case]['why']}"


def test_the_browser_finds_what_the_others_find(browser: dict[str, dict]) -> None:
    found = browser["good"]["proven"]
    theirs = verifier.verify(BUNDLE, verifier.read_trust(TRUST.to_json()))
    assert (found["statements"], found["registry"], found["size"]) == (
        len(theirs.statements), theirs.registry, theirs.checkpoint.size,
    )  # fmt: skip
    assert (found["whole"], found["part"], found["refused"], found["newest"]) == (1, 1, 1, theirs.newest)


def test_a_bundle_tells_of_bodies_erased_by_law(browser: dict[str, dict]) -> None:
    ours = verify_bundle(read_bundle(ERASED), TRUST)
    theirs = verifier.verify(ERASED, verifier.read_trust(TRUST.to_json()))
    found = browser["erased"]["proven"]
    assert [one.erased.size for one in ours.statements if one.erased] == [7]
    assert [(one.position, one.erased.size) for one in theirs.statements if one.erased] == [(6, 7)]
    assert [(one["index"], one["size"]) for one in found["erased"]] == [(6, 7)]
    told = verifier.describe(theirs)
    assert "1 erased by law" in told
    assert "Entry 6: its body was erased by law on 2026-11-23" in told


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"README.txt": b"changed"}, "README.txt"),
        ({"trace.csv": None}, "trace.csv"),
        ({"trace.json": b"{}"}, "trace.json"),
        ({"checkpoint": None}, "checkpoint"),
        ({"manifest.json": None}, "manifest.json"),
        ({"manifest.json": b"{}"}, "manifest.json"),
        ({"manifest.json": b"\xff"}, "manifest.json"),
        ({"manifest.json": FILES["manifest.json"].replace(b'"size":6', b'"size":7')}, "manifest.json"),
        ({"manifest.json": FILES["manifest.json"].replace(b"log.example", b"log.elsewhere")}, "manifest.json"),
        ({"manifest.json": FILES["manifest.json"].replace(b"signed by nobody", b"signed by all")}, "manifest.json"),
        ({"manifest.json": FILES["manifest.json"].replace(b"\n", b"")}, "manifest.json"),
    ],
)  # fmt: skip
def test_the_manifest_is_of_these_files(changes: dict[str, bytes | None], named: str) -> None:
    files = {name: content for name, content in {**FILES, **changes}.items() if content is not None}
    ours, theirs = both_refuse(write_archive(files))
    assert named in ours
    assert named in theirs


@pytest.mark.parametrize(
    "name",
    [
        "evil.sh",
        "../x",
        "statements/03.entry",
        "registry/1.entry",
        "statements/x.entry",
        "trace.exe",
        "registry/000000.disclosure.json",
    ],
)
def test_files_that_are_not_of_a_bundle_are_refused(name: str) -> None:
    with pytest.raises(ProofError, match="not a file of an evidence bundle"):
        sealed({name: b""})
    listed = make_manifest({**{n: c for n, c in FILES.items() if n != "manifest.json"}, "trace.pdf": b""})
    both_refuse(
        write_archive({**FILES, name: b"", "manifest.json": listed.replace(b"trace.pdf", name.encode())})
    )


def test_a_proof_must_lead_to_the_bundles_checkpoint() -> None:
    with pytest.raises(ProofError, match="checkpoint of the bundle"):
        make_bundle(LOG.note(), [], [GROWN.receipt(3)], {})


def test_a_bundle_without_statements_and_one_of_registry_alone() -> None:
    for registry in ([], [LOG.receipt(at) for at in LOG.registry]):
        data = make_bundle(LOG.note(), registry, [], {})
        assert verify_bundle(read_bundle(data), TRUST).statements == ()
        assert verifier.verify(data, verifier.read_trust(TRUST.to_json())).statements == []


def test_both_verifiers_judge_signatures_alike() -> None:
    """Keys that are not good, each in a log that is otherwise well made."""
    for act in (
        party_act("9521000000037", "maker"),  # an administrator registers a party
        key_act(MAKER, "administrator", AUTHORITY_KEY),
        compact(
            {
                "type": "revoke",
                "kid": AUTHORITY_KEY.public.kid,
                "reason": "lost",
                "since": "2026-11-23T10:00:00+01:00",
            }
        ),
        revoke_act(AUTHORITY_KEY, "annoyed"),
        compact({"type": "key"}),
    ):
        log = traced()
        log.register(ADMIN_KEY, MAKER, act)
        ours, theirs = both_refuse(bundle_of(log))
        assert "registry entry 4" in ours
        assert "registry entry 4" in theirs
    log = traced()
    log.register(ADMIN_KEY, MAKER, revoke_act(ADMIN_KEY), "none")
    ours, theirs = both_refuse(bundle_of(log))
    assert "gave no effect" in ours
    assert "gave no effect" in theirs
