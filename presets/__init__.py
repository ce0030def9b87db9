"""Presets: what to ask of the engine, as small TOML files that people edit, tag, search and share.

A library for every client: the command line, the panel and the bridges open the same store, resolve a preset
into keys and values, and send a request that is complete in itself. Imports nothing else of this project.
"""
