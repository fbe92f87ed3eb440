"""Every act is made of CBV's own words, and meaning and shape must fit."""

import msgspec
import pytest
from supply_chain import AMOX, LOT, MAKER, NORD, Composed, pack, place, sscc

from traceability.custody import CustodyError
from traceability.custody.acts import ACTS, act_of
from traceability.custody.compose import Ends, compose, correction
from traceability.custody.rules import RULES, RULES_VERSION
from traceability.epcis.parts import Core, Terms, join, split
from traceability.epcis.vocabulary import Action, BizStep, Disposition, EventType

TIME = "2026-11-23T08:00:00+01:00"
ID = "A" * 43
PACK = pack(AMOX, "1")


def made(meaning: str, **more: object) -> Composed:
    """An act with everything it asks for."""
    act = ACTS[meaning]
    if act.ilmd:
        more.setdefault("lot", LOT)
    if act.ref:
        more.setdefault("ref", [ID])
    if act.handover:
        more.setdefault("ends", Ends(MAKER, NORD))
    if act.owners:
        more.setdefault("owners", (MAKER, NORD))
    if act.amount:
        more.setdefault("amount", (1, 19))
    if act.type is EventType.AGGREGATION:
        more.setdefault("parent", sscc(1))
    if act.type is EventType.TRANSFORMATION:
        more.setdefault("inputs", [pack(AMOX, "0")])
    return compose(meaning, time=TIME, items=[PACK], site=place(MAKER), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("meaning", ACTS)
def test_every_act_is_said_in_words_of_the_vocabulary(meaning: str) -> None:
    act = ACTS[meaning]
    assert act.type in EventType
    assert act.action is None or act.action in Action
    assert all(step in BizStep for step in act.steps)
    assert act.dispositions
    assert all(disposition in Disposition for disposition in act.dispositions)


@pytest.mark.parametrize("meaning", ACTS)
def test_every_act_is_a_valid_event_and_reads_back(meaning: str) -> None:
    composed = made(meaning)
    assert act_of(composed.core, composed.terms) is ACTS[meaning]
    event = join(composed.core, composed.terms, composed.items)
    assert split(event) == (composed.core, composed.terms, composed.items)


def test_every_act_has_its_rule() -> None:
    assert set(RULES[RULES_VERSION]) == {*ACTS, "corrected"}
    assert set(RULES[RULES_VERSION]) - set(RULES[1]) == {"counted", "recall_answered", "destruction_agreed"}


@pytest.mark.parametrize(
    ("meaning", "member", "value", "word"),
    [
        ("shipped", "bizStep", "receiving", "business step"),
        ("shipped", "disposition", "returned", "disposition"),
        ("dispensed", "disposition", "partially_dispensed", "disposition"),
        ("commissioned", "action", "OBSERVE", "action"),
        ("stolen", "bizStep", "shipping", "business step"),
        ("shipped", "exported", True, "exported"),
        ("refused", "ref", (), "ref"),
        ("shipped", "destinationList", (), "receiving party"),
        ("commissioned", "ilmd", None, "lot and expiry"),
    ],
)
def test_a_meaning_that_does_not_fit_its_shape_is_refused(
    meaning: str, member: str, value: object, word: str
) -> None:
    composed = made(meaning)
    core = msgspec.structs.replace(composed.core, **{member: value})
    with pytest.raises(CustodyError, match=word):
        act_of(core, composed.terms)


def test_meanings_are_a_closed_list() -> None:
    composed = made("shipped")
    terms = msgspec.structs.replace(composed.terms, meaning="teleported")
    with pytest.raises(CustodyError, match="no act called teleported"):
        act_of(composed.core, terms)


def test_amounts_and_owners_come_with_their_acts_only() -> None:
    with pytest.raises(CustodyError, match="amount"):
        act_of(made("dispensed").core, made("dispensed", amount=(1, 2)).terms)
    with pytest.raises(CustodyError, match="amount"):
        act_of(
            made("partly_dispensed").core,
            msgspec.structs.replace(made("partly_dispensed").terms, amount=None),
        )
    offered = made("ownership_offered")
    terms = msgspec.structs.replace(offered.terms, sourceList=())
    with pytest.raises(CustodyError, match="owner"):
        act_of(offered.core, terms)


def test_a_correction_repeats_the_event_with_an_error_declaration() -> None:
    corrected = correction(made("shipped"), ID, time=TIME)
    assert act_of(corrected.core, corrected.terms).code == "corrected"
    without = msgspec.structs.replace(corrected.core, errorDeclaration=None)
    with pytest.raises(CustodyError, match="error declaration"):
        act_of(without, corrected.terms)
    with pytest.raises(CustodyError, match="error declaration"):
        act_of(corrected.core, made("shipped").terms)
    silent = msgspec.structs.replace(
        corrected.core,
        errorDeclaration=msgspec.structs.replace(corrected.core.errorDeclaration, reason=None),
    )
    with pytest.raises(CustodyError, match="why"):
        act_of(silent, corrected.terms)


def test_composed_members_stand_in_their_order() -> None:
    composed = made("shipped")
    assert Core.parse(composed.core.to_json()) == composed.core
    assert Terms.parse(composed.terms.to_json()) == composed.terms
    assert list(msgspec.json.decode(composed.core.to_json()))[:4] == [
        "type",
        "eventTime",
        "eventTimeZoneOffset",
        "action",
    ]
