"""Do verdicts cry wolf, and do they catch forgeries? A generated trade, and every scan judged as the page does.

Some hundred thousand scans over a real log: honest work with late data, outages and broken cases, every kind
of garble, packs that may not be used, and seeded fakes. The seed decides all of it. Each scan goes through
`custody.judging.judge` on a snapshot of the store, as the counter's page does it, with the earlier checks of
the same code beside it.
"""

import heapq
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from benchmarks.corpus_blocked import BLOCKED
from benchmarks.corpus_fakes import FAKES
from benchmarks.corpus_honest import HONEST
from benchmarks.corpus_mishaps import MISHAPS
from benchmarks.corpus_stories import Fake, Look, Op, Story, Told, Wait
from benchmarks.corpus_trade import BEGIN, Act, Trade
from traceability.custody.alerts import clone
from traceability.custody.hearing import SGTIN
from traceability.custody.judging import Judgement, judge
from traceability.custody.sightings import Sighting, contradiction
from traceability.custody.times import CLOCK_TOLERANCE, seconds
from traceability.custody.verdict import Kind, Scan, Viewer
from traceability.ledger.examination import Rejected
from traceability.ledger.history import Snapshot
from traceability.ledger.sequencer import Outcome, Sequencer

Say = Callable[[str], None]
SHARES = ((HONEST, 0.42), (MISHAPS, 0.34), (BLOCKED, 0.12), (FAKES, 0.12))
"""Parts of the scans that stories of each shelf have at least."""
MORE = 1.5
"""Scans for each that a story counts at least: what arrives garbled is scanned twice, and many have more."""
DEVICES = 60


class Tally:
    """What was shown, by kind of scan."""

    def __init__(self) -> None:
        self.kinds: dict[tuple[str, str], Counter[str]] = {}
        self.fakes: dict[int, Fake] = {}
        self.alarmed: list[tuple[Look, Judgement]] = []
        self.unblocked: list[tuple[Look, Judgement]] = []
        self.misread: list[tuple[Look, Judgement]] = []
        """Garbled scans that turned green and name another pack than was scanned."""

    def count(self, look: Look, found: Judgement) -> None:
        kind = found.verdict.kind
        self.kinds.setdefault(self._group(look), Counter())[kind.value] += 1
        if look.garble and kind is Kind.CLEAR and not _same(found.scan, look.printed):
            self.misread.append((look, found))
        if look.fake is not None:
            self.fakes[id(look.fake)] = look.fake
            look.fake.green |= kind is Kind.CLEAR
            look.fake.caught |= kind is Kind.SUSPECT or (look.fake.blocked_is_right and kind is Kind.BLOCKED)
        elif kind is Kind.SUSPECT and not look.original:
            self.alarmed.append((look, found))
        elif look.must_block and not look.garble and kind is not Kind.BLOCKED:
            self.unblocked.append((look, found))

    @staticmethod
    def _group(look: Look) -> tuple[str, str]:
        if look.fake is not None:
            return ("fake", "garbled: " + look.fake.kind if look.garble else look.fake.kind)
        if look.original:
            return ("original", look.kind)
        if look.garble:
            return ("garbled", look.garble)
        return ("blocked" if look.must_block else "honest", look.kind)


