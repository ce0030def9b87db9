"""Everything that touches a DAW or a plugin. Talks to the engine through ``engine.client`` only."""
