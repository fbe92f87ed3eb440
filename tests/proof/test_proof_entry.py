import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_log import MAKER, STATION_KEY, body_of, founded

from traceability.proof import ProofError
from traceability.proof.entry import Entry
from traceability.proof.merkle import leaf_hash

LOG = founded()
ENTRY = LOG.entries[LOG.act(STATION_KEY, MAKER, body_of(1))]
TEXT = ENTRY.to_bytes()


def test_three_lines() -> None:
    first, second, third, end = TEXT.decode().split("\n")
    assert (first, end) == ("custody-entry/1", "")
    assert second.startswith("2026-11-23T09:00:01.250Z effect 1 ")
    assert third == ENTRY.jws.decode() == ENTRY.statement.jws.decode()
    assert Entry.parse(TEXT) == Entry.parse(TEXT.decode()) == ENTRY
    assert ENTRY.leaf_hash == leaf_hash(TEXT)
    assert ENTRY.statement_id == ENTRY.statement.id


@given(
    st.datetimes().map(lambda time: f"{time.isoformat(timespec='milliseconds')}Z"), st.sampled_from(["effect", "none"]),
    st.integers(0, 999_999_999), st.binary(min_size=32, max_size=32), st.from_regex(rb"[A-Za-z0-9_.-]*", fullmatch=True),
)  # fmt: skip
def test_entries_are_inverses(admitted: str, outcome: str, rules: int, head: bytes, jws: bytes) -> None:
    entry = Entry(admitted, outcome, rules, head, jws)
    assert Entry.parse(entry.to_bytes()) == entry


@pytest.mark.parametrize(
    ("old", "new"),
    [("entry/1", "entry/2"), ("\n", "\r\n"), (" effect", "  effect"), ("effect", "Effect"), ("effect 1", "effect 01"),
     ("effect 1", "effect -1"), ("effect 1", "effect ١"), ("effect 1", "effect 1234567890"), (".250Z", "Z"),
     (".250Z", ".250+00:00"), ("11-23", "11-31"), ("T09", "T24"), ("01.250", "60.250"), ("2026", "0000"),
     ("custody-entry/1\n", ""), ("custody-entry/1\n", "\ncustody-entry/1\n")],
)  # fmt: skip
def test_other_spellings_are_refused(old: str, new: str) -> None:
    assert old in TEXT.decode()
    with pytest.raises(ProofError):
        Entry.parse(TEXT.decode().replace(old, new, 1))


@pytest.mark.parametrize("data", [b"", TEXT[:-1], TEXT + b"\n", TEXT + b"x", b" " + TEXT, b"\xff" + TEXT])
def test_more_or_less_is_refused(data: bytes) -> None:
    with pytest.raises(ProofError):
        Entry.parse(data)


def test_an_entry_has_at_most_65535_bytes() -> None:
    room = 65_535 - len(TEXT) + len(ENTRY.jws)
    full = Entry(ENTRY.admitted, ENTRY.outcome, ENTRY.rules, ENTRY.registry_head, b"x" * room)
    assert len(full.to_bytes()) == 65_535
    assert Entry.parse(full.to_bytes()) == full
    with pytest.raises(ProofError, match="65535"):
        Entry(ENTRY.admitted, ENTRY.outcome, ENTRY.rules, ENTRY.registry_head, b"x" * (room + 1)).to_bytes()
    with pytest.raises(ProofError, match="65535"):
        Entry.parse(b"x" * 70_000)
