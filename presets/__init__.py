"""Prompt presets as data: loading, checking, sharing. Imports nothing else of this project."""
