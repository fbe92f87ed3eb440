"""Evidence checked in the browser: the third checker agrees with the other two, also on what was altered."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from forms import token
from journey import until

import app as composition
from traceability.demo import cast
from traceability.ledger.founding import read_trust
from traceability.proof.archive import read_archive, write_archive
from traceability.reports import verifier

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("evidence")


def bundle_of(client: FlaskClient) -> bytes:
    with client.get(f"/lot/evidence.zip?gtin={cast.AMOXICILLIN}&lot=A18") as response:
        return response.data


def check(page: Any, file: Path, trust: Path | None) -> str:
    """What the page says of a file."""
    page.goto("/evidence")
    if trust is not None:
        page.set_input_files("[name=trust]", str(trust))
    page.set_input_files("[name=file]", str(file))
    until(lambda: page.query_selector("#answer .verdict"), "the verdict on the evidence")
    return str(page.inner_text("#answer"))


def rewritten(data: bytes, change: Callable[[dict[str, bytes]], None]) -> bytes:
    """A bundle whose files were changed and whose manifest was made to fit again."""
    import hashlib

    files = read_archive(data)
    change(files)
    manifest = json.loads(files["manifest.json"])
    listed = [one for one in manifest["files"] if one["name"] in files]
    for one in listed:
        one["sha256"] = hashlib.sha256(files[one["name"]]).hexdigest()
    spell = lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":"))  # noqa: E731
    head = spell({name: manifest[name] for name in ("bundle", "origin", "size")} | {"files": []})
    files["manifest.json"] = (head[:-2] + "\n" + ",\n".join(map(spell, listed)) + "\n]}\n").encode()
    return write_archive(files)


def test_a_bundle_and_a_receipt_verify_in_the_page(
    page: Any, log_in: Callable[[str], FlaskClient], parts: composition.Parts, kept: Path
) -> None:
    client = log_in("regulator")
    file, trust = kept / "bundle.zip", kept / "trust.json"
    file.write_bytes(bundle_of(client))
    trust.write_bytes(parts.settings.trust.read_bytes())
    found = verifier.verify(file.read_bytes(), verifier.read_trust(trust.read_bytes()))
    said = check(page, file, trust)
    assert said.startswith("Verified")
    assert f"{len(found.statements)} statements" in said
    assert "the trust.json that you chose" in said
    with parts.history.view() as view:
        item = next(view.lot_items(cast.AMOXICILLIN, "A18"))
        statement = view.steps(item.epc)[0].fact.id
    receipt = kept / "receipt.json"
    receipt.write_bytes(client.get(f"/statement/{statement}/receipt.json").data)
    said = check(page, receipt, None)
    assert said.startswith("Verified")
    assert "this server's trust.json" in said


ALTERED: dict[str, tuple[str, Callable[[dict[str, bytes]], None]]] = {}


def altered(name: str, part: str) -> Callable[[Callable[[dict[str, bytes]], None]], None]:
    def keep(change: Callable[[dict[str, bytes]], None]) -> None:
        ALTERED[name] = part, change

    return keep


def _first(files: dict[str, bytes], end: str) -> str:
    return next(name for name in sorted(files) if name.startswith("statements/") and name.endswith(end))


def _flip(files: dict[str, bytes], name: str, at: int = -40) -> None:
    data = bytearray(files[name])
    data[at] = ord("A") if data[at] != ord("A") else ord("B")
    files[name] = bytes(data)


@altered("an entry", "statements/")
def _(files: dict[str, bytes]) -> None:
    _flip(files, _first(files, ".entry"))


@altered("a proof", "statements/")
def _(files: dict[str, bytes]) -> None:
    _flip(files, _first(files, ".proof"), 60)


@altered("a body", "statements/")
def _(files: dict[str, bytes]) -> None:
    name = _first(files, ".disclosure.json")
    files[name] = (
        files[name].replace(b"A18", b"A81", 1)
        if b"A18" in files[name]
        else files[name].replace(b"e", b"a", 1)
    )


@altered("a registry entry left out", "registry/")
def _(files: dict[str, bytes]) -> None:
    del files["registry/000003.entry"], files["registry/000003.proof"]


@altered("a statement at another place", "statements/")
def _(files: dict[str, bytes]) -> None:
    first = _first(files, ".entry").removesuffix(".entry")
    for end in (".entry", ".proof", ".disclosure.json"):
        if f"{first}{end}" in files:
            files[f"statements/999999{end}"] = files.pop(f"{first}{end}")


@altered("the checkpoint", "checkpoint")
def _(files: dict[str, bytes]) -> None:
    _flip(files, "checkpoint", -10)


@pytest.mark.parametrize("name", ALTERED)
def test_what_was_altered_is_named_as_the_program_names_it(
    page: Any, log_in: Callable[[str], FlaskClient], parts: composition.Parts, kept: Path, name: str
) -> None:
    part, change = ALTERED[name]
    file, trust = kept / "altered.zip", kept / "trust.json"
    file.write_bytes(rewritten(bundle_of(log_in("regulator")), change))
    trust.write_bytes(parts.settings.trust.read_bytes())
    with pytest.raises(verifier.Refused):
        verifier.verify(file.read_bytes(), verifier.read_trust(trust.read_bytes()))
    said = check(page, file, trust)
    assert said.startswith("NOT verified")
    assert part in said


def test_a_byte_anywhere_in_the_file_is_refused(
    page: Any, log_in: Callable[[str], FlaskClient], parts: composition.Parts, kept: Path
) -> None:
    data = bundle_of(log_in("regulator"))
    file, trust = kept / "flipped.zip", kept / "trust.json"
    trust.write_bytes(parts.settings.trust.read_bytes())
    for at in (6, len(data) // 3, len(data) // 2, len(data) - 30):
        file.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        assert check(page, file, trust).startswith("NOT verified"), at


def test_another_log_is_refused(
    page: Any, log_in: Callable[[str], FlaskClient], parts: composition.Parts, kept: Path
) -> None:
    file, trust = kept / "bundle.zip", kept / "other.json"
    file.write_bytes(bundle_of(log_in("regulator")))
    document = json.loads(parts.settings.trust.read_bytes())
    trust.write_text(json.dumps(document | {"origin": "other.example/log-1"}))
    said = check(page, file, trust)
    assert said.startswith("NOT verified")
    assert read_trust(parts.settings).origin in said


@pytest.fixture
def whole(log_in: Callable[[str], FlaskClient], parts: composition.Parts, kept: Path) -> bytes:
    """A bundle as of a snapshot."""
    client = log_in("regulator")
    assert client.post("/snapshots", data={"csrf_token": token(client, "/snapshots")}).status_code == 302
    found = until(lambda: newest(parts), "the snapshot")
    path = f"/lot/evidence.zip?gtin={cast.AMOXICILLIN}&lot=A18&snapshot={found}"
    (kept / "trust.json").write_bytes(parts.settings.trust.read_bytes())
    with client.get(path) as response:
        data: bytes = response.data
        return data


def test_a_bundle_with_a_snapshot_is_checked_row_by_row(page: Any, kept: Path, whole: bytes) -> None:
    file, trust = kept / "whole.zip", kept / "trust.json"
    file.write_bytes(whole)
    found = verifier.verify(whole, verifier.read_trust(trust.read_bytes())).whole
    assert found is not None
    said = check(page, file, trust)
    assert said.startswith("Verified")
    assert f"the snapshot has {found.packs} packs of lot A18, as the trace" in said
    assert f"Of {found.proven} it is proven where they are" in said
    assert "no regulator has signed it" in said
    assert "what happened after the snapshot" in said


UNTRUE: dict[str, tuple[str, Callable[[dict[str, bytes]], None]]] = {}


def untrue(name: str, part: str) -> Callable[[Callable[[dict[str, bytes]], None]], None]:
    def keep(change: Callable[[dict[str, bytes]], None]) -> None:
        UNTRUE[name] = part, change

    return keep


@untrue("a pack left out", "trace.json")
def _(files: dict[str, bytes]) -> None:
    trace = json.loads(files["trace.json"])
    gone = trace["packs"].pop()
    files["trace.json"] = json.dumps(trace, separators=(",", ":")).encode()
    lines = files["trace.csv"].split(b"\r\n")
    files["trace.csv"] = b"\r\n".join(line for line in lines if gone["serial"].encode() not in line)


@untrue("another holder", "trace.json")
def _(files: dict[str, bytes]) -> None:
    trace = json.loads(files["trace.json"])
    trace["packs"][0]["holder_gln"] = "9521321000018"
    files["trace.json"] = json.dumps(trace, separators=(",", ":")).encode()


@untrue("another table", "trace.csv")
def _(files: dict[str, bytes]) -> None:
    lines = files["trace.csv"].split(b"\r\n")
    files["trace.csv"] = b"\r\n".join([lines[0], lines[2], lines[1], *lines[3:]])


@untrue("a row that was altered", "snapshot/000000.rows")
def _(files: dict[str, bytes]) -> None:
    name = "snapshot/000000.rows"
    files[name] = files[name].replace(b'"condition":"active"', b'"condition":"sample"', 1)


@untrue("another snapshot", "snapshot/note")
def _(files: dict[str, bytes]) -> None:
    _flip(files, "snapshot/note", -10)


@untrue("a snapshot of another log", "snapshot/consistency")
def _(files: dict[str, bytes]) -> None:
    files["snapshot/consistency"] = files["snapshot/consistency"][65:] or b"0" * 64 + b"\n"


@untrue("the last statement about a pack left out", "statements")
def _(files: dict[str, bytes]) -> None:
    entry = json.loads(files["trace.json"])["packs"][0]["entry"]
    for end in (".entry", ".proof", ".disclosure.json"):
        files.pop(f"statements/{entry}{end}", None)


@pytest.mark.parametrize("name", UNTRUE)
def test_a_trace_that_is_not_whole_is_named(page: Any, kept: Path, whole: bytes, name: str) -> None:
    part, change = UNTRUE[name]
    file, trust = kept / "untrue.zip", kept / "trust.json"
    file.write_bytes(rewritten(whole, change))
    with pytest.raises(verifier.Refused) as theirs:
        verifier.verify(file.read_bytes(), verifier.read_trust(trust.read_bytes()))
    assert part in str(theirs.value)
    said = check(page, file, trust)
    assert said.startswith("NOT verified")
    assert part in said


def newest(parts: composition.Parts) -> int | None:
    with parts.history.view() as view:
        row = view.reader.snapshot()
        return None if row is None else row.size
