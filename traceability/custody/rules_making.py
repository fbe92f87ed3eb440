"""How items come to be: commissioning, opening containers, repackaging (DESIGN section 5)."""

from traceability.custody.hearing import SGTIN, Hearing, Refusal, replace
from traceability.custody.inheritance import TRANSFORMING
from traceability.custody.state import Condition, Item, Lot
from traceability.custody.times import REUSE_AFTER, seconds

SSCC = "https://id.gs1.org/00/"

CORRECTED_FROM = 3
"""The version of the rules from which a lot's wrong expiry can be made right."""
MAKING = frozenset({"commissioned", "opened", "packed", *TRANSFORMING})
"""Acts that bring an item into being; a receipt of something unknown is only a sighting."""


def commission(hearing: Hearing) -> None:
    """Packs of a lot come to be, held and owned by the signer; what was sighted before gets its lot."""
    hearing.verify_site()
    lots = _lots(hearing, "e")
    _verify_may_commission(hearing, lots)
    position, iss, site = hearing.position, hearing.iss, hearing.site
    active, find = Condition.ACTIVE, hearing.world.item
    items = hearing.statement.items
    sighted = [epc for _, epc in items if find(epc) is not None]
    if sighted:
        _explain(hearing, sighted, lots)
        items = tuple([pair for pair in items if pair[1] not in set(sighted)])
    if len(lots) == 1:
        (lot,) = lots.values()
        made = [
            Item(epc, 0, position, active, lot, None, iss, site, iss, None, None, False, position)  # noqa: FBT003
            for _, epc in items
        ]
    else:
        made = [
            Item(epc, 0, position, active, lots[epc[:40]], None, iss, site, iss, None, None, False, position)  # noqa: FBT003
            for _, epc in items
        ]
    hearing.effect.items.extend(made)


def _lots(hearing: Hearing, role: str) -> dict[str, Lot]:
    """The lot of each product named, by the part of its EPCs that comes before the serial."""
    lots = {}
    for prefix in {epc[:40] for found, epc in hearing.statement.items if found == role}:
        if not prefix.startswith(SGTIN) or prefix[36:] != "/21/":
            raise Refusal(
                hearing.rule("not-a-pack"),
                "Only packs with a product number and a serial have a lot. Open containers without one.",
            )
        lots[prefix] = _lot(hearing, prefix[22:36])
    return lots


def _lot(hearing: Hearing, gtin: str) -> Lot:
    ilmd = hearing.core.ilmd
    if ilmd is None:
        raise Refusal(hearing.rule("lot"), "This act gives lot and expiry")
    number, expiry = ilmd.lotNumber, ilmd.itemExpirationDate
    if expiry < hearing.day:
        raise Refusal(
            hearing.rule("expired"),
            "Lot %(lot)s had expired on %(expiry)s already.",
            lot=number,
            expiry=expiry,
        )
    if (gtin, number) in hearing.registry.closed:
        raise Refusal(
            hearing.rule("closed-lot"),
            "Lot %(lot)s of %(gtin)s is closed. Nothing can be added to it; use another lot.",
            lot=number,
            gtin=gtin,
        )
    known = hearing.world.lot(gtin, number)
    if known is None or _is_corrected(hearing, known, expiry):
        known = Lot(gtin, number, expiry)
        hearing.effect.lots.append(known)
    if known.expiry != expiry:
        raise Refusal(
            hearing.rule("expiry"),
            "Lot %(lot)s of %(gtin)s expires on %(known)s in the log, and this says %(expiry)s.",
            lot=number,
            gtin=gtin,
            known=known.expiry,
            expiry=expiry,
        )
    return known


def _is_corrected(hearing: Hearing, known: Lot, expiry: str) -> bool:
    """Whether a lot gets another expiry: every commissioning that gave the old one was struck."""
    return (
        known.expiry != expiry
        and hearing.registry.rules_version >= CORRECTED_FROM
        and not hearing.world.carried(known)
    )


