"""Words of exceptions and alerts: causes, states, proposals, and the lines of a thread."""

from traceability.web.babel import LazyString, lazy_gettext

EXCEPTION_WORDS: dict[str, LazyString] = {
    "missing": lazy_gettext("Missing"),
    "extra": lazy_gettext("Too much"),
    "damaged": lazy_gettext("Damaged"),
    "wrong_product": lazy_gettext("Wrong product"),
    "product_without_data": lazy_gettext("Product without data"),
    "data_without_product": lazy_gettext("Data without product"),
    "trace_request": lazy_gettext("Trace request"),
}
EXCEPTION_HINTS: dict[str, LazyString] = {
    "missing": lazy_gettext("Announced, and some of it is not there"),
    "extra": lazy_gettext("There, and not announced"),
    "damaged": lazy_gettext("Broken, wet, opened, too warm"),
    "wrong_product": lazy_gettext("Not what was ordered or announced"),
    "product_without_data": lazy_gettext("Goods without a signed dispatch"),
    "data_without_product": lazy_gettext("A signed dispatch without goods"),
    "trace_request": lazy_gettext("Say with signed evidence where these goods came from, or went"),
}
COUNTERSIGNATURE = "countersignature"
"""The cause of an exception that no form raises: somebody is asked to countersign a correction."""
CAUSE_WORDS: dict[str, LazyString] = {
    "dispensed-elsewhere": lazy_gettext("Dispensed elsewhere"),
    "unknown-serial": lazy_gettext("Serial that its lot does not have"),
    "lot": lazy_gettext("Another lot than the maker signed"),
    "expiry": lazy_gettext("Another expiry than the maker signed"),
    "stolen": lazy_gettext("Reported stolen"),
    "destroyed": lazy_gettext("Reported destroyed"),
    "out-of-trade-elsewhere": lazy_gettext("Out of trade elsewhere"),
    "two-places": lazy_gettext("In two places at once"),
    "off-route": lazy_gettext("Off its route"),
    "clone": lazy_gettext("Checked in two places, faster than travel"),
    "seen-elsewhere": lazy_gettext("Seen elsewhere a moment ago"),
    "many-places": lazy_gettext("Checked by many who never had it"),
    "burst": lazy_gettext("Many suspect codes within minutes"),
    "rule-broken": lazy_gettext("Somebody else signed for your goods"),
    "forked-signer": lazy_gettext("One key signed two histories"),
}
STATE_WORDS: dict[str, tuple[str, LazyString]] = {
    "open": ("again", lazy_gettext("waits for an answer")),
    "answered": ("unknown", lazy_gettext("answered")),
    "new": ("stop", lazy_gettext("new")),
    "acknowledged": ("again", lazy_gettext("acknowledged")),
    "investigating": ("again", lazy_gettext("being investigated")),
    "escalated": ("stop", lazy_gettext("with the regulator")),
    "resolved": ("clear", lazy_gettext("resolved")),
}
MOVE_WORDS: dict[str, LazyString] = {
    "acknowledged": lazy_gettext("Acknowledge"),
    "investigating": lazy_gettext("Investigate"),
    "escalated": lazy_gettext("Escalate to the regulator"),
    "resolved": lazy_gettext("Resolve"),
}
PROPOSAL_WORDS: dict[str, LazyString] = {
    "ship": lazy_gettext("Sign the dispatch"),
    "void": lazy_gettext("Void the dispatch"),
    "receive": lazy_gettext("Receive it"),
    "refuse": lazy_gettext("Refuse the delivery"),
    "return": lazy_gettext("Send it back"),
    "hold": lazy_gettext("Hold it until it is inspected"),
    "lost": lazy_gettext("Report it lost"),
    "destroy": lazy_gettext("Destroy it"),
    "correct": lazy_gettext("Correct the statement"),
    "countersign": lazy_gettext("Countersign the correction"),
    "sighted": lazy_gettext("Nothing is wrong: sign that it is here"),
}
LINE_WORDS: dict[str, LazyString] = {
    "raised": lazy_gettext("raised it"),
    "said": lazy_gettext("wrote"),
    "countersigned": lazy_gettext("countersigned the correction"),
    "took": lazy_gettext("takes care of it"),
    "proposed": lazy_gettext("proposes"),
    "acknowledged": lazy_gettext("acknowledged it"),
    "investigating": lazy_gettext("investigates"),
    "escalated": lazy_gettext("escalated it to the regulator"),
    "resolved": lazy_gettext("resolved it"),
    "opened": lazy_gettext("opened it"),
    "collected": lazy_gettext("added"),
    "left_out": lazy_gettext("took out"),
    "document": lazy_gettext("added a document"),
    "assigned": lazy_gettext("gave it to"),
    "explained": lazy_gettext("It has explained itself: what was signed since no longer contradicts it."),
    "overdue": lazy_gettext("Its last day has passed."),
}
SUBJECT_LINES = frozenset({"collected", "left_out"})
"""Lines whose text names what an investigation collects: the URI of a subject, or another case."""
SERVER_LINES = frozenset({"explained", "overdue"})
"""Lines that the server writes by itself, as whole sentences."""


KIND_WORDS: dict[str, LazyString] = {
    "alert": lazy_gettext("Alert"),
    "exception": lazy_gettext("Exception"),
    "investigation": lazy_gettext("Investigation"),
}


def cause_word(kind: str, cause: str) -> str:
    """What a case is about; of an investigation its title."""
    if cause == COUNTERSIGNATURE:
        return str(lazy_gettext("Countersignature asked for"))
    words = {"exception": EXCEPTION_WORDS, "alert": CAUSE_WORDS}.get(kind, {})
    return str(words.get(cause, cause))
