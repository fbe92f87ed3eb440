import base64
import hashlib
import hmac
import json

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from small_log import IAT, MAKER, ORIGIN, STATION_KEY, body_of, compact

from traceability.proof import ProofError
from traceability.proof.body import Body, item_hashes
from traceability.proof.disclosure import Disclosure, disclose, prove_item, verify_disclosure, verify_item
from traceability.proof.merkle import root
from traceability.proof.signing import PrivateKey, b64
from traceability.proof.statement import (
    Claims,
    Statement,
    Submission,
    commit,
    draft_custody,
    draft_registry,
    sign,
    verify,
    verify_body,
    verify_time,
)

BODY = body_of(5)
STATEMENT = sign(draft_custody(ORIGIN, MAKER, IAT, 7, b64(bytes(32)), BODY), STATION_KEY)
REGISTRATION = sign(draft_registry(ORIGIN, MAKER, IAT, 0, "", b'{"type":"rules","version":1}'), STATION_KEY)
ITEM = st.builds(
    lambda role, tail: f"{role}https://id.gs1.org/01/09521321000012/21/{tail}",
    st.sampled_from("ecio"),
    st.text("ABC019%-._~", min_size=1, max_size=20),
)
BODIES = st.builds(
    lambda nonce, core, terms, items: Body(nonce, compact(core), compact(terms), tuple(items)),
    st.binary(min_size=32, max_size=32),
    st.dictionaries(st.text(max_size=4), st.text(max_size=8) | st.integers(-(2**53), 2**53), max_size=4),
    st.dictionaries(
        st.text(max_size=4), st.none() | st.booleans() | st.lists(st.text(max_size=3)), max_size=3
    ),
    st.lists(ITEM, max_size=12),
)


@given(
    st.from_regex(r"[a-z0-9./-]{1,40}", fullmatch=True), st.integers(0, 2**53 - 1), st.integers(1, 2**255), BODIES,
    st.datetimes(timezones=st.just(None)).map(lambda time: f"{time:%Y-%m-%dT%H:%M:%S}".zfill(19) + "+02:00"),
)  # fmt: skip
def test_what_is_signed_is_parsed_and_verified(log: str, seq: int, scalar: int, body: Body, iat: str) -> None:
    key = PrivateKey.from_scalar(scalar)
    prev = b64(hashlib.sha256(log.encode()).digest()) if seq else ""
    statement = sign(draft_custody(log, MAKER, iat, seq, prev, body), key)
    again = Statement.parse(statement.jws.decode())
    assert again == statement
    assert (again.kid, again.claims.seq, again.claims.log, again.claims.iat) == (
        key.public.kid,
        seq,
        log,
        iat,
    )
    assert isinstance(again.claims, Claims)
    assert verify(again, key.public) is again
    assert again.id == b64(hashlib.sha256(again.jws.rpartition(b".")[0]).digest())
    assert again.signing_input + b"." + b64(again.signature).encode() == again.jws
    assert verify_body(again, Body.parse(body.to_json())) == body
    submission = Submission.parse(Submission(again, body).to_json())
    assert (submission.statement, submission.body) == (again, body)
    assert Submission.peek_kid(submission.to_json()) == key.public.kid


@given(st.data())
def test_every_mutated_statement_is_refused(data: st.DataObject) -> None:
    """Either it does not parse, or it is another statement, which the signature refuses."""
    whole = data.draw(st.sampled_from([STATEMENT, REGISTRATION])).jws
    at = data.draw(st.integers(0, len(whole)))
    kind = data.draw(st.sampled_from(["replace", "insert", "delete", "cut", "double"]))
    byte = bytes([data.draw(st.integers(0, 255))])
    mutated = {
        "replace": whole[:at] + byte + whole[at + 1 :],
        "insert": whole[:at] + byte + whole[at:],
        "delete": whole[:at] + whole[at + 1 :],
        "cut": whole[:at],
        "double": whole[:at] + whole[max(0, at - 9) :],
    }[kind]
    if mutated == whole:
        return
    with pytest.raises(ProofError):
        verify(Statement.parse(mutated), STATION_KEY.public)


