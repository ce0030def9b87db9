"""One package for each DAW."""
