"""The newcomer's story without a browser: from printed labels to a proof that fails when a byte is flipped."""

import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import perf_counter

import numpy as np

from scanner import images
from scanner.labels import Label, sheet_pdf
from traceability.custody.compose import compose
from traceability.custody.rules import Refusal
from traceability.custody.state import Lot
from traceability.demo import DemoError
from traceability.demo.cast import AMOXICILLIN, BRUNNEN, MAKER, MARKT, NORDMED, PRODUCTS, Player, packs, sscc
from traceability.demo.folder import SERVED, playing, zone
from traceability.demo.pictures import container_labels, pack_labels, photographed
from traceability.demo.stage import Stage, between, stamp
from traceability.ledger.audit import audit
from traceability.ledger.exhibits import Exhibits
from traceability.ledger.founding import looking, new_file, write_new
from traceability.ledger.history import History, Snapshot
from traceability.ledger.keyfile import new_nonce
from traceability.ledger.mark import MarkFile
from traceability.proof import ProofError
from traceability.proof.bundle import read_bundle, verify_bundle, write_bundle
from traceability.proof.receipt import Trust
from traceability.proof.statement import Body
from traceability.reports.evidence import Exhibited, evidence_bundle
from traceability.reports.hops import hop_rows
from traceability.reports.spreadsheet import trace_csv
from traceability.reports.trace import about_lot, trace_rows
from traceability.settings import Settings

LEFT = ("ledger.db", "labels.pdf", "frame.png", "trace.csv", "trust.json", "bundle.zip")
"""What the story leaves to look at."""
MARKER = "story"
"""The file that says that a folder belongs to the story, and may be told into again."""
_OTHERS = ("office.db", "log.key", "cookie.secret", "mark", "mark.lock", "stations", MARKER)
CASE, CASES = 12, 2
CASE_1, CASE_2, PALLET = sscc(1), sscc(2), sscc(3)
SEED = 2026
"""Of the photographs' randomness: the same pictures each time."""
Say = Callable[[str], None]


def tell(folder: Path, now: datetime, say: Say) -> dict[str, object]:
    """Tell the whole story into a folder; returns its measured numbers.

    Raises DemoError where the folder holds files that are not the story's, or a step does not come out.
    """
    clear(folder)
    start = perf_counter()
    story = Story(folder, now, say)
    story.play()
    took = perf_counter() - start
    say(f"Told in {took:.1f} s. In {folder}: {', '.join(LEFT)}.")
    return story.told | {"seconds": round(took, 1), "folder": str(folder), "files": list(LEFT)}


def clear(folder: Path) -> None:
    """Make room for the story: a fresh folder, or the one of an earlier telling."""
    others = [path for path in folder.iterdir() if path.name != SERVED] if folder.exists() else []
    if others and not (folder / MARKER).exists():
        raise DemoError(
            "%(folder)s holds files that are not the demo's. Choose another folder.", folder=folder
        )
    for name in (*LEFT, *_OTHERS):
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    write_new(folder / MARKER, b"Made by traceability demo --headless, which may write it again.\n")


