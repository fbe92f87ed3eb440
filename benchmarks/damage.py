"""What can happen to a code between the printer and the picture: one number a kind of damage."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Damage:
    """Each kind of damage at its strength; as made, a clean print seen squarely in fair light.

    Lengths are in modules unless said; a share lies between 0 and 1.
    """

    module: float = 0.0  # pixels a module in the picture; 0: 3 to 4
    dots: float = 0.0  # diameter of ink-jet dots; 0: solid print
    gain: float = 0.0  # ink spread on every side
    loss: float = 0.0  # share of the ink that did not take
    dead_rows: int = 0  # dead dots of a thermal head within the width of the code
    finder: float = 0.0  # share of the finder or of the timing pattern spoilt
    quiet_zone: int = 0  # sides on which other print touches the code
    lines: int = 0  # lines printed through the code
    scratches: int = 0
    inverted: bool = False  # light modules on dark ground
    mirrored: bool = False
    contrast: float = 0.0  # share of grey by which ink is darker than paper; 0: full
    foil: float = 0.0  # strength of the shine of brushed metal
    blister: float = 0.0  # strength of the bumps and reflections of blister packing
    tilt: float = -1.0  # degrees away from the camera; negative: up to 10
    curvature: float = 0.0  # radius of the vial in sides of the code; 0: flat
    glare: float = 0.0  # diameter of the saturated blob in sides of the code
    shadow: float = 0.0  # share of light that a hard-edged shadow takes
    motion: float = 0.0  # length of the smear
    defocus: float = 0.0  # radius of the circle of confusion
    noise: float = 2.5  # standard deviation in grey levels
    jpeg: int = 0  # quality; 0: not compressed


# Mild to very severe. Foreshortened codes are seen larger, so that the shape alone counts, and compressed
# ones smaller: a block of JPEG does little to a module half its size.
AXES: dict[str, tuple[float, ...]] = {
    "module": (4, 3, 2.5, 2, 1.75, 1.5, 1.25),
    "dots": (1.1, 0.95, 0.85, 0.75, 0.65, 0.55),
    "gain": (0.08, 0.15, 0.22, 0.29, 0.36),
    "loss": (0.02, 0.05, 0.1, 0.18, 0.27),
    "motion": (0.5, 1.0, 1.4, 1.8, 2.3),
    "defocus": (0.4, 0.55, 0.7, 0.85, 1.0),
    "noise": (6, 10, 16, 24, 34),
    "contrast": (0.3, 0.2, 0.12, 0.08, 0.05),
    "glare": (0.12, 0.2, 0.3, 0.4, 0.5),
    "shadow": (0.3, 0.5, 0.65, 0.8, 0.9),
    "scratches": (1, 2, 4, 7, 12),
    "dead_rows": (1, 2, 3, 4, 6),
    "finder": (0.02, 0.06, 0.15, 0.3, 0.5),
    "quiet_zone": (1, 2, 3, 4),
    "tilt": (15, 30, 45, 60, 72),
    "curvature": (1.5, 1.0, 0.7, 0.55, 0.45),
    "inverted": (4, 3, 2.5, 2, 1.75),
    "mirrored": (4, 3, 2.5, 2, 1.75),
    "jpeg": (60, 40, 25, 15, 10),
    "lines": (1, 2, 3, 4, 6),
    "foil": (0.2, 0.35, 0.5, 0.7, 0.9),
    "blister": (0.2, 0.4, 0.6, 0.8, 1.0),
}


def along(axis: str, severity: float) -> Damage:
    """The damage of one step of one axis."""
    if axis == "inverted":
        return Damage(inverted=True, module=severity)
    if axis == "mirrored":
        return Damage(mirrored=True, module=severity)
    module = {"tilt": 5.0, "curvature": 5.0, "jpeg": 2.5}.get(axis, 0.0)
    change: dict[str, Any] = {axis: severity}
    return replace(Damage(module=module), **change)