class Run:
    """One corpus on its way: a clock, the stories that wait for it, and what has been seen so far."""

    def __init__(self, trade: Trade, stories: Iterable[Story]) -> None:
        self.trade = trade
        self.tally = Tally()
        self.seen: dict[str, list[Sighting]] = {}
        self.honest: set[str] = set()
        self.fakes: dict[str, list[Fake]] = {}
        self.cloned: set[str] = set()
        self._waiting: list[tuple[int, int, Story]] = []
        for number, one in enumerate(stories):
            next(one)  # reserves
            self._waiting.append((0, number, one))
        self._history = trade.world.history

    def go(self, sequencer: Sequencer) -> None:
        """Let the clock run until every story is told."""
        heapq.heapify(self._waiting)
        while self._waiting:
            minute = self._waiting[0][0]
            self.trade.moment = BEGIN + timedelta(minutes=minute)
            due = []
            while self._waiting and self._waiting[0][0] == minute:
                due.append(heapq.heappop(self._waiting)[1:])
            while due:
                due = self._step(sequencer, minute, due)

    def _step(
        self, sequencer: Sequencer, minute: int, due: list[tuple[int, Story]]
    ) -> list[tuple[int, Story]]:
        """One move of every story that is due; those that are not waiting go on."""
        moves: list[tuple[int, Story, Op]] = [
            (number, one, move) for number, one in due for move in self._next(one)
        ]
        acts = [move for _, _, move in moves if isinstance(move, Act)]
        looks = [move for _, _, move in moves if isinstance(move, Look)]
        if acts:
            with self._history.view() as view:
                for act in acts:
                    self._sight(act, view)
            _verify(acts, sequencer.submit_many([act.raw for act in acts]))
        if looks:
            with self._history.view() as view:
                for one_look in looks:
                    self._judge(one_look, view)
        for number, one, move in moves:
            if isinstance(move, Wait):
                heapq.heappush(self._waiting, (minute + move.minutes, number, one))
        return [(number, one) for number, one, move in moves if not isinstance(move, Wait)]

    def _sight(self, act: Act, view: Snapshot) -> None:
        """A bench reads packs before it signs for them, and the server remembers; what a device without a network
        signs later was not seen by it."""
        composed = act.composed
        if composed is None or composed.terms.meaning not in ("shipped", "received", "counted"):
            return
        late = abs(self.trade.moment.timestamp() - seconds(composed.core.eventTime)) > CLOCK_TOLERANCE
        place = composed.core.bizLocation
        if late or place is None or composed.terms.evidence == "claimed":
            return
        now = self.trade.moment.isoformat(timespec="milliseconds")
        site = view.registry.site(place.id[-13:])
        party = place.id[-13:] if site is None else site.party
        for role, epc in composed.items:
            if role != "e" or not epc.startswith(SGTIN):
                continue
            here = Sighting(epc, party, place.id[-13:], now)
            earlier = self.seen.setdefault(epc, [])
            facts = [step.fact for step in view.steps(epc)] if earlier else []
            if clone(here, earlier, facts, view.registry) is not None:
                self.cloned.add(epc)
            earlier.append(here)

    @staticmethod
    def _next(one: Story) -> Iterator[Op]:
        try:
            yield next(one)
        except StopIteration:
            return

    def _judge(self, look: Look, view: Snapshot) -> None:
        moment = self.trade.moment + timedelta(seconds=look.seconds)
        site = look.site or look.who.gln
        now = moment.astimezone(ZoneInfo(look.who.zone)).isoformat(timespec="milliseconds")
        viewer = Viewer(look.who.gln, site, look.sender, look.from_patient)
        seen = self.seen.get(look.printed.epc or "", ())
        found = judge(look.text, look.symbology, viewer, view, now, moment.date(), seen)
        self.tally.count(look, found)
        epc = found.scan.epc
        if epc is not None and found.verdict.kind is not Kind.SCANNER_FAULT:
            self.seen.setdefault(epc, []).append(Sighting(epc, look.who.gln, site, now))
        if look.fake is not None:
            self.fakes.setdefault(look.fake.epc, []).append(look.fake)
        elif not look.original and not look.garble:
            self.honest.add(look.printed.epc or "")

    def afterwards(self) -> list[str]:
        """What was signed later against what was seen: catches the fakes that are left; the honest packs
        that this would alarm are returned."""
        alarmed = []
        with self._history.view() as view:
            for epc, sightings in self.seen.items():
                steps = view.steps(epc)
                if epc not in self.cloned and not any(
                    contradiction(one, steps, view.registry) for one in sightings
                ):
                    continue
                for fake in self.fakes.get(epc, ()):
                    fake.later |= not fake.caught
                    fake.caught = True
                if epc not in self.fakes and epc in self.honest:
                    alarmed.append(epc)
        return alarmed