class Story:
    """The story as it is told, with its measured numbers."""

    def __init__(self, folder: Path, now: datetime, say: Say) -> None:
        self.folder = folder
        self.settings = Settings(data=folder)
        self.now = now.astimezone(zone())
        self.lot = Lot(AMOXICILLIN, "A17", date(self.now.year + 2, 4, 30).isoformat())
        self.told: dict[str, object] = {}
        self._say = say
        self._step = 0

    def play(self) -> None:
        """Every step, in order."""
        seen = self.read(self.draw())
        with playing(self.settings, self.now - timedelta(days=4)) as (stage, trust):
            self.tell(
                f"Founded the log {trust.origin}: {len(stage.stations)} parties are registered, each with a key of "
                "its own.",
                origin=trust.origin,
            )
            self.hand_on(stage, seen)
            with looking(self.settings) as history:
                self.show_way(history, seen[0][0])
                self.recall(stage, history)
        self.audit(trust)
        with looking(self.settings) as history, history.view() as view:
            self.export(view)
        self.verify(trust)
        self.flip(trust)

    def tell(self, sentence: str, **numbers: object) -> None:
        """One step in one sentence; its numbers are kept."""
        self._step += 1
        self.told |= numbers
        self._say(f"{self._step:>2}. {sentence}")

    def ago(self, hours: float) -> datetime:
        """Some hours before now."""
        return (self.now - timedelta(hours=hours)).replace(microsecond=0)

    # Labels and photographs

    def draw(self) -> dict[str, Label]:
        """Every label, by the item on it."""
        start = perf_counter()
        product = str(PRODUCTS[AMOXICILLIN]["name"])
        labels = pack_labels(self.lot, CASE * CASES) | container_labels((CASE_1, CASE_2, PALLET), product)
        write_new(self.folder / "labels.pdf", sheet_pdf(list(labels.values())), mode=0o644)
        self.tell(
            f"Drew {len(labels)} labels into labels.pdf in {perf_counter() - start:.1f} s: GS1 DataMatrix for "
            f"{CASE * CASES} packs, GS1-128 and DataMatrix for two cases and a pallet.",
            labels=len(labels),
        )
        return labels

    def read(self, labels: dict[str, Label]) -> list[list[str]]:
        """The packs of each case, and the containers, as the camera saw them."""
        rng = np.random.default_rng(SEED)
        groups = [packs(self.lot, case * CASE, CASE) for case in range(CASES)]
        groups += [[CASE_1], [CASE_2], [PALLET]]
        seen = [photographed([labels[epc] for epc in group], rng, self.now.date()) for group in groups]
        write_new(self.folder / "frame.png", images.png(seen[0].frame), mode=0o644)
        for group, one in zip(groups, seen, strict=True):
            if set(one.items) != set(group):
                raise DemoError(
                    "Read %(found)s of %(all)s labels in a photograph", found=len(one.items), all=len(group)
                )
        each = sum(one.seconds for one in seen) / len(seen) * 1000
        total = sum(len(one.items) for one in seen)
        self.tell(
            f"Photographed them askew, blurred and noisy (frame.png is the first of {len(seen)} pictures) and read "
            f"all {total} back, in {each:.0f} ms a picture.",
            read=total,
            read_ms=round(each),
        )
        return [one.items for one in seen]

    # Handing on

    def hand_on(self, stage: Stage, seen: list[list[str]]) -> None:
        """From the maker to the counter, both sides signing every handover; items are what the camera read."""
        before, start = len(stage.outcomes), perf_counter()
        first, second = seen[:2]
        (case_1,), (case_2,), (pallet,) = seen[2:]
        stage.act(MAKER, "commissioned", self.ago(50), [*first, *second], lot=self.lot)
        for hours, case, items in ((49, case_1, first), (48.5, case_2, second)):
            stage.act(
                MAKER, "packed", self.ago(hours), items, parent=case, disposition="completeness_verified"
            )
        stage.act(MAKER, "packed", self.ago(48), [case_1, case_2], parent=pallet)
        self._hand_over(stage, MAKER, NORDMED, pallet, 47)
        stage.act(NORDMED, "unpacked", self.ago(40), [], parent=pallet)
        self._hand_over(stage, NORDMED, MARKT, case_1, 30)
        stage.act(MARKT, "unpacked", self.ago(25), [], parent=case_1)
        stage.act(MARKT, "dispensed", self.ago(24), [first[0]])
        self._hand_over(stage, NORDMED, BRUNNEN, case_2, 20)
        stage.flush()
        count, took = len(stage.outcomes) - before, (perf_counter() - start) * 1000
        self.tell(
            f"Signed and admitted {count} statements in {took:.0f} ms: {len(first) + len(second)} packs "
            "commissioned, packed and dispensed, and three handovers with both sides' signatures, each durable "
            "and with a receipt before the next.",
            statements=count,
            admitted_ms=round(took),
        )

    def _hand_over(self, stage: Stage, sender: Player, receiver: Player, item: str, hours: float) -> None:
        ends = between(sender, receiver)
        dispatch = stage.act(sender, "shipped", self.ago(hours), [item], ends=ends)
        stage.act(
            receiver,
            "received",
            self.ago(hours - 4),
            [item],
            ends=ends,
            ref=[dispatch],
            disposition="completeness_inferred",
        )

    def show_way(self, history: History, epc: str) -> None:
        """The provenance of the pack that was dispensed."""
        with history.view() as view:
            start = perf_counter()
            story = view.provenance(epc)
            took = (perf_counter() - start) * 1000
            rows = hop_rows(story, view.registry)
        self.tell(
            f"Where the dispensed pack has been, {len(story.hops)} hops, found in {took:.0f} ms:",
            hops=len(story.hops),
        )
        for when, what, who, evidence, inside, _ in rows:
            self._say(f"      {when}  {what:<12} {who} [{evidence}]" + (f" in {inside}" if inside else ""))

    # The recall

    def recall(self, stage: Stage, history: History) -> None:
        """The maker recalls the lot; at the next counter the rules say no."""
        act = {
            "type": "recall",
            "lots": [{"gtin": self.lot.gtin, "lot": self.lot.number}],
            "class": "1",
            "level": "patient",
            "reason": "Wrong strength on some labels",
        }
        stage.register(MAKER, act, self.ago(2))
        stage.flush()
        sentence = self._refused_dispensing(stage, history)
        with history.view() as view:
            where: dict[str, int] = {}
            for row in trace_rows(view.lot_trace(self.lot.gtin, self.lot.number), view.registry):
                name = f"{row.state} at {row.holder}"
                where[name] = where.get(name, 0) + 1
        places = ", ".join(f"{count} {name}" for name, count in where.items())
        self.tell(
            f"Recalled the lot with one statement. Its {CASE * CASES} packs: {places}.", packs=CASE * CASES
        )
        self.tell(
            f'A pharmacy that would dispense one now is told before it signs: "{sentence}"', refusal=sentence
        )

    def _refused_dispensing(self, stage: Stage, history: History) -> str:
        """What the rules say to a dispensing after the recall."""
        station, now = stage.stations[BRUNNEN.gln], self.ago(1)
        wanted = compose("dispensed", time=stamp(now), site=BRUNNEN.site, items=packs(self.lot, CASE, 1))
        body = Body(
            new_nonce(),
            wanted.core.to_json(),
            wanted.terms.to_json(),
            tuple(role + epc for role, epc in wanted.items),
        )
        admitted = f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z"
        try:
            history.check(BRUNNEN.gln, station.key.public.kid, stamp(now), admitted, body)
        except Refusal as refusal:
            return str(refusal)
        raise DemoError("A recalled pack could be dispensed")

    # Proof

    def audit(self, trust: Trust) -> None:
        """Prove the store against its log."""
        start = perf_counter()
        audited = audit(self.settings.ledger, trust, MarkFile(self.settings.mark, trust.origin))
        took = (perf_counter() - start) * 1000
        self.tell(
            f"Audited the store: {audited.entries} entries verified and replayed in {took:.0f} ms, and every row is "
            "what the log says.",
            entries=audited.entries,
        )

    def export(self, view: Snapshot) -> None:
        """The trace of the lot, as a table and as evidence for the regulator."""
        gtin, number = self.lot.gtin, self.lot.number
        rows = list(trace_rows(view.lot_trace(gtin, number), view.registry))
        write_new(self.folder / "trace.csv", b"".join(trace_csv(rows)), mode=0o644)
        exhibits = Exhibits(view)
        regulator = next(gln for gln, party in view.registry.parties.items() if "regulator" in party.roles)
        shown = exhibits.of_lot(self.lot, regulator)
        about = about_lot(self.lot, view.registry, exhibits.note)
        exhibited = Exhibited(exhibits.note, exhibits.registry(), shown, lambda: rows, about)
        with new_file(self.folder / "bundle.zip") as file:
            evidence_bundle(exhibited, file)
        size = (self.folder / "bundle.zip").stat().st_size
        self.tell(
            f"Exported the trace: trace.csv, a row for each of {len(rows)} packs, and bundle.zip, "
            f"{size / 1024:.0f} kB that prove it.",
            bundle_bytes=size,
        )

    def verify(self, trust: Trust) -> None:
        """Offline, twice: with our proof room, and with the verifier out of the bundle."""
        bundle = (self.folder / "bundle.zip").read_bytes()
        start = perf_counter()
        found = verify_bundle(read_bundle(bundle), trust)
        ours = (perf_counter() - start) * 1000
        start = perf_counter()
        alone = self._run_verifier(bundle)
        theirs = (perf_counter() - start) * 1000
        if alone.returncode != 0:
            raise DemoError("The stand-alone verifier refuses the bundle: %(why)s", why=alone.stderr.strip())
        self.tell(
            f"Verified the bundle offline with trust.json, twice: {len(found.statements)} statements and "
            f"{found.registry} registry entries in {ours:.0f} ms here, and again by the bundle's own verifier.py, "
            f"which shares no code with this program, in {theirs:.0f} ms.",
            verified=len(found.statements),
        )

    def flip(self, trust: Trust) -> None:
        """One bit of one statement, and both verifiers refuse; mending the checksums does not help."""
        bundle = (self.folder / "bundle.zip").read_bytes()
        files = read_bundle(bundle)
        name = min(name for name in files if name.startswith("statements/") and name.endswith(".entry"))
        damaged = bytearray(bundle)
        at = bundle.index(files[name]) + len(files[name]) // 2
        damaged[at] ^= 1
        flipped = self._refusal(bytes(damaged), trust)
        self.tell(f'Flipped one bit of byte {at}; both verifiers refuse: "{flipped}".', flipped=flipped)
        start = at - bundle.index(files[name])
        forged = write_bundle(
            {**files, name: files[name][:start] + damaged[at : at + 1] + files[name][start + 1 :]}
        )
        refusal = self._refusal(forged, trust)
        self.tell(
            f'Flipped it again and mended every checksum, as a forger would; both refuse: "{refusal}".',
            forged=refusal,
        )

    def _refusal(self, bundle: bytes, trust: Trust) -> str:
        """Why both verifiers refuse a bundle; it is our story's end if either does not."""
        alone = self._run_verifier(bundle)
        if alone.returncode != 1:
            raise DemoError("The stand-alone verifier did not notice an altered byte")
        try:
            verify_bundle(read_bundle(bundle), trust)
        except ProofError as error:
            return str(error)
        raise DemoError("An altered byte was not noticed")

    def _verifier(self) -> bytes:
        with zipfile.ZipFile(self.folder / "bundle.zip") as archive:
            return archive.read("verifier.py")

    def _run_verifier(self, bundle: bytes) -> "subprocess.CompletedProcess[str]":
        """Run the verifier out of the bundle on a copy of it, in a folder with nothing else."""
        with tempfile.TemporaryDirectory(prefix="verify-") as folder:
            program, copy = Path(folder, "verifier.py"), Path(folder, "bundle.zip")
            program.write_bytes(self._verifier())
            copy.write_bytes(bundle)
            trust = str(self.settings.trust.resolve())
            words = [sys.executable, str(program), str(copy), "--trust", trust]
            return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603
