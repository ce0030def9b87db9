"""What is installed is what lies here: code, models, presets, scripts, pictures."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("engine", "gui", "plugin_host", "presets")
# For who works on the package; translations are installed compiled.
LEFT_OUT = (".ts", ".pyc")


def test_every_file_of_a_package_is_installed() -> None:
    """The list of data files names packages only; a file that it misses is missed by users."""
    data = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    listed: set[Path] = set()
    for package, patterns in data["package-data"].items():
        folder = ROOT.joinpath(*package.split("."))
        assert (folder / "__init__.py").exists(), f"{package} is no package: its data would not be installed"
        for pattern in patterns:
            found = {path for path in folder.glob(pattern) if path.is_file()}
            assert found, f"nothing in {package} is called {pattern}"
            listed |= found
    here = {path for name in PACKAGES for path in (ROOT / name).rglob("*") if path.is_file()}
    code = {path for path in here if path.suffix == ".py" and (path.parent / "__init__.py").exists()}
    missed = {path for path in here - code - listed if path.suffix not in LEFT_OUT}
    assert set() == {str(path.relative_to(ROOT)) for path in missed}