def _verify_may_commission(hearing: Hearing, lots: dict[str, Lot]) -> None:
    acts = {"commissioned", hearing.terms.meaning}
    for lot in lots.values():
        if hearing.registry.product(lot.gtin) is None:
            raise Refusal(
                hearing.rule("product"),
                "The product %(gtin)s is not registered. Its brand owner registers it first.",
                gtin=lot.gtin,
            )
        if not any(
            hearing.registry.may(hearing.iss, act, lot.gtin, hearing.site, hearing.day) for act in acts
        ):
            raise Refusal(
                hearing.rule("not-allowed"),
                "Only the brand owner of %(gtin)s, or who is delegated for this act, product, place and date, "
                "may do this.",
                gtin=lot.gtin,
            )


def _explain(hearing: Hearing, sighted: list[str], lots: dict[str, Lot]) -> None:
    """Commissioning that arrives after a sighting: custody stays where the goods are."""
    for epc in sighted:
        item = hearing.known(epc)
        if _was_made(hearing, item):
            raise Refusal(
                hearing.rule("again"),
                "%(item)s was commissioned before. A serial number is used once.",
                item=epc,
            )
        fresh = item.custodian is None and item.container is None
        hearing.put(
            replace(
                item,
                lot=lots[epc[:40]],
                born=hearing.position if fresh else item.born,
                custodian=hearing.iss if fresh else item.custodian,
                site=hearing.site if fresh else item.site,
                owner=hearing.iss if fresh else item.owner,
                unmatched=False,
                acted=hearing.position,
            )
        )
        note_match(hearing, item)


def note_match(hearing: Hearing, item: Item) -> None:
    """After an item's sighting was explained: the receipt counts as matched once all its items are."""
    if not item.unmatched or item.dispatch is None:
        return
    for role, epc in hearing.world.named(item.dispatch):
        other = hearing.item(epc)
        if role == "e" and other is not None and other.unmatched and other.dispatch == item.dispatch:
            return
    if item.dispatch not in hearing.effect.matched:
        hearing.effect.matched.append(item.dispatch)


def is_unmade(hearing: Hearing, item: Item) -> bool:
    """Whether an item is known only by a statement that was struck: nobody has made it, nobody has it."""
    return item.custodian is None and item.container is None and not _was_made(hearing, item)


def _was_made(hearing: Hearing, item: Item) -> bool:
    if item.lot is not None:
        return True
    if item.born == hearing.position:
        return True
    born = hearing.world.fact(item.born)
    return born is not None and born.struck is None and born.act in MAKING


# Containers


def open_containers(hearing: Hearing) -> None:
    """Containers begin a life, empty, held and owned by the signer."""
    hearing.verify_site()
    for epc in hearing.epcs("e"):
        verify_may_open(hearing, epc)
        item = hearing.item(epc)
        if item is None or is_unmade(hearing, item):
            hearing.put(new_container(hearing, epc))
        elif item.unmatched and not _was_made(hearing, item):
            hearing.put(replace(item, unmatched=False, life=item.life or 1, acted=hearing.position))
            note_match(hearing, item)
        else:
            hearing.put(_next_life(hearing, item))


def new_container(hearing: Hearing, epc: str, life: int = 1) -> Item:
    """An empty container of the signer's."""
    return Item(
        epc,
        life=life,
        born=hearing.position,
        custodian=hearing.iss,
        site=hearing.site,
        owner=hearing.iss,
        acted=hearing.position,
    )


def verify_may_open(hearing: Hearing, epc: str) -> None:
    """A container's number belongs to whoever is licensed for its GS1 company prefix."""
    if not hearing.registry.may_open(hearing.iss, epc, hearing.site, hearing.day):
        raise Refusal(
            hearing.rule("prefix"),
            "%(item)s does not begin with a GS1 company prefix of yours. Take a number of your own, or ask its "
            "owner to delegate.",
            item=epc,
        )