def _same(read: Scan, printed: Scan) -> bool:
    """Whether what was read is all that is printed."""
    return read == printed


def _verify(acts: list[Act], outcomes: Sequence[Outcome | Rejected]) -> None:
    for act, outcome in zip(acts, outcomes, strict=True):
        if not isinstance(outcome, Outcome) or not outcome.effect:
            raise RuntimeError((act.composed, outcome))


def plan(trade: Trade, scans: int) -> Iterator[Story]:
    """Stories of every kind, until they are sure to have as many scans."""
    rng: Random = trade.rng
    for shelf, share in SHARES:
        left = scans * share / MORE
        told: list[Told] = list(shelf.stories)
        for one in told:  # every kind at least once
            left -= one.scans
            yield one.tell(trade)
        while left > 0:
            one = rng.choices(told, [each.weight for each in told])[0]
            left -= one.scans
            yield one.tell(trade)


def corpus(seed: int, scans: int, say: Say) -> dict[str, object]:
    """The figures of a corpus, its report told line by line."""
    tally, alarmed = run(seed, scans)
    fakes = list(tally.fakes.values())
    for look, found in (*tally.alarmed[:20], *tally.unblocked[:20], *tally.misread[:20]):
        say(f"  {look.kind} {look.garble}: {found.verdict.kind} {found.verdict.reason} {look.text!r}")
    figures: dict[str, object] = {
        "honest_scans_alarmed": len(tally.alarmed) + len(alarmed),
        "fakes_caught": sum(fake.caught for fake in fakes),
        "fakes_total": len(fakes),
        "fakes_green": sum(fake.green for fake in fakes),
    }
    by_kind = report(tally, say)
    say(f"\n{sum(row['scans'] for row in by_kind.values()):.0f} scans")
    for name, value in figures.items():
        say(f"  {name:28}{value:>12}")
    return {**figures, "by_kind": by_kind}


def report(tally: Tally, say: Say) -> dict[str, dict[str, float]]:
    """Rates by kind of scan: the parts of its scans that each verdict was given, and of fakes that were caught."""
    rows: dict[str, dict[str, float]] = {}
    say(f"\n{'':52}{'scans':>8}" + "".join(f"{kind.value.replace('_', ' '):>15}" for kind in Kind))
    for (group, name), counts in sorted(tally.kinds.items()):
        total = sum(counts.values())
        row: dict[str, float] = {"scans": total}
        row |= {kind.value: round(counts[kind.value] / total, 4) for kind in Kind}
        rows[f"{group}: {name}"] = row
        shares = "".join(f"{counts[kind.value] / total:>15.2%}" for kind in Kind)
        say(f"{group + ': ' + name:52}{total:>8}{shares}")
    say(f"\n{'':52}{'fakes':>8}{'caught':>15}{'by what came later':>22}{'green':>12}")
    for kind in sorted({fake.kind for fake in tally.fakes.values()}):
        some = [fake for fake in tally.fakes.values() if fake.kind == kind]
        caught, later = sum(fake.caught for fake in some), sum(fake.later for fake in some)
        green = sum(fake.green for fake in some)
        rows[f"fake: {kind}"] |= {"fakes": len(some), "caught": caught, "caught_later": later, "green": green}
        say(f"{kind:52}{len(some):>8}{caught:>15}{later:>22}{green:>12}")
    return rows


def run(seed: int, scans: int, devices: int = DEVICES) -> tuple[Tally, list[str]]:
    """Tell a corpus of so many scans; the tally, and the honest packs that later signatures would alarm."""
    with tempfile.TemporaryDirectory() as folder:
        trade = Trade(Path(folder), seed)
        going = Run(trade, plan(trade, scans))
        with trade.world.sequencer() as sequencer:
            trade.stock_up(sequencer, devices)
            going.go(sequencer)
        alarmed = going.afterwards()
        trade.world.store.close()
    return going.tally, alarmed
