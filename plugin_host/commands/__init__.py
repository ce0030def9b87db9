"""Commands of ``punchin`` that live here; ``engine/commands/line.py`` has the table of all."""
