"""One JSON object of a manifest, read key by key."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import NoReturn, TypeVar

from engine.errors import EngineError, ErrorCode

MANIFEST = "manifest.json"
# Far above any model's numbers; what is beyond is damage, and would only fail later and less clearly.
LARGEST = 2**20

Choice = TypeVar("Choice", bound=str)


def shorten(value: object) -> str:
    """JSON of a value, cut where a sentence could not carry it."""
    shown = json.dumps(value)
    return shown if len(shown) <= 40 else f"{shown[:37]}..."


class Section:
    """One JSON object being read: every key is asked for by type and range, and none may be left over."""

    def __init__(self, values: object, where: str, path: str = "") -> None:
        self.where = where
        self.path = path
        if not isinstance(values, dict):
            self._fail(path.rstrip(".") or "it", "must be an object in braces")
        self._values = dict(values)

    def _fail(self, key: str, complaint: str) -> NoReturn:
        raise EngineError(
            ErrorCode.BAD_BUNDLE, f"The model in {self.where} has a bad {MANIFEST}: {key} {complaint}."
        )

    def fail(self, key: str, complaint: str) -> NoReturn:
        """Raises EngineError(BAD_BUNDLE) that names ``key``."""
        self._fail(self.path + key, complaint)

    def keys(self) -> list[str]:
        """What is still to be read."""
        return list(self._values)

    def take(self, key: str) -> object:
        """The raw value, which must be there."""
        if key not in self._values:
            self.fail(key, "is missing")
        return self._values.pop(key)

    def section(self, key: str) -> Section:
        """An object inside this one."""
        return Section(self.take(key), self.where, f"{self.path}{key}.")

    def optional_section(self, key: str) -> Section | None:
        """An object inside this one, or null."""
        if self._values.get(key, ...) is None:
            del self._values[key]
            return None
        return self.section(key)

    def absent_section(self, key: str) -> Section | None:
        """The same for a key that bundles from before it was thought of do not have."""
        return self.optional_section(key) if key in self._values else None

    def text(self, key: str, pattern: re.Pattern[str], meaning: str) -> str:
        """A string that is all ``pattern``."""
        value = self.take(key)
        if not isinstance(value, str) or not pattern.fullmatch(value):
            self.fail(key, f"must be {meaning}, not {shorten(value)}")
        return value

    def absent_text(self, key: str, pattern: re.Pattern[str], meaning: str) -> str:
        """The same, or "" where bundles from before the key was thought of do not have it."""
        return self.text(key, pattern, meaning) if key in self._values else ""

    def choice(self, key: str, options: Sequence[Choice]) -> Choice:
        """One of a few strings."""
        value = self.take(key)
        found = next((option for option in options if option == value), None)
        if found is None:
            self.fail(key, f"must be {' or '.join(options)}, not {shorten(value)}")
        return found

    def absent_choice(self, key: str, options: Sequence[Choice]) -> Choice:
        """The same, or the first where bundles from before the key was thought of do not have it."""
        return self.choice(key, options) if key in self._values else options[0]

    def whole(self, key: str, low: int, high: int = LARGEST) -> int:
        """A whole number from ``low`` to ``high``."""
        value = self.take(key)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.fail(key, f"must be a whole number from {low} to {high}, not {shorten(value)}")
        return value

    def number(self, key: str, low: float, high: float) -> float:
        """A finite number from ``low`` to ``high``."""
        value = self.take(key)
        if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
            self.fail(key, f"must be a number from {low:g} to {high:g}, not {shorten(value)}")
        return float(value)

    def numbers(self, key: str, low: float, high: float, most: int) -> tuple[float, ...]:
        """A list of one to ``most`` finite numbers from ``low`` to ``high``."""
        values = self.take(key)
        if not isinstance(values, list) or not 1 <= len(values) <= most:
            self.fail(key, f"must be a list of 1 to {most} numbers")
        entries = Section(
            {f"{key}[{place}]": value for place, value in enumerate(values)}, self.where, self.path
        )
        return tuple(entries.number(name, low, high) for name in entries.keys())  # noqa: SIM118

    def close(self) -> None:
        """Nothing unknown may be left: a misspelt key would otherwise be a silent default."""
        for key in self._values:
            self.fail(shorten(key), "is not a key this version knows")
