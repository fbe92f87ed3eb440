"""The Merkle tree of RFC 6962 section 2.1 (RFC 9162 section 2.1), with storage behind one function.

A hash is named by (level, index): the root of the complete subtree over the leaves from index * 2^level
up to (index + 1) * 2^level, not included. Hashes are 32 bytes of SHA-256.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from itertools import islice

from traceability.proof import ProofError

ReadHash = Callable[[int, int], bytes]
"""Gives the hash (level, index) of a stored tree."""

EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256(0x00 ‖ leaf)."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right)."""
    return sha256(b"\x01" + left + right).digest()


def next_level(hashes: Sequence[bytes]) -> list[bytes]:
    """Pair up one level of a tree; an odd last hash moves up as it is."""
    pairs = iter(hashes)
    above = [sha256(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=False)]
    if len(hashes) & 1:
        above.append(hashes[-1])
    return above


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    """The Merkle Tree Hash over leaf hashes."""
    if not leaf_hashes:
        return EMPTY_ROOT
    while len(leaf_hashes) > 1:
        leaf_hashes = next_level(leaf_hashes)
    return leaf_hashes[0]


class Frontier:
    """The right edge of a growing tree: enough to append leaves and to know the root."""

    __slots__ = ("_edge", "size")

    def __init__(self) -> None:
        self.size = 0
        self._edge: list[bytes] = []  # roots of the complete subtrees, largest first

    @classmethod
    def of(cls, read: ReadHash, size: int) -> "Frontier":
        """The frontier of a stored tree."""
        frontier = cls()
        frontier.size, frontier._edge = size, _edge(read, 0, size)
        return frontier

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        size, edge = self.size, self._edge
        self.size = size + 1
        while size & 1:
            leaf = sha256(b"\x01" + edge.pop() + leaf).digest()
            size >>= 1
        edge.append(leaf)

    def append_subtree(self, level: int, node: bytes) -> None:
        """Add 2^level leaves at once by the root of the complete subtree over them.

        ProofError where a subtree of that height cannot begin at this place.
        """
        if self.size & ((1 << level) - 1):
            raise ProofError("No subtree over %(leaves)s leaves begins here", leaves=1 << level)
        size, edge = self.size >> level, self._edge
        self.size += 1 << level
        while size & 1:
            node = sha256(b"\x01" + edge.pop() + node).digest()
            size >>= 1
        edge.append(node)

    def root(self) -> bytes:
        """The root over all leaves so far."""
        return _fold(self._edge)

    def copy(self) -> "Frontier":
        """Another frontier that grows on its own."""
        twin = Frontier()
        twin.size, twin._edge = self.size, self._edge.copy()
        return twin


SPAN_LEVEL = 12


def streamed_root(leaf_hashes: Iterable[bytes]) -> tuple[int, bytes]:
    """Number and root of any number of leaf hashes, in the memory of a few thousand.

    Whole levels of short spans are hashed in one sweep, which is faster than leaf by leaf.
    """
    frontier, leaves = Frontier(), iter(leaf_hashes)
    while span := list(islice(leaves, 1 << SPAN_LEVEL)):
        if len(span) == 1 << SPAN_LEVEL:
            frontier.append_subtree(SPAN_LEVEL, root(span))
        else:
            for leaf in span:
                frontier.append(leaf)
    return frontier.size, frontier.root()


def _edge(read: ReadHash, first: int, last: int) -> list[bytes]:
    """Roots of the complete subtrees that make up the leaves from `first` up to `last`, largest first."""
    edge = []
    while first < last:
        level = (last - first).bit_length() - 1
        edge.append(read(level, first >> level))
        first += 1 << level
    return edge


def _fold(edge: Sequence[bytes]) -> bytes:
    if not edge:
        return EMPTY_ROOT
    folded = edge[-1]
    for left in edge[-2::-1]:
        folded = node_hash(left, folded)
    return folded


def tree_root(read: ReadHash, size: int) -> bytes:
    """The root over the first `size` leaves of a stored tree."""
    return _fold(_edge(read, 0, size))


def _split(first: int, last: int) -> int:
    """Where RFC 6962 divides a range: after the largest power of two smaller than its length."""
    return first + (1 << (last - first - 1).bit_length() - 1)


