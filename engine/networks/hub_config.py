"""One ``config.json`` of the hub being read, key by key.

Unlike a manifest's, its keys may be absent: the libraries that wrote it have a default for each, which
the reader of a key passes.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import NoReturn

from engine.errors import EngineError, ErrorCode

# Far above any published network's; what is beyond is damage.
LARGEST = 2**20
MAX_LEVELS = 16


class HubConfig:
    """A JSON object of sizes and choices. Every complaint is EngineError(BAD_BUNDLE) and names the key."""

    def __init__(self, values: object, where: str) -> None:
        self.where = where
        if not isinstance(values, dict):
            raise EngineError(ErrorCode.BAD_BUNDLE, f"{where} must be an object in braces.")
        self.values: dict[str, object] = values

    def fail(self, key: str, complaint: str) -> NoReturn:
        """Raises EngineError(BAD_BUNDLE) that names ``key``."""
        raise EngineError(ErrorCode.BAD_BUNDLE, f"{self.where} has a {key} that {complaint}.")

    def refuse(self, key: str) -> NoReturn:
        """Raises EngineError(BAD_BUNDLE): a valid value, but of a network that isn't implemented."""
        self.fail(key, f"can't be run by this version: {_shown(self.values.get(key))}")

    def section(self, key: str) -> HubConfig:
        """The object inside this one; an absent one is empty."""
        return HubConfig(self.values.get(key, {}), f"{self.where}, {key},")

    def must_be(self, key: str, *possible: object) -> None:
        """What has only these values in a network that is implemented; the first is the default.

        A value counts only as itself: true isn't 1, but 1.0 is.
        """
        value = self.values.get(key, possible[0])
        if not any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in possible):
            self.refuse(key)

    def whole(self, key: str, default: int, low: int = 1, high: int = LARGEST) -> int:
        """A whole number from ``low`` to ``high``."""
        return self._whole(key, self.values.get(key, default), low, high)

    def wholes(self, key: str, default: Collection[int], low: int = 1) -> tuple[int, ...]:
        """A list of whole numbers, one for each level."""
        return tuple(self._whole(key, value, low, LARGEST) for value in self._list(key, default))

    def wholes_or_one(self, key: str, default: int, count: int) -> tuple[int, ...]:
        """``count`` whole numbers, or one for all of them."""
        value = self.values.get(key, default)
        if not isinstance(value, list):
            return (self._whole(key, value, 1, LARGEST),) * count
        found = self.wholes(key, ())
        if len(found) != count:
            self.fail(key, f"must list {count} numbers, not {_shown(value)}")
        return found

    def number(self, key: str, default: float, low: float, high: float) -> float:
        """A finite number from ``low`` to ``high``."""
        value = self.values.get(key, default)
        if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
            self.fail(key, f"must be a number from {low:g} to {high:g}, not {_shown(value)}")
        return float(value)

    def flag(self, key: str, default: bool) -> bool:
        """true or false."""
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            self.fail(key, f"must be true or false, not {_shown(value)}")
        return value

    def text(self, key: str, default: str) -> str:
        """A string."""
        value = self.values.get(key, default)
        if not isinstance(value, str):
            self.fail(key, f"must be text, not {_shown(value)}")
        return value

    def texts(self, key: str, default: Collection[str]) -> tuple[str, ...]:
        """A list of strings, one for each level."""
        values = self._list(key, default)
        texts = tuple(value for value in values if isinstance(value, str))
        if len(texts) != len(values):
            self.fail(key, f"must be a list of text, not {_shown(values)}")
        return texts

    def lists(self, key: str, default: Collection[Collection[int]]) -> tuple[tuple[int, ...], ...]:
        """A list of lists of whole numbers."""
        return tuple(
            tuple(self._whole(key, value, 1, LARGEST) for value in self._checked_list(key, values))
            for values in self._list(key, default)
        )

    def known(self, keys: Collection[str]) -> None:
        """Refuses what might change the arithmetic in a way that this version knows nothing of.

        Keys that begin with an underscore say who wrote the file; what is off or null changes nothing.
        """
        for key, value in self.values.items():
            if key not in keys and not key.startswith("_") and value not in (None, False):
                self.fail(key if key.isprintable() else "key", "this version doesn't know")

    def _list(self, key: str, default: Collection[object]) -> list[object]:
        return self._checked_list(key, self.values.get(key, list(default)))

    def _checked_list(self, key: str, value: object) -> list[object]:
        if not isinstance(value, list) or not 1 <= len(value) <= MAX_LEVELS:
            self.fail(key, f"must be a list of 1 to {MAX_LEVELS} entries, not {_shown(value)}")
        return value

    def _whole(self, key: str, value: object, low: int, high: int) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.fail(key, f"must be a whole number from {low} to {high}, not {_shown(value)}")
        return value


def _shown(value: object) -> str:
    """JSON of a value, cut where a sentence could not carry it."""
    shown = json.dumps(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