def _next_life(hearing: Hearing, item: Item) -> Item:
    if item.epc.startswith(SGTIN):
        raise Refusal(
            hearing.rule("again"), "%(item)s was opened before. A serial number is used once.", item=item.epc
        )
    if item.condition is Condition.DESTROYED:
        raise Refusal(hearing.rule("ended"), "%(item)s was destroyed. Take another container.", item=item.epc)
    if hearing.inside(item):
        raise Refusal(
            hearing.rule("not-empty"),
            "%(item)s is not empty. A new life begins when everything is out.",
            item=item.epc,
        )
    top = hearing.top(item)
    if top.receiver is not None or (item.container is not None and top.custodian != hearing.iss):
        raise Refusal(
            hearing.rule("not-held"), "%(item)s is not in your custody. Receive it first.", item=item.epc
        )
    if item.epc.startswith(SSCC):
        last = hearing.world.fact(item.acted)
        if last is not None and seconds(hearing.core.eventTime) - seconds(last.event_time) < REUSE_AFTER:
            raise Refusal(
                hearing.rule("sscc-reuse"),
                "%(item)s was in use within the last twelve months. Take a new number.",
                item=item.epc,
            )
    hearing.take_out(item)
    return new_container(hearing, item.epc, item.life + 1)


# Repackaging


def repackage(hearing: Hearing) -> None:
    """Active packs become others; inputs leave the trade, outputs inherit their recalls."""
    hearing.verify_site()
    inputs = [_input(hearing, epc) for epc in hearing.outermost("i")]
    if not inputs or not hearing.epcs("o"):
        raise Refusal(hearing.rule("nothing"), "Name the packs that went in and those that came out.")
    lots = _lots(hearing, "o")
    _verify_may_commission(hearing, lots)
    _verify_inherits(hearing, inputs, lots)
    for item in inputs:
        hearing.put(
            replace(
                hearing.take_out(item),
                condition=Condition.TRANSFORMED,
                site=hearing.site or item.site,
                dispatch=hearing.position,
                acted=hearing.position,
            )
        )
    owners = {item.owner for item in inputs}
    owner = owners.pop() if len(owners) == 1 else hearing.iss
    for epc in hearing.epcs("o"):
        known = hearing.item(epc)
        if known is not None and (_was_made(hearing, known) or known.custodian or known.container):
            raise Refusal(
                hearing.rule("again"),
                "%(item)s was commissioned before. A serial number is used once.",
                item=epc,
            )
        hearing.put(
            Item(
                epc,
                born=hearing.position,
                lot=lots[epc[:40]],
                custodian=hearing.iss,
                site=hearing.site,
                owner=owner or hearing.iss,
                acted=hearing.position,
            )
        )


def _input(hearing: Hearing, epc: str) -> Item:
    item = hearing.in_hand(epc)
    hearing.verify_active(item)
    if hearing.inside(item):
        raise Refusal(
            hearing.rule("not-empty"), "%(item)s is not empty. Take everything out first.", item=epc
        )
    if item.lot is None:
        raise Refusal(
            hearing.rule("unknown-lot"),
            "Nobody has told the lot of %(item)s yet. Wait for its commissioning, or ask its maker.",
            item=epc,
        )
    if item.lot.expiry < hearing.day:
        raise Refusal(hearing.rule("expired-input"), "%(item)s has expired.", item=epc)
    recall = hearing.recall_of(item)
    if recall is not None:
        raise Refusal(
            hearing.rule("recalled"), "%(item)s is recalled. Hold it and return it instead.", item=epc
        )
    return item


def _verify_inherits(hearing: Hearing, inputs: list[Item], lots: dict[str, Lot]) -> None:
    """A lot has the same sources for all its packs, so that a recall finds them by lot."""
    sources = {item.lot for item in inputs if item.lot is not None}
    expiry = min(lot.expiry for lot in sources)
    for lot in lots.values():
        if lot.expiry > expiry:
            raise Refusal(
                hearing.rule("expiry-inputs"),
                "What is repackaged expires no later than what went in, on %(expiry)s.",
                expiry=expiry,
            )
        known = hearing.world.lot(lot.gtin, lot.number)
        if known is not None and not sources <= {known, *hearing.world.sources(known)}:
            raise Refusal(
                hearing.rule("lot-sources"),
                "Lot %(lot)s of %(gtin)s was not made from these lots. Give the new packs a lot number of their own.",
                lot=lot.number,
                gtin=lot.gtin,
            )
