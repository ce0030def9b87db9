"""The recording on the screen."""
