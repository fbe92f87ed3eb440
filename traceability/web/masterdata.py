"""Products, places and organisations as people type or bring them: checked cell by cell before anybody signs.

What comes out are the members of a registry act; the page writes the act, shows it and signs it.
"""

import re
import zoneinfo
from collections.abc import Callable, Mapping
from typing import get_args

import msgspec

from traceability.custody import CustodyError
from traceability.custody.registrations import PartyRole, parse_registration
from traceability.custody.registry import CONTROLLED_FROM, Registry
from traceability.gs1 import Gs1Error
from traceability.gs1.key_types import Gln, Gtin
from traceability.web import sheets
from traceability.web.babel import LazyString, gettext, lazy_gettext
from traceability.web.language import tell
from traceability.web.sheets import CellError, Column, Problem, Row

Values = dict[str, object]
_LONGEST = 200
_COUNTRY = re.compile(r"[A-Z]{2}")
_PREFIX = re.compile(r"[0-9]{4,12}")
_YES, _NO = frozenset({"yes", "y", "true", "1", "x", "是"}), frozenset({"no", "n", "false", "0", "否"})
_SEPARATORS = re.compile(r"[\s,;|/+]+")


class Kind(msgspec.Struct, frozen=True):
    """One kind of master data: its columns, and the order in which its act has its members."""

    name: str
    title: LazyString
    columns: tuple[Column, ...]
    members: tuple[str, ...]
    key: str


KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "product",
            lazy_gettext("Products"),
            (
                Column("gtin", ("ean", "barcode", "商品条码"), required=True),
                Column("name", ("product", "product name", "名称"), required=True),
                Column("form", ("dosage form", "剂型")),
                Column("strength", ("规格",)),
                Column("pack", ("pack size", "包装")),
                Column("controlled", ("narcotic", "管制")),
            ),
            ("gtin", "name", "owner", "form", "strength", "pack", "controlled"),
            "gtin",
        ),
        Kind(
            "site",
            lazy_gettext("Places"),
            (
                Column("gln", ("地点码",), required=True),
                Column("name", ("place", "site", "名称"), required=True),
                Column("country", ("国家",), required=True),
                Column("zone", ("time zone", "时区")),
            ),
            ("gln", "party", "name", "country", "zone"),
            "gln",
        ),
        Kind(
            "party",
            lazy_gettext("Organisations"),
            (
                Column("gln", ("单位码",), required=True),
                Column("name", ("organisation", "company", "名称"), required=True),
                Column("roles", ("role", "角色"), required=True),
                Column("prefixes", ("prefix", "gs1 prefix", "前缀")),
                Column("country", ("国家",), required=True),
            ),
            ("gln", "name", "roles", "prefixes", "country"),
            "gln",
        ),
    )
}


class Line(msgspec.Struct):
    """A line that can be signed: the members of its act, in their order, absent ones left out."""

    line: int
    values: Values


class Trial(msgspec.Struct):
    """What a table would register, what is registered exactly so already, and every problem."""

    entries: list[Line]
    unchanged: int
    problems: list[Problem]


def try_table(kind: Kind, text: str, party: str, registry: Registry) -> Trial:
    """Try a CSV table of one kind for the party that would sign it."""
    sheet = sheets.read(text, kind.columns)
    return _try(kind, sheet.rows, sheet.problems, party, registry)


def try_one(kind: Kind, cells: Mapping[str, str], party: str, registry: Registry) -> Trial:
    """Try what was typed into a form."""
    known = {column.name for column in kind.columns}
    row = Row(1, {name: str(cell).strip() for name, cell in cells.items() if name in known})
    return _try(kind, [row], [], party, registry)


def _try(kind: Kind, rows: list[Row], problems: list[Problem], party: str, registry: Registry) -> Trial:
    lines, unchanged = [], 0
    for row in rows:
        found = _read_row(kind, row, party, registry, problems)
        if found is None:
            continue
        if _is_known(kind, found, registry):
            unchanged += 1
        else:
            lines.append(Line(row.line, found))
    problems += sheets.twice([(line.line, str(line.values[kind.key])) for line in lines], kind.key)
    wrong = {problem.line for problem in problems}
    kept = [line for line in lines if line.line not in wrong]
    return Trial(kept, unchanged, sorted(problems, key=lambda problem: (problem.line, problem.column)))


def _read_row(kind: Kind, row: Row, party: str, registry: Registry, problems: list[Problem]) -> Values | None:
    """The members of a row's act; None where a cell is wrong, and every wrong cell is a problem."""
    values: Values = {"owner": party} if kind.name == "product" else {"party": party}
    before = len(problems)
    for column in kind.columns:
        text = row.cells.get(column.name, "")
        try:
            if not text and column.required:
                raise CellError(column.name, gettext("This may not be empty."))
            if text:
                values[column.name] = _READERS[kind.name, column.name](text, party, registry)
        except CellError as error:
            problems.append(Problem(row.line, column.name, error.text))
    if len(problems) > before:
        return None
    ordered = {name: values[name] for name in kind.members if values.get(name) not in (None, False)}
    try:
        parse_registration(msgspec.json.encode({"type": kind.name, **ordered}))
    except CustodyError as error:
        problems.append(Problem(row.line, "", tell(error)))
        return None
    return ordered


