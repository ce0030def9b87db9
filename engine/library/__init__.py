"""The user's own sounds: taken in from folders, found by what they sound like and are called."""
