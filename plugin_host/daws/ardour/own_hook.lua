-- In place of hook.lua in the Ardour of a trial or a test: the same hook, and after it whatever "trial.lua" beside it says.
-- What that gives is written to "trial.answer", as lines.

local folder = ...
local hook = loadfile (folder .. "/installed_hook.lua", "t") (folder)
local lines = loadfile (folder .. "/lines.lua", "t") ()

local function run (text)
	local chunk, why = load (text, "trial", "t")
	if not chunk then return { error = why } end
	local fine, found = pcall (chunk)
	if not fine then return { error = tostring (found) } end
	return type (found) == "table" and found or { value = tostring (found) }
end

local function look ()
	local file = io.open (folder .. "/trial.lua", "rb")
	if not file then return end
	local text = file:read ("a")
	file:close ()
	os.remove (folder .. "/trial.lua")
	lines.put (folder .. "/trial.answer", run (text))
end

return function (...)
	hook (...)
	if Session then look () end
end