def inclusion_proof(read: ReadHash, index: int, size: int) -> list[bytes]:
    """PATH(index, D[size]) of RFC 6962 section 2.1.1, from the leaf's sibling upwards."""
    return InclusionProver(read, size)(index)


class InclusionProver:
    """Proves many leaves of one tree: the nodes at its right edge are computed once.

    On each level the last node may stand for fewer leaves than the others; a node without a sibling
    is carried up as it is.
    """

    __slots__ = ("_at", "_last_nodes", "_read", "_siblings", "size")

    def __init__(self, read: ReadHash, size: int) -> None:
        self._read = read
        self.size = size
        self._last_nodes: list[bytes] = []
        last, level = size - 1, 0
        node = read(0, last) if size else EMPTY_ROOT
        while last > 0:
            self._last_nodes.append(node)
            if last & 1:
                node = node_hash(read(level, last - 1), node)
            last, level = last >> 1, level + 1
        self._at = 1 << level  # no leaf: nothing is known yet
        self._siblings: list[bytes | None] = [None] * level

    def __call__(self, index: int) -> list[bytes]:
        """PATH(index, D[size])."""
        if not 0 <= index < self.size:
            raise ProofError("Expected an index below %(size)s, got %(index)s", size=self.size, index=index)
        siblings, last = self._siblings, self.size - 1
        # Where two leaves are under the same node they have the same siblings above it.
        for level in range(min((index ^ self._at).bit_length(), len(siblings))):
            sibling, edge = (index >> level) ^ 1, last >> level
            if sibling < edge:
                siblings[level] = self._read(level, sibling)
            else:
                siblings[level] = self._last_nodes[level] if sibling == edge else None
        self._at = index
        return [sibling for sibling in siblings if sibling is not None]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bytes:
    """The root, when the proof leads from the leaf hash to it (RFC 9162 section 2.1.3.2); else ProofError."""
    if not 0 <= index < size:
        raise ProofError(
            "Expected an index below the tree size %(size)s, got %(index)s", size=size, index=index
        )
    found, place, last = leaf, index, size - 1
    for sibling in proof:
        if not last:
            raise ProofError("The inclusion proof is too long")
        if place & 1 or place == last:
            found = node_hash(sibling, found)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        place, last = place >> 1, last >> 1
    if last or found != root:
        raise ProofError("The inclusion proof does not lead to the root of the tree")
    return root


def consistency_proof(read: ReadHash, old: int, new: int) -> list[bytes]:
    """PROOF(old, D[new]) of RFC 6962 section 2.1.2; empty where `old` is 0 or `new`."""
    if not 0 <= old <= new:
        raise ProofError("Expected an old size up to %(new)s, got %(old)s", new=new, old=old)
    proof = []
    first, last, known = 0, new, True
    while 0 < old != last:
        split = _split(first, last)
        if old <= split:
            proof.append(_fold(_edge(read, split, last)))
            last = split
        else:
            proof.append(_fold(_edge(read, first, split)))
            first, known = split, False
    if not known:
        proof.append(_fold(_edge(read, first, last)))
    return proof[::-1]


def verify_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> bytes:
    """The new root, when the old tree is a beginning of the new one (RFC 9162 section 2.1.4.2); else ProofError."""
    if not 0 <= old <= new:
        raise ProofError("Expected an old size up to %(new)s, got %(old)s", new=new, old=old)
    if old in (0, new):
        if proof or old_root != (EMPTY_ROOT if old == 0 else new_root):
            raise ProofError(
                "The consistency proof does not fit trees of sizes %(old)s and %(new)s", old=old, new=new
            )
        return new_root
    path = list(proof)
    if not old & (old - 1):
        path.insert(0, old_root)
    if not path:
        raise ProofError("The consistency proof is too short")
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    before = after = path[0]
    for sibling in path[1:]:
        if not last:
            raise ProofError("The consistency proof is too long")
        if place & 1 or place == last:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            after = node_hash(after, sibling)
        place, last = place >> 1, last >> 1
    if last or before != old_root or after != new_root:
        raise ProofError("The consistency proof does not lead to both roots: the log was rewritten")
    return new_root


