"""Sound for the eye and the ear: peaks, spectra, loudness, playback. No state of the panel, no window."""
