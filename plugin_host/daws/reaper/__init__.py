"""REAPER: Lua scripts on its side (``scripts/``), and what they talk to on ours."""
