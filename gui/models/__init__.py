"""What the panel knows, in objects that need no window."""
