-- Answers what a running "punchin daw" asks of the open session, ten times a second; shows how a job goes.
-- Gives the function that Ardour calls with each tick of its timer. It must not fail: Ardour would drop it.

local folder = ...
local settings = loadfile (folder .. "/settings.lua", "t") ()
local session = loadfile (folder .. "/session.lua", "t") ()
local placing = loadfile (folder .. "/placing.lua", "t") (folder)
local lines = loadfile (folder .. "/lines.lua", "t") ()
local progress = loadfile (folder .. "/progress.lua", "t") ()

local PATIENCE = 30 -- seconds that a process may need for its first question
local spool = settings.spool
local going, pressed, by_key, inside
local span -- what was selected, as start and end: where it is shown how far the job is
local refused -- when a job was cancelled before its process asked for anything
local known -- the session that was looked into for markers of a job that is no more

local function say (sentence)
	LuaDialog.Message ("Punch-In", sentence, LuaDialog.MessageType.Warning, LuaDialog.ButtonType.Close):run ()
end

local function answer (request, values)
	values.id = request.id[1]
	lines.put (spool .. "/answer", values)
end

local function close_progress ()
	progress.clear ()
	span = nil
end

local function cancel ()
	lines.put (spool .. "/cancel", { cancelled = 1 })
	if pressed then pressed, refused = nil, os.time () end
	close_progress ()
end

local function show (text, share)
	if span and not progress.show (span.start, span.last, share, text) then cancel () end
end

local function span_of (selected)
	local start = math.tointeger (tonumber (selected.start))
	return { start = start, last = start + math.tointeger (tonumber (selected.frames)) }
end

local verbs = {}

function verbs.hello (request)
	answer (request, { session = Session:name (), path = Session:path () })
end

function verbs.selection (request)
	if refused and os.time () - refused <= PATIENCE then
		refused = nil
		session.refuse ("The job was cancelled.")
	end
	local selected = pressed or session.selected ()
	by_key, pressed = pressed ~= nil, nil
	span = span_of (selected)
	answer (request, selected)
end

function verbs.export (request)
	local start, frames = math.tointeger (request.start[1]), math.tointeger (request.frames[1])
	local step = session.export (request.key[1], start, frames, request.path[1])
	going = function ()
		local written = step ()
		if not written then return end
		going = nil
		answer (request, written)
	end
	going ()
end

function verbs.insert (request)
	local takes = {}
	for number, path in ipairs (request.path) do
		takes[number] = {
			path = path, name = request.name[number],
			start = math.tointeger (request.start[number]), frames = math.tointeger (request.frames[number]),
		}
	end
	local places = placing.insert (takes, request.placement[1], request.key[1], request.beside or {})
	answer (request, { place = places })
end

function verbs.close (request)
	close_progress ()
	answer (request, {})
	local sentence = request.sentence and request.sentence[1]
	if sentence and by_key then
		by_key = false
		say (sentence)
	end
end

-- Does something that may fail; whoever asked hears why.
local function try (request, what)
	local fine, why = pcall (what)
	if fine then return end
	going = nil
	local sentence = type (why) == "table" and why.sentence or "Ardour's script failed: " .. tostring (why)
	answer (request, { error = sentence })
end

local current

local function look_at_request ()
	local request = lines.take (spool .. "/request")
	if not request or not request.verb then return end
	current = request
	try (request, function ()
		local verb = verbs[request.verb[1]]
		if not verb then session.refuse ("The scripts in Ardour are older than Punch-In: install them again.") end
		verb (request)
	end)
end

local function look_at_news ()
	local news = lines.take (spool .. "/news")
	if news then show (news.text[1], tonumber (news.share[1])) end
	if progress.gone () then cancel () end
end

-- The selection as it was when the key was pressed; what the process then asks for is that one.
local function look_at_key ()
	local found = lines.take (spool .. "/pressed")
	if found then
		pressed, refused = {}, nil
		for key, values in pairs (found) do pressed[key] = values[1] end
		span = span_of (pressed)
		show ("starting", 0)
	end
	if pressed and os.time () - tonumber (pressed.pressed) > PATIENCE then
		pressed = nil
		close_progress ()
		say ("Punch-In did not start: run \"punchin daw install ardour\" again, then start Ardour again.")
	end
end

-- A job ends with the Ardour that asked for it; its marker may have been saved.
local function look_at_session ()
	local now = Session:path () .. "/" .. Session:name ()
	if now ~= known then close_progress () end
	known = now
end

local function tick ()
	look_at_session ()
	look_at_key ()
	look_at_news ()
	if going then try (current, going) else look_at_request () end
end

return function ()
	if inside or not Session then return end
	inside = true -- a dialog that is open lets the timer run on
	pcall (tick)
	inside = false
end
