"""What the panel shows, and how it asks."""
