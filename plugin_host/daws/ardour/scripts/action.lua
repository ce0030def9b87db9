-- The action "Punch-In": asks what the selection should sound like, and starts Punch-In for it.
-- Gives the function that Ardour calls when the key is pressed. It must not fail: Ardour would drop it.

local folder = ...
local settings = loadfile (folder .. "/settings.lua", "t") ()
local session = loadfile (folder .. "/session.lua", "t") ()
local lines = loadfile (folder .. "/lines.lua", "t") ()
local progress = loadfile (folder .. "/progress.lua", "t") ()

local MODES = {
	["Restyle what is there"] = "transfer",
	["Fill it so that it fits"] = "inpaint",
	["A new sound"] = "generate",
}
local PLACES = { ["Layers on this track"] = "lane", ["New tracks"] = "track" }

-- What was asked for the last time.
local last = { prompt = "", strength = 0.5, takes = 1, mode = "transfer", place = "lane" }

local function say (sentence)
	LuaDialog.Message ("Punch-In", sentence, LuaDialog.MessageType.Warning, LuaDialog.ButtonType.Close):run ()
end

local function key_of (table_of, value)
	for key, each in pairs (table_of) do
		if each == value then return key end
	end
end

local function ask ()
	local dialog = LuaDialog.Dialog ("Punch-In", {
		{ type = "entry", key = "prompt", title = "Sounds like", default = last.prompt },
		{ type = "dropdown", key = "mode", title = "What to do", values = MODES, default = key_of (MODES, last.mode) },
		{ type = "slider", key = "strength", title = "Strength", min = 0, max = 1, digits = 2, default = last.strength },
		{ type = "number", key = "takes", title = "Takes", min = 1, max = 16, step = 1, digits = 0, default = last.takes },
		{ type = "dropdown", key = "place", title = "As", values = PLACES, default = key_of (PLACES, last.place) },
	})
	local answer = dialog:run ()
	dialog = nil
	collectgarbage ()
	return answer
end

local function command_for (asked)
	local words = {}
	for _, word in ipairs (settings.command) do words[#words + 1] = word end
	for _, word in ipairs ({ "daw", "punch", "ardour", "--prompt=" .. asked.prompt, "--mode", asked.mode }) do
		words[#words + 1] = word
	end
	if asked.mode == "transfer" then
		words[#words + 1] = "--strength"
		words[#words + 1] = string.format ("%.2f", asked.strength)
	end
	for _, word in ipairs ({ "--takes", string.format ("%d", math.floor (asked.takes)), "--as", asked.place }) do
		words[#words + 1] = word
	end
	return words
end

local function start (words)
	if os.forkexec then
		-- A child of Ardour's ends with the script's next collection of garbage, and has no standard output:
		-- a shell lets go of it, and keeps what it says beside the questions.
		local shell = { "/bin/sh", "-c", '"$@" < /dev/null > "$0" 2>&1 &', settings.spool .. "/log" }
		for _, word in ipairs (words) do shell[#shell + 1] = word end
		return os.forkexec (table.unpack (shell))
	end
	local quoted = {}
	for number, word in ipairs (words) do quoted[number] = '"' .. word:gsub ('"', '') .. '"' end
	return os.execute ('start "" /b ' .. table.concat (quoted, " "))
end

-- The timer sees that the marker is gone, and tells the process that makes the takes.
local function offer_to_cancel (news)
	local question = LuaDialog.Message (
		"Punch-In", news .. "\n\nCancel it?", LuaDialog.MessageType.Question, LuaDialog.ButtonType.Yes_No)
	if question:run () == LuaDialog.Response.Yes then progress.clear () end
end

local function punch ()
	local news = progress.shown ()
	if news then return offer_to_cancel (news) end
	local selected = session.selected ()
	local asked = ask ()
	if not asked then return end
	if asked.prompt:match ("^%s*$") then session.refuse ("Say what it should sound like: the prompt was empty.") end
	last = asked
	selected.pressed = os.time ()
	if not lines.put (settings.spool .. "/pressed", selected) then
		session.refuse ("The folder " .. settings.spool .. " can't be written: run \"punchin daw install ardour\" again.")
	end
	start (command_for (asked))
end

return function ()
	local fine, why = pcall (punch)
	if not fine then say (type (why) == "table" and why.sentence or tostring (why)) end
end
