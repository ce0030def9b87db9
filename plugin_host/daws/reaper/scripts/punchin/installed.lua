-- Where Punch-In is; "punchin daw install reaper" puts another file in this one's place.

return { command = {}, spool = "" }
