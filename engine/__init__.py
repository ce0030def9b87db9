"""The engine process: models, jobs, and the line from a request to a take."""

__version__ = "0.1.0"
