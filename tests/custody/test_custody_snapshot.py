"""Rows of a snapshot, shown or hidden in any mixture: one spelling, one root, and every flipped byte named."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from traceability.custody import CustodyError
from traceability.custody.snapshot import Row, group_of, place_of
from traceability.proof import ProofError
from traceability.proof.merkle import Frontier, leaf_hash, root, streamed_root
from traceability.proof.snapshot import (
    Group,
    GroupProver,
    Line,
    SnapshotHead,
    row_leaf,
    salt_of,
    snapshot_root,
    verify_rows,
)
from traceability.reports import verifier

KEY = bytes(range(32))
GTIN = "09521321000018"
ID = "A" * 43


def row(number: int) -> bytes:
    epc = f"https://id.gs1.org/01/{GTIN}/21/S{number:03}"
    return Row(epc=epc, condition="active", born=ID, acted=ID, lot="A/1", expiry="2028-06-30").to_json()


def lines(shown: Sequence[bool]) -> list[Line]:
    rows = [row(number) for number in range(len(shown))]
    return [Line(salt_of(KEY, one), one, show) for one, show in zip(rows, shown, strict=True)]


def taken(count: int, others: int = 3) -> tuple[SnapshotHead, list[Group]]:
    """A snapshot of a lot and some other groups."""
    name = group_of("", GTIN, "A/1")
    leaves = [row_leaf(line.salt, line.row) for line in lines([True] * count)]
    groups = [Group(f"00/{number}", 1, bytes([number]) * 32) for number in range(others)]
    groups.append(Group(name, *streamed_root(leaves)))
    head = SnapshotHead(
        "log.example/1", 9, bytes(32), count + others, len(groups), snapshot_root(groups, KEY)
    )
    return head, groups


def file_of(shown: Sequence[bool]) -> tuple[SnapshotHead, bytes]:
    head, groups = taken(len(shown))
    return head, b"".join(GroupProver(groups, KEY).rows_file(groups[-1].name, lines(shown)))


def theirs(head: SnapshotHead, data: bytes) -> list[int]:
    """The places of the rows that the other verifier was shown."""
    places: list[int] = []
    lines = verifier.text_lines([data[:9], data[9:]], "rows")
    found = verifier.verify_group(lines, head.groups, head.root, lambda place, _: places.append(place))
    assert found.shown == len(places)
    return places


@settings(deadline=None)
@given(st.lists(st.booleans(), max_size=40))
def test_any_part_of_a_group_can_be_shown(shown: list[bool]) -> None:
    head, data = file_of(shown)
    found = verify_rows(data, head)
    places = [place for place, show in enumerate(shown) if show]
    assert found.count == len(shown)
    assert found.rows == {place: row(place) for place in places}
    assert theirs(head, data) == places
    assert found.whole == all(shown)


def test_every_byte_of_a_rows_file_counts() -> None:
    head, data = file_of([True, False, False, True, True])
    for at in range(len(data)):
        changed = data[:at] + bytes([data[at] ^ (1 << at % 7)]) + data[at + 1 :]
        with pytest.raises(ProofError):
            verify_rows(changed, head)
        with pytest.raises(verifier.Refused):
            theirs(head, changed)


def test_rows_that_are_not_those_of_the_group_are_not_written() -> None:
    _, groups = taken(3)
    with pytest.raises(ProofError, match="not those of the snapshot"):
        list(GroupProver(groups, KEY).rows_file(groups[-1].name, lines([True, True])))


def test_a_head_is_of_one_spelling() -> None:
    head, _ = taken(2)
    assert SnapshotHead.parse(head.text) == head
    for wrong in (
        head.text + "\n",
        head.text[:-1],
        head.text.replace("9 ", "09 ", 1),
        head.text.replace("/1", "/2", 1),
    ):
        with pytest.raises(ProofError):
            SnapshotHead.parse(wrong)
    with pytest.raises(ProofError, match="sorted"):
        snapshot_root([Group("b", 1, bytes(32)), Group("a", 1, bytes(32))], KEY)


@pytest.mark.parametrize(
    ("epc", "lot", "group"),
    [
        (f"https://id.gs1.org/01/{GTIN}/21/a", None, f"01/{GTIN}"),
        (f"https://id.gs1.org/01/{GTIN}/21/a", "A/1", f"01/{GTIN}/10/A%2F1"),
        ("https://id.gs1.org/00/395213210000000064", None, "00/3952132100000"),
        ("https://id.gs1.org/8004/9521321ABC", None, "8004"),
    ],
)
def test_where_rows_stand(epc: str, lot: str | None, group: str) -> None:
    one = Row(epc=epc, condition="active", born=ID, acted=ID, lot=lot)
    assert place_of(Row.parse(one.to_json())).group == group


@pytest.mark.parametrize("old", ['"condition":"active"', '"born"', "{", '"lot"'])
def test_other_rows_are_refused(old: str) -> None:
    data = row(1).decode()
    changed = data.replace(
        old, {'"condition":"active"': '"condition":"well"', "{": "{ "}.get(old, '"other"'), 1
    )
    with pytest.raises(CustodyError):
        Row.parse(changed.encode())


@given(st.integers(0, 9000))
@settings(max_examples=15, deadline=None)
def test_roots_are_the_same_however_they_are_computed(count: int) -> None:
    leaves = [leaf_hash(b"%d" % number) for number in range(count)]
    assert streamed_root(iter(leaves)) == (count, root(leaves))


def test_a_subtree_begins_only_at_its_place() -> None:
    frontier = Frontier()
    frontier.append(bytes(32))
    with pytest.raises(ProofError, match="2 leaves"):
        frontier.append_subtree(1, bytes(32))
