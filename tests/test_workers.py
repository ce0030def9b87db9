"""How tests are shared out among processes, where a mistake shows elsewhere: as a DAW that misses keys."""

from __future__ import annotations

import pytest


@pytest.mark.xdist_group("a group")
def test_groups_are_told_to_whoever_shares_out(request: pytest.FixtureRequest) -> None:
    """A group's name is in the name that tests are shared out by, or its tests run beside each other."""
    if not hasattr(request.config, "workerinput"):
        pytest.skip("one process runs all tests (-n 0)")

    assert request.node.nodeid.endswith("@a group")
