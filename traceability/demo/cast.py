"""Who and what plays in the demo: parties, places, people, products, lots, serials.

Numbers come from GS1's prefix 952, kept for demonstrations and examples of the GS1 system.
"""

import hashlib
from typing import Any, NamedTuple

from traceability.custody.state import Lot
from traceability.store.office import Account, AccountRole

PREFIX = "9521321"
PASSWORD = "demo"  # noqa: S105 - published on purpose, on the login page and in the README
PASSPHRASE = "demo"  # noqa: S105 - of every demo key; equally published
COUNTRY = "DE"
ZONE = "Europe/Berlin"
_SERIAL = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # no I, O, 0, 1: people read serials aloud


def _checked(digits: str) -> str:
    """Digits with their GS1 check digit (General Specifications 7.9)."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return f"{digits}{-total % 10}"


def gln(reference: int) -> str:
    """A GLN of the demo prefix."""
    return _checked(f"{PREFIX}{reference:05}")


def gtin(reference: int) -> str:
    """A GTIN-14 of the demo prefix."""
    return _checked(f"0{PREFIX}{reference:05}")


def sscc(number: int) -> str:
    """The Digital Link URI of a container of the demo's maker."""
    return f"https://id.gs1.org/00/{_checked(f'3{PREFIX}{number:09}')}"


def serial(lot: Lot, number: int) -> str:
    """The serial of the pack with this number in its lot: looks random, comes out the same each time."""
    digest = hashlib.sha256(f"{lot.gtin}/{lot.number}/{number}".encode()).digest()
    return "".join(_SERIAL[byte % len(_SERIAL)] for byte in digest[:10])


def pack(lot: Lot, number: int) -> str:
    """The Digital Link URI of a pack."""
    return f"https://id.gs1.org/01/{lot.gtin}/21/{serial(lot, number)}"


def packs(lot: Lot, first: int, count: int) -> list[str]:
    """The packs of a lot from `first` on."""
    return [pack(lot, number) for number in range(first, first + count)]


class Player(NamedTuple):
    """A party of the demo with its one place and the person who logs in for it."""

    gln: str
    name: str
    role: str
    site: str
    site_name: str
    login: str
    person: str
    account: AccountRole
    locale: str | None = None

    def as_account(self) -> Account:
        """The account of the person."""
        site = self.site if self.site != self.gln else None
        return Account(self.login, self.person, self.gln, self.account, site, self.locale, published=True)


AUTHORITY = Player(
    gln(1), "Medicines Registry (demo)", "authority", gln(1), "", "authority", "Rosa Lang", "administrator"
)
REGULATOR = Player(
    gln(2),
    "Federal Medicines Agency (demo)",
    "regulator",
    gln(2),
    "",
    "regulator",
    "Dr. Jonas Frei",
    "regulator",
)
MAKER = Player(
    gln(10), "Linden Arzneimittel", "maker", gln(11), "Linden plant, Kassel", "maker", "Anna Weber", "quality"
)
NORDMED = Player(
    gln(20),
    "Nordmed Wholesale",
    "wholesaler",
    gln(21),
    "Nordmed, Bay 3, Hamburg",
    "distributor",
    "Li Wei",
    "operator",
)
SUEDPHARM = Player(
    gln(30),
    "Südpharm Logistik",
    "wholesaler",
    gln(31),
    "Südpharm, Augsburg",
    "distributor2",
    "Eva Huber",
    "operator",
)
MARKT = Player(
    gln(40),
    "Apotheke am Markt",
    "pharmacy",
    gln(41),
    "Apotheke am Markt, Bremen",
    "pharmacy",
    "Tom Berg",
    "pharmacist",
)
BRUNNEN = Player(
    gln(50),
    "Brunnen-Apotheke",
    "pharmacy",
    gln(51),
    "Brunnen-Apotheke, Köln",
    "pharmacy2",
    "Mia Roth",
    "pharmacist",
)
STERN = Player(
    gln(60), "Stern-Apotheke", "pharmacy", gln(61), "Stern-Apotheke, Ulm", "pharmacy3", "陈静", "pharmacist", "zh"
)  # fmt: skip


class Colleague(NamedTuple):
    """Somebody else at a party: for a second signature, and for what an administrator does."""

    login: str
    person: str
    player: Player
    account: AccountRole

    def as_account(self) -> Account:
        """The account of the person."""
        return self.player.as_account()._replace(login=self.login, name=self.person, role=self.account)


COLLEAGUES = (
    Colleague("maker-quality", "Ines Kraft", MAKER, "quality"),
    Colleague("maker-admin", "Kurt Linde", MAKER, "administrator"),
    Colleague("distributor-quality", "Jan Voss", NORDMED, "quality"),
    Colleague("distributor-quality2", "Petra Lund", NORDMED, "quality"),
    Colleague("distributor-admin", "Amir Saleh", NORDMED, "administrator"),
    Colleague("distributor2-quality", "Paul Maier", SUEDPHARM, "quality"),
    Colleague("pharmacy-pharmacist", "Nora Klein", MARKT, "pharmacist"),
    Colleague("pharmacy-quality", "Emil Sand", MARKT, "quality"),
    Colleague("pharmacy-admin", "Ute Brandt", MARKT, "administrator"),
)
TRADE = (MAKER, NORDMED, SUEDPHARM, MARKT, BRUNNEN, STERN)
PLAYERS = (AUTHORITY, REGULATOR, *TRADE)

AMOXICILLIN, IBUPROFEN, MORPHINE = gtin(1), gtin(2), gtin(3)
PRODUCTS: dict[str, dict[str, Any]] = {
    AMOXICILLIN: {
        "type": "product",
        "gtin": AMOXICILLIN,
        "name": "Amoxicillin Linden",
        "owner": MAKER.gln,
        "form": "capsules",
        "strength": "500 mg",
        "pack": "20 capsules",
    },
    IBUPROFEN: {
        "type": "product",
        "gtin": IBUPROFEN,
        "name": "Ibuprofen Linden 布洛芬",
        "owner": MAKER.gln,
        "form": "tablets",
        "strength": "400 mg",
        "pack": "50 tablets",
    },
    MORPHINE: {
        "type": "product",
        "gtin": MORPHINE,
        "name": "Morphine Linden",
        "owner": MAKER.gln,
        "form": "tablets",
        "strength": "10 mg",
        "pack": "20 tablets",
        "controlled": True,
    },
}


def party_act(player: Player) -> dict[str, object]:
    """The registry act that makes a player a party."""
    act: dict[str, object] = {"type": "party", "gln": player.gln, "name": player.name, "roles": [player.role]}
    if player is MAKER:
        act["prefixes"] = [PREFIX]
    return act | {"country": COUNTRY}


def site_act(player: Player) -> dict[str, object]:
    """The registry act that gives a player its place."""
    return {
        "type": "site",
        "gln": player.site,
        "party": player.gln,
        "name": player.site_name,
        "country": COUNTRY,
        "zone": ZONE,
    }
