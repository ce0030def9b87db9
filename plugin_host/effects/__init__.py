"""Takes through effects: Pedalboard's own and the user's VST3 plugins, offline, in a process that may die."""