# Tiles (C2SP tlog-tiles): a tile at level L holds up to 256 hashes of tree level 8L.

HASH_SIZE = 32
TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
KEPT_TILES = 512
"""Tiles that a reader keeps, about 18 MB of hashes."""
ReadTile = Callable[[int, int], bytes]
"""Gives the contents of the tile (level, index): its hashes so far, one after the other."""

_TILE_PATH = re.compile(
    r"tile/(?:entries|([0-9]|[1-5][0-9]|6[0-3]))/((?:x[0-9]{3}/)*)([0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?"
)


def tile_path(level: int | None, index: int, width: int = TILE_WIDTH) -> str:
    """The path of a tile, or of an entry bundle where level is None: `tile/0/x001/x234/067.p/8`."""
    groups = [f"{index % 1000:03}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03}")
    part = "" if width == TILE_WIDTH else f".p/{width}"
    return f"tile/{'entries' if level is None else level}/{'/'.join(groups)}{part}"


def parse_tile_path(path: str) -> tuple[int | None, int, int]:
    """Level (None for an entry bundle), index and width of a tile path; ProofError for any other spelling."""
    match = _TILE_PATH.fullmatch(path)
    if match:
        level, upper, last, part = match.groups()
        place = None if level is None else int(level)
        index = int(upper.replace("x", "").replace("/", "") + last)
        width = int(part or TILE_WIDTH)
        if tile_path(place, index, width) == path:
            return place, index, width
    raise ProofError(
        "Expected the path of a tile, such as tile/0/x001/234.p/56, got %(path)s", path=ascii(path[:80])
    )


def tile_of(level: int, index: int) -> tuple[int, int, int, int]:
    """Where the hash (level, index) is found: tile level, tile index, and the range [first, last) of the
    tile's hashes that are its leaves."""
    tile_level, height = divmod(level, TILE_HEIGHT)
    first = index << height
    return tile_level, first // TILE_WIDTH, first % TILE_WIDTH, first % TILE_WIDTH + (1 << height)


class TileReader:
    """A ReadHash over tiles; what it computes inside a tile it computes once."""

    def __init__(self, read_tile: ReadTile) -> None:
        self._read_tile = read_tile
        self._tiles: dict[tuple[int, int], list[list[bytes]]] = {}

    def __call__(self, level: int, index: int) -> bytes:
        tile_level, tile, first, last = tile_of(level, index)
        height = level % TILE_HEIGHT
        levels = self._tiles.get((tile_level, tile))
        if levels is None:
            if len(self._tiles) >= KEPT_TILES:
                self._tiles.clear()
            data = self._read_tile(tile_level, tile)
            hashes = [data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE)]
            levels = self._tiles[tile_level, tile] = [hashes]
        if len(levels[0]) < last:
            raise ProofError("The tree has no hash %(index)s at level %(level)s", index=index, level=level)
        while len(levels) <= height:
            levels.append(next_level(levels[-1]))
        return levels[height][first >> height]


def new_tiles(
    old_size: int, leaf_hashes: Iterable[bytes], read_tile: ReadTile
) -> dict[tuple[int, int], bytes]:
    """The tiles that appending leaves to a tree of `old_size` changes: (level, index) to all they now hold.

    `read_tile` is asked only for the partial tiles at the right edge.
    """
    changed: dict[tuple[int, int], bytes] = {}
    level, size, hashes = 0, old_size, list(leaf_hashes)
    while hashes:
        tile, used = divmod(size, TILE_WIDTH)
        if used:
            kept = read_tile(level, tile)[: used * HASH_SIZE]
            hashes[:0] = [kept[at : at + HASH_SIZE] for at in range(0, len(kept), HASH_SIZE)]
        full = []
        for start in range(0, len(hashes), TILE_WIDTH):
            contents = hashes[start : start + TILE_WIDTH]
            changed[level, tile + start // TILE_WIDTH] = b"".join(contents)
            if len(contents) == TILE_WIDTH:
                full.append(root(contents))
        level, size, hashes = level + 1, size // TILE_WIDTH, full
    return changed
