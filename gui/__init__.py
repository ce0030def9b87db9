"""The panel: prompt, strength, hear, keep, drag onto a track."""
