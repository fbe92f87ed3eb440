"""Frames with one damaged linear code each, and frames with none that look as if: what `linear` is run on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray

from scanner.codes import gs1_128
from traceability.gs1.checks import check_digit

Grey: TypeAlias = NDArray[np.uint8]
Floats: TypeAlias = NDArray[np.float32]

HEIGHT, WIDTH = 300, 640
INK, PAPER = 30.0, 225.0


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture, the code that is printed in it (`format` and `text`, empty for a negative) and its damage."""

    grey: Grey
    format: str
    text: str
    damage: str


def _digits(rng: np.random.Generator, count: int) -> str:
    return "".join(map(str, rng.integers(0, 10, count)))


def _checked(body: str) -> str:
    return body + check_digit(body)


def _row(text: str, name: str) -> NDArray[np.bool_]:
    barcode = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, name))
    bitmap = np.asarray(
        zxingcpp.write_barcode_to_image(barcode, scale=1, add_hrt=False, add_quiet_zones=False)
    )
    return np.asarray(bitmap[bitmap.shape[0] // 3] < 128)


def _code(name: str, rng: np.random.Generator) -> tuple[str, NDArray[np.bool_]]:
    """Message and modules of a random code of one kind."""
    if name == "EAN13":
        text = _checked(str(rng.integers(1, 10)) + _digits(rng, 11))
    elif name == "EAN8":
        text = _checked(str(rng.integers(1, 10)) + _digits(rng, 6))
    elif name == "ITF14":
        text = _checked(str(rng.integers(1, 9)) + _digits(rng, 12))
    elif name == "Code128":
        text = "8" + _digits(rng, 19)
    else:
        gtin = _checked("0" + str(rng.integers(1, 10)) + _digits(rng, 11))
        lot = "".join(rng.choice(list("ABCDEFGHKLMNPRSTUVWXYZ0123456789"), 6))
        return f"01{gtin}17290630" + f"10{lot}", gs1_128([("01", gtin), ("17", "290630"), ("10", lot)])[0]
    return text, _row(text, name.removesuffix("14"))  # ITF itself: the bearer bars of ITF-14 hide its bars


KINDS = ("EAN13", "EAN8", "ITF14", "GS1-128", "Code128")


def _drawn(modules: NDArray[np.bool_], module: float, rng: np.random.Generator, tall: int = 150) -> Floats:
    """The bars at `module` pixels each, at a fraction of a pixel, in a frame of paper."""
    fine = 8
    wide = round(len(modules) * module * fine)
    columns = modules[np.minimum((np.arange(wide) / (module * fine)).astype(int), len(modules) - 1)]
    shift = int(rng.integers(0, fine))
    padded = np.concatenate([np.zeros(shift, bool), columns, np.zeros(-(shift + wide) % fine, bool)])
    dark = padded.reshape(-1, fine).mean(axis=1)
    frame = np.full((HEIGHT, max(WIDTH, len(dark) + 80)), PAPER, np.float32)
    left = (frame.shape[1] - len(dark)) // 2
    top = (HEIGHT - tall) // 2
    frame[top : top + tall, left : left + len(dark)] = PAPER - (PAPER - INK) * dark
    return frame


def _turned(frame: Floats, degrees: float) -> Floats:
    height, width = frame.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    turned = cv2.warpAffine(frame, matrix, (width, height), flags=cv2.INTER_LINEAR, borderValue=PAPER)
    return np.asarray(turned, np.float32)


def _photographed(frame: Floats, rng: np.random.Generator, blur: float, noise: float) -> Grey:
    seen = cv2.GaussianBlur(frame, (0, 0), blur) if blur else frame
    return np.asarray(np.clip(seen + rng.normal(0, noise, seen.shape), 0, 255), np.uint8)


def _changed_bar(modules: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.bool_]:
    """The modules with one edge of the print moved by a module: a bar too wide or too narrow."""
    edges = np.flatnonzero(modules[1:] != modules[:-1])
    edge = int(rng.choice(edges))
    changed = modules.copy()
    changed[edge + int(rng.integers(0, 2))] ^= True
    return changed


def _two_changed(modules: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.bool_]:
    return _changed_bar(_changed_bar(modules, rng), rng)


def _swollen(modules: NDArray[np.bool_], rng: np.random.Generator, gain: float) -> Floats:
    """Bars that are `gain` modules too wide (ink spreads) or too narrow."""
    fine = 8
    wide = np.repeat(modules, fine).astype(np.uint8)[None, :]
    size = max(1, round(abs(gain) * fine))
    kernel = np.ones((1, size), np.uint8)
    grown = cv2.dilate(wide, kernel) if gain > 0 else cv2.erode(wide, kernel)
    module = float(rng.uniform(1.8, 2.6))
    return _drawn(grown[0].astype(bool), module / fine, rng)


def _scratched(frame: Floats, rng: np.random.Generator) -> Floats:
    scratched = frame.copy()
    height, width = frame.shape
    for _ in range(int(rng.integers(2, 6))):
        x, lean = int(rng.integers(width // 5, 4 * width // 5)), int(rng.integers(-20, 20))
        colour = float(rng.choice([INK, PAPER]))
        cv2.line(scratched, (x, 0), (x + lean, height), colour, int(rng.integers(1, 5)))
    return scratched


def _cut(frame: Floats, rng: np.random.Generator) -> Floats:
    cut = frame.copy()
    width = frame.shape[1]
    part = int(width * rng.uniform(0.2, 0.45))
    if rng.integers(0, 2):
        cut[:, :part] = float(rng.choice([INK, PAPER, 128]))
    else:
        cut[:, width - part :] = float(rng.choice([INK, PAPER, 128]))
    return cut


def _module(rng: np.random.Generator) -> float:
    return float(rng.uniform(1.8, 2.6))


Draw: TypeAlias = Callable[[NDArray[np.bool_], np.random.Generator], Grey]

DAMAGES: dict[str, Draw] = {
    "clean": lambda m, r: _photographed(_drawn(m, _module(r), r), r, 0.6, 3),
    "small": lambda m, r: _photographed(_drawn(m, float(r.uniform(0.9, 1.5)), r), r, 0.5, 4),
    "blurred": lambda m, r: _photographed(_drawn(m, _module(r), r), r, float(r.uniform(1.2, 2.6)), 3),
    "noisy": lambda m, r: _photographed(_drawn(m, _module(r), r), r, 0.8, float(r.uniform(20, 60))),
    "pale": lambda m, r: _photographed((_drawn(m, _module(r), r) - PAPER) * float(r.uniform(0.05, 0.2)) + 150, r, 0.8, 4),
    "turned": lambda m, r: _photographed(_turned(_drawn(m, _module(r), r), float(r.uniform(-50, 50))), r, 0.7, 4),
    "ink": lambda m, r: _photographed(_swollen(m, r, float(r.choice([-1, 1]) * r.uniform(0.3, 0.8))), r, 0.8, 4),
    "scratched": lambda m, r: _photographed(_scratched(_drawn(m, _module(r), r), r), r, 0.7, 4),
    "low": lambda m, r: _photographed(_drawn(m, _module(r), r, tall=int(r.integers(3, 9))), r, 0.6, 4),
    "cut": lambda m, r: _photographed(_cut(_drawn(m, _module(r), r), r), r, 0.7, 4),
    "bar": lambda m, r: _photographed(_drawn(_changed_bar(m, r), _module(r), r), r, 0.7, 4),
    "two bars": lambda m, r: _photographed(_drawn(_two_changed(m, r), _module(r), r), r, 0.7, 4),
}  # fmt: skip


def damaged(seed: int, each: int) -> Iterator[Frame]:
    """`each` frames of every kind of code with every kind of damage."""
    for number, (damage, draw) in enumerate(DAMAGES.items()):
        for which, kind in enumerate(KINDS):
            rng = np.random.default_rng((seed, number, which))
            for _ in range(each):
                text, modules = _code(kind, rng)
                yield Frame(draw(modules, rng), kind, text, damage)


def _stripes(rng: np.random.Generator) -> Floats:
    """Random bars of one to four modules, as in any linear code, with no meaning."""
    widths = rng.integers(1, 5, int(rng.integers(30, 120)))
    modules = np.repeat(np.arange(len(widths)) % 2 == 0, widths)
    return _drawn(modules, float(rng.uniform(1.2, 2.6)), rng)


def _two_widths(rng: np.random.Generator) -> Floats:
    """Random narrow and wide bars, as in ITF."""
    widths = np.where(rng.random(int(rng.integers(40, 140))) < 0.4, 3, 1)
    return _drawn(np.repeat(np.arange(len(widths)) % 2 == 0, widths), float(rng.uniform(1.2, 2.6)), rng)


def _grille(rng: np.random.Generator) -> Floats:
    period = float(rng.uniform(3, 14))
    x = np.arange(WIDTH, dtype=np.float32)[None, :] + rng.normal(0, 0.3, (HEIGHT, 1))
    return np.where((x % period) < period * rng.uniform(0.3, 0.7), INK, PAPER).astype(np.float32)


def _text(rng: np.random.Generator) -> Floats:
    frame = np.full((HEIGHT, WIDTH), PAPER, np.uint8)
    for y in range(20, HEIGHT, 22):
        line = "".join(rng.choice(list("abcdefghijklmnopqrstuvwxyzIlI1|HMNW 0123456789"), 48))
        cv2.putText(frame, line, (8, y), cv2.FONT_HERSHEY_SIMPLEX, 0.6, INK, 1, cv2.LINE_AA)
    return frame.astype(np.float32)


def _shuffled(rng: np.random.Generator) -> Floats:
    """A code whose bars stand in another order: right widths, wrong message."""
    _, modules = _code(str(rng.choice(KINDS)), rng)
    cuts = np.flatnonzero(np.diff(modules.astype(np.int8)) == 1) + 1
    pieces = np.split(modules, cuts)
    middle = pieces[2:-2]
    rng.shuffle(middle)
    return _drawn(np.concatenate(pieces[:2] + middle + pieces[-2:]), _module(rng), rng)


NEGATIVES: dict[str, Callable[[np.random.Generator], Floats]] = {
    "stripes": _stripes,
    "two widths": _two_widths,
    "grille": _grille,
    "text": _text,
    "shuffled": _shuffled,
}


def negatives(seed: int, each: int) -> Iterator[Frame]:
    """`each` frames of every kind that shows no code."""
    for number, (name, draw) in enumerate(NEGATIVES.items()):
        rng = np.random.default_rng((seed, 100 + number))
        for _ in range(each):
            grey = _photographed(draw(rng), rng, float(rng.uniform(0.3, 1.2)), float(rng.uniform(1, 8)))
            yield Frame(grey, "", "", name)