def _is_known(kind: Kind, values: Values, registry: Registry) -> bool:
    known = {"product": registry.products, "site": registry.sites, "party": registry.parties}[kind.name]
    registered = known.get(str(values[kind.key]))
    if registered is None:
        return False
    was = msgspec.json.decode(msgspec.json.encode(registered), type=dict[str, object])
    return {"type": kind.name, **values} == was


# Cells


def _text(column: str) -> Callable[[str, str, Registry], object]:
    def read(text: str, _party: str, _registry: Registry) -> str:
        if len(text) > _LONGEST:
            said = gettext("Expected at most %(most)s characters, got %(got)s.", most=_LONGEST, got=len(text))
            raise CellError(column, said)
        return text

    return read


def _gtin(text: str, party: str, registry: Registry) -> str:
    try:
        gtin = Gtin.parse(text).digits
    except Gs1Error as error:
        raise CellError("gtin", tell(error)) from error
    known, me = registry.products.get(gtin), registry.parties.get(party)
    if known is not None and known.owner != party:
        raise CellError("gtin", gettext("This is registered as a product of somebody else."))
    if me is None or not gtin[1:].startswith(me.prefixes):
        prefixes = ", ".join(me.prefixes) if me is not None else ""
        said = gettext(
            "This does not begin with a company prefix of yours (%(prefixes)s).", prefixes=prefixes
        )
        raise CellError("gtin", said)
    return gtin


def _controlled(text: str, _party: str, registry: Registry) -> bool:
    said = text.casefold()
    if said not in _YES | _NO:
        raise CellError("controlled", gettext("Expected yes or no, got %(got)s.", got=text))
    if said in _YES and registry.rules_version < CONTROLLED_FROM:
        raise CellError(
            "controlled",
            gettext(
                "This log follows rules that know no controlled products yet. Its authority puts version %(version)s "
                "of the rules in force.",
                version=CONTROLLED_FROM,
            ),
        )
    return said in _YES


def _gln(text: str) -> str:
    try:
        return Gln(text).digits
    except Gs1Error as error:
        raise CellError("gln", tell(error)) from error


def _site_gln(text: str, party: str, registry: Registry) -> str:
    gln = _gln(text)
    known = registry.sites.get(gln)
    if known is not None and known.party != party:
        raise CellError("gln", gettext("This is registered as a place of somebody else."))
    return gln


def _party_gln(text: str, _party: str, _registry: Registry) -> str:
    return _gln(text)


def _country(text: str, _party: str, _registry: Registry) -> str:
    if not _COUNTRY.fullmatch(text.upper()):
        said = gettext("Expected the two letters of a country, such as DE or CN, got %(got)s.", got=text)
        raise CellError("country", said)
    return text.upper()


def _zone(text: str, _party: str, _registry: Registry) -> str:
    if text not in zoneinfo.available_timezones():
        said = gettext("Expected a time zone such as Europe/Berlin or Asia/Shanghai, got %(got)s.", got=text)
        raise CellError("zone", said)
    return text


def _roles(text: str, _party: str, _registry: Registry) -> list[str]:
    known = get_args(PartyRole)
    roles = [role for role in _SEPARATORS.split(text.lower()) if role]
    wrong = [role for role in roles if role not in known]
    if wrong:
        said = gettext(
            "There is no role %(got)s. There are: %(known)s.", got=wrong[0], known=", ".join(known)
        )
        raise CellError("roles", said)
    return list(dict.fromkeys(roles))


def _prefixes(text: str, _party: str, _registry: Registry) -> list[str]:
    prefixes = [prefix for prefix in _SEPARATORS.split(text) if prefix]
    for prefix in prefixes:
        if not _PREFIX.fullmatch(prefix):
            said = gettext("Expected GS1 company prefixes of 4 to 12 digits, got %(got)s.", got=prefix)
            raise CellError("prefixes", said)
    return list(dict.fromkeys(prefixes))


_READERS: dict[tuple[str, str], Callable[[str, str, Registry], object]] = {
    ("product", "gtin"): _gtin,
    ("product", "name"): _text("name"),
    ("product", "form"): _text("form"),
    ("product", "strength"): _text("strength"),
    ("product", "pack"): _text("pack"),
    ("product", "controlled"): _controlled,
    ("site", "gln"): _site_gln,
    ("site", "name"): _text("name"),
    ("site", "country"): _country,
    ("site", "zone"): _zone,
    ("party", "gln"): _party_gln,
    ("party", "name"): _text("name"),
    ("party", "roles"): _roles,
    ("party", "prefixes"): _prefixes,
    ("party", "country"): _country,
}