def respelt(value: object, how: int) -> str:
    """A second JSON spelling of the same value."""
    if how == 0:
        return json.dumps(value)
    if how == 1:
        return json.dumps(value, separators=(",", ":"), indent=0)
    if how == 2:
        return json.dumps(dict(reversed(list(value.items()))), separators=(",", ":"))
    text = compact(value).decode()
    if how == 3:
        return f'{{"\\u{ord(text[2]):04x}{text[3:]}'
    if how == 4:
        return text.replace('"v":1', '"v":1e0').replace('"alg":"E', '"alg":"\\u0045')
    name, first = next(iter(value.items()))
    return "{" + f'"{name}":{json.dumps(first)},' + text[1:]


@pytest.mark.parametrize("how", range(6))
@pytest.mark.parametrize("part", [0, 1])
@pytest.mark.parametrize("statement", [STATEMENT, REGISTRATION])
def test_every_second_spelling_of_the_same_claims_is_refused(
    statement: Statement, part: int, how: int
) -> None:
    parts = statement.jws.split(b".")[:2]
    value = json.loads(base64.urlsafe_b64decode(parts[part] + b"=="))
    parts[part] = b64(respelt(value, how).encode()).encode()
    assert json.loads(base64.urlsafe_b64decode(parts[part] + b"==")) == value
    signing_input = b".".join(parts)
    resigned = signing_input + b"." + b64(STATION_KEY.sign(signing_input)).encode()
    assert resigned != statement.jws
    with pytest.raises(ProofError):
        Statement.parse(resigned)


@given(st.binary(max_size=300) | st.text(max_size=300))
@example(b"..")
@example("é.é.é")
def test_rubbish_is_refused_in_words(data: bytes | str) -> None:
    assume(data not in (b"{}", "{}"))  # a disclosure that shows nothing
    for parse in (Statement.parse, Body.parse, Disclosure.parse):
        with pytest.raises(ProofError):
            parse(data)
    with pytest.raises(ProofError):
        Submission.parse(data.encode() if isinstance(data, str) else data)
    Submission.peek_kid(data.encode() if isinstance(data, str) else data)


def test_deep_nesting_is_refused_in_words() -> None:
    deep = '{"a":' * 100_000 + "1" + "}" * 100_000
    with pytest.raises(ProofError):
        Body.parse(compact({"nonce": b64(bytes(32)), "core": deep, "terms": "{}", "items": []}))
    with pytest.raises(ProofError):
        Submission.parse(b'{"statement":"x","body":' + deep.encode() + b"}")
    header = b'{"alg":"ES256","kid":"%s","typ":"registry+jws"}' % STATEMENT.kid.encode()
    claims = draft_registry(ORIGIN, MAKER, IAT, 0, "", b"{}").replace(b"{}", deep.encode()[:40_000])
    with pytest.raises(ProofError):
        Statement.parse(f"{b64(header)}.{b64(claims)}.{'A' * 86}")


def test_large_statements_are_refused() -> None:
    act = compact({"type": "x", "text": "x" * 52_000})
    with pytest.raises(ProofError, match="65535"):
        sign(draft_registry(ORIGIN, MAKER, IAT, 0, "", act), STATION_KEY)


def test_another_key_is_refused() -> None:
    with pytest.raises(ProofError, match="names the key"):
        verify(STATEMENT, PrivateKey.from_scalar(99).public)


@pytest.mark.parametrize(
    "time", ["2026-11-23T10:00:00+01:00", "2024-02-29T23:59:59-12:00", "0001-01-01T00:00:00+00:00"]
)
def test_times_of_the_calendar(time: str) -> None:
    assert verify_time(time) == time


# The body


