"""The panel: prompt, strength, takes. Talks to the engine through ``engine.client`` only."""
