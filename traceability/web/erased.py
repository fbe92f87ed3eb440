"""What pages and dossiers say of a statement whose body was erased by law."""

from traceability.ledger.view import View
from traceability.web import directory
from traceability.web.babel import gettext
from traceability.web.words import moment


def erased_line(view: View, position: int) -> list[str]:
    """When and by whom, in a line; none where the body is there."""
    erasure = view.erasure(position)
    if erasure is None or view.body(position) is not None:
        return []
    when, party = moment(erasure.admitted), directory.party_name(erasure.party)
    return [gettext("What it said was erased by law on %(when)s, by %(party)s", when=when, party=party)]