def test_commitments_as_the_design_spells_them() -> None:
    def salt(label: bytes) -> bytes:
        return hmac.new(BODY.nonce, label, "sha256").digest()

    def sha(data: bytes) -> bytes:
        return hashlib.sha256(data).digest()

    hashes = [
        sha(b"\x00" + salt(b"item" + n.to_bytes(4, "big")) + item[:1].encode() + item[1:].encode())
        for n, item in enumerate(BODY.items)
    ]
    count = sha(salt(b"count") + (5).to_bytes(4, "big"))
    assert item_hashes(BODY) == hashes
    assert commit(BODY) == (
        sha(salt(b"core") + BODY.core),
        sha(salt(b"terms") + BODY.terms),
        sha(b"\x02" + count + root(hashes)),
    )


@pytest.mark.parametrize(
    ("part", "changed"),
    [("core", {"core": b"{}"}), ("terms", {"terms": b"{}"}), ("items", {"items": BODY.items[:4]}),
     ("items", {"items": BODY.items[::-1]}), ("items", {"items": ()}), ("core", {"nonce": bytes(32)}),
     ("items", {"items": ("c" + BODY.items[0][1:], *BODY.items[1:])})],
)  # fmt: skip
def test_a_body_that_was_not_signed_is_refused_by_its_part(part: str, changed: dict) -> None:
    members = {name: getattr(BODY, name) for name in ("nonce", "core", "terms", "items")} | changed
    with pytest.raises(ProofError, match=f"^The {part} of the body"):
        verify_body(STATEMENT, Body(**members))


def test_registry_statements_have_no_body() -> None:
    with pytest.raises(ProofError, match="no body"):
        verify_body(REGISTRATION, BODY)
    with pytest.raises(ProofError, match="no body"):
        verify_disclosure(REGISTRATION, disclose(BODY))


@given(BODIES.filter(lambda body: body.items), st.data())
def test_single_items_prove_alone(body: Body, data: st.DataObject) -> None:
    statement = sign(draft_custody(ORIGIN, MAKER, IAT, 0, "", body), STATION_KEY)
    index = data.draw(st.integers(0, len(body.items) - 1))
    proof = prove_item(body, index)
    assert verify_item(statement, body.items[index], proof) == body.items[index]
    with pytest.raises(ProofError, match="not among those"):
        verify_item(statement, body.items[index] + "X", proof)


@given(BODIES, st.booleans(), st.booleans(), st.data())
def test_disclosures_are_inverses_and_verify(
    body: Body, core: bool, terms: bool, data: st.DataObject
) -> None:
    statement = sign(draft_custody(ORIGIN, MAKER, IAT, 0, "", body), STATION_KEY)
    wanted = data.draw(st.sets(st.sampled_from(body.items)) if body.items else st.just(set()))
    shown = disclose(body, wanted, core=core, terms=terms)
    again = Disclosure.parse(shown.to_json())
    assert again == shown
    assert verify_disclosure(statement, again) == shown
    assert {item for item, _ in shown.items} == wanted
    assert b64(body.nonce) not in shown.to_json().decode()


def test_a_disclosure_shows_no_more_than_it_says() -> None:
    text = disclose(BODY, BODY.items[2:3]).to_json().decode()
    assert BODY.items[2] in text
    assert "meaning" not in text
    assert all(item not in text for item in BODY.items if item != BODY.items[2])


def test_every_changed_byte_of_a_disclosure_is_refused() -> None:
    data = disclose(BODY, BODY.items[2:4], terms=True).to_json()
    for at in range(len(data)):
        with pytest.raises(ProofError):
            verify_disclosure(STATEMENT, Disclosure.parse(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]))


def test_an_item_is_not_shown_twice() -> None:
    data = json.loads(disclose(BODY, BODY.items[:1]).to_json())
    data["items"] *= 2
    with pytest.raises(ProofError, match="twice"):
        Disclosure.parse(compact(data))
