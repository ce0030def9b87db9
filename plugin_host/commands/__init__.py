"""Commands of ``punchin`` that live here: registered as entry points, for the engine does not know them."""
