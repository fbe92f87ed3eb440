import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traceability.proof import ProofError
from traceability.proof.merkle import (
    EMPTY_ROOT,
    Frontier,
    TileReader,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    new_tiles,
    node_hash,
    parse_tile_path,
    root,
    tile_of,
    tile_path,
    tree_root,
    verify_consistency,
    verify_inclusion,
)

VECTORS = json.loads((Path(__file__).parents[1] / "vectors/merkle.json").read_text("utf-8"))
LEAVES = [leaf_hash(bytes.fromhex(leaf)) for leaf in VECTORS["leaves"]]
MANY = [leaf_hash(n.to_bytes(4, "big")) for n in range(1200)]


def naive_root(hashes: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, as it stands there."""
    if len(hashes) < 2:
        return hashes[0] if hashes else EMPTY_ROOT
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return node_hash(naive_root(hashes[:split]), naive_root(hashes[split:]))


def read_from(hashes: list[bytes]):
    return lambda level, index: naive_root(hashes[index << level : (index + 1) << level])


def test_published_roots() -> None:
    for size, expected in enumerate(VECTORS["roots"]):
        assert root(LEAVES[:size]).hex() == expected
        assert tree_root(read_from(LEAVES), size).hex() == expected
        frontier = Frontier()
        for leaf in LEAVES[:size]:
            frontier.append(leaf)
        assert (frontier.root().hex(), frontier.size) == (expected, size)


@pytest.mark.parametrize("vector", VECTORS["inclusion"])
def test_published_inclusion_proofs(vector: dict) -> None:
    index, size = vector["index"], vector["size"]
    proof = [bytes.fromhex(step) for step in vector["proof"]]
    assert inclusion_proof(read_from(LEAVES), index, size) == proof
    verify_inclusion(LEAVES[index], index, size, proof, bytes.fromhex(VECTORS["roots"][size]))


@pytest.mark.parametrize("vector", VECTORS["consistency"])
def test_published_consistency_proofs(vector: dict) -> None:
    old, new = vector["old"], vector["new"]
    proof = [bytes.fromhex(step) for step in vector["proof"]]
    roots = [bytes.fromhex(VECTORS["roots"][size]) for size in (old, new)]
    assert consistency_proof(read_from(LEAVES), old, new) == proof
    verify_consistency(old, new, proof, *roots)


@given(st.integers(1, 300), st.data())
def test_inclusion_of_every_leaf_and_of_nothing_else(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    hashes = MANY[:size]
    proof, head = inclusion_proof(read_from(hashes), index, size), root(hashes)
    assert verify_inclusion(hashes[index], index, size, proof, head) == head
    wrong = data.draw(st.integers(0, size + 3).filter(lambda n: n != index))
    refused = [
        (hashes[index], wrong, size, proof, head),
        (MANY[-1], index, size, proof, head),
        (hashes[index], index, size, [*proof, MANY[-3]], head),
        (hashes[index], index, size, proof, MANY[-3]),
        (hashes[index], -1, size, proof, head),
    ]
    refused += [(hashes[index], index, size, proof[:-1], head)] if proof else []
    for at in range(len(proof)):
        refused.append((hashes[index], index, size, [*proof[:at], MANY[-2], *proof[at + 1 :]], head))
    for case in refused:
        with pytest.raises(ProofError):
            verify_inclusion(*case)


@given(st.integers(0, 300), st.data())
def test_consistency_of_every_beginning_and_of_nothing_else(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(0, new))
    hashes = MANY[:new]
    proof = consistency_proof(read_from(hashes), old, new)
    before, after = root(hashes[:old]), root(hashes)
    assert verify_consistency(old, new, proof, before, after) == after
    refused = [(old, new, [*proof, MANY[-3]], before, after), (old, new, proof, MANY[-3], after)]
    if old:
        refused.append((old, new, proof, before, MANY[-3]))
    refused += [(old, new, proof[:-1], before, after)] if proof else []
    for at in range(len(proof)):
        refused.append((old, new, [*proof[:at], MANY[-2], *proof[at + 1 :]], before, after))
    for case in refused:
        with pytest.raises(ProofError):
            verify_consistency(*case)


@given(st.lists(st.integers(1, 400), max_size=5))
def test_tiles_hold_the_tree(batches: list[int]) -> None:
    tiles: dict[tuple[int, int], bytes] = {}
    frontier, size = Frontier(), 0
    for batch in batches:
        leaves = [MANY[n % 1200] for n in range(size, size + batch)]
        tiles.update(new_tiles(size, leaves, lambda level, index: tiles[level, index]))
        for leaf in leaves:
            frontier.append(leaf)
        size += batch
        read = TileReader(lambda level, index: tiles.get((level, index), b""))
        assert tree_root(read, size) == frontier.root() == frontier.copy().root()
        assert Frontier.of(read, size).root() == frontier.root()
        proof = inclusion_proof(read, size // 2, size)
        verify_inclusion(MANY[size // 2 % 1200], size // 2, size, proof, frontier.root())
    for level in range(3):  # C2SP tlog-tiles: a partial tile has floor(s / 256^l) mod 256 entries
        full, partial = divmod(size >> 8 * level, 256)
        held = {index: len(data) // 32 for (at, index), data in tiles.items() if at == level}
        assert held == dict.fromkeys(range(full), 256) | ({full: partial} if partial else {})


def test_a_copy_of_a_frontier_grows_alone() -> None:
    frontier = Frontier()
    frontier.append(LEAVES[0])
    twin = frontier.copy()
    twin.append(LEAVES[1])
    assert (frontier.size, twin.size) == (1, 2)
    assert frontier.root().hex() == VECTORS["roots"][1]


def test_tiles_of_the_specification() -> None:
    # C2SP tlog-tiles: a tree of size 70,000
    zero = bytes(32)
    tiles = new_tiles(0, [zero] * 70_000, lambda level, index: b"")
    widths = [[len(tiles[key]) // 32 for key in sorted(tiles) if key[0] == level] for level in range(3)]
    assert widths == [[256] * 273 + [112], [256, 17], [1]]


@pytest.mark.parametrize(
    ("path", "tile"),
    [
        ("tile/0/000", (0, 0, 256)),
        ("tile/0/001.p/5", (0, 1, 5)),
        ("tile/63/x123/x456/078", (63, 123456078, 256)),
        ("tile/5/x001/x234/067.p/255", (5, 1234067, 255)),
        ("tile/entries/x003/500.p/1", (None, 3500, 1)),
    ],
)
def test_tile_paths(path: str, tile: tuple[int | None, int, int]) -> None:
    assert parse_tile_path(path) == tile
    assert tile_path(*tile) == path


@pytest.mark.parametrize(
    "path",
    [
        "", "tile/0", "tile/0/0", "tile/64/000", "tile/00/000", "tile/-1/000", "tile/0/123/456/078", "tile/0/x000/001",
        "tile/0/x01/001", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000/", "/tile/0/000",
        "tile/data/000", "tile/0/٠٠٠", "tile/0/000\n",
    ],
)  # fmt: skip
def test_other_tile_paths_are_refused(path: str) -> None:
    with pytest.raises(ProofError):
        parse_tile_path(path)


@given(st.none() | st.integers(0, 63), st.integers(0, 2**50), st.integers(1, 256))
def test_tile_paths_are_inverses(level: int | None, index: int, width: int) -> None:
    assert parse_tile_path(tile_path(level, index, width)) == (level, index, width)


def test_where_a_hash_is_found() -> None:
    assert tile_of(0, 300) == (0, 1, 44, 45)
    assert tile_of(7, 3) == (0, 1, 128, 256)
    assert tile_of(8, 3) == (1, 0, 3, 4)
    assert tile_of(9, 200) == (1, 1, 144, 146)


def test_what_is_not_in_the_tree_is_not_read() -> None:
    read = TileReader(lambda level, index: bytes(64))
    assert read(1, 0) == node_hash(bytes(32), bytes(32))
    for level, index in ((0, 2), (1, 1), (2, 0)):
        with pytest.raises(ProofError):
            read(level, index)
    with pytest.raises(ProofError):
        inclusion_proof(read, 2, 2)
    with pytest.raises(ProofError):
        consistency_proof(read, 3, 2)
