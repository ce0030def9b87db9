-- How far a job is, in Ardour's own ruler: a range marker over what was selected, whose name says it.
-- Ardour's own window for progress is modal: until the takes were there nothing else could be clicked.
-- Whoever takes the marker away cancels the job, so it is looked up each time, by its identity.

local progress = {}

local NAME = "^%d+ %% Punch%-In"
local id -- of the marker that this script has made

local function markers ()
	local found = {}
	local locations = Session:locations ()
	local list = locations:list ()
	for location in list:iter () do
		if location:is_range_marker () then found[#found + 1] = location end
	end
	return found
end

local function ours ()
	if not id then return nil end
	for _, location in ipairs (markers ()) do
		if location:id ():to_s () == id then return location end
	end
end

-- The percentage comes first: in a short range there is no room for more.
function progress.name (share, text)
	local name = string.format ("%d %% Punch-In", math.floor (100 * share))
	local rest = text:gsub (" %d+ %%", "", 1)
	return rest == "" and name or name .. ": " .. rest
end

-- Over the span from start to before last, in frames; true unless somebody has taken the marker away.
function progress.show (start, last, share, text)
	if id and not ours () then return false end
	local marker = ours ()
	if not marker then
		local locations = Session:locations ()
		marker = locations:add_range (Temporal.timepos_t (start), Temporal.timepos_t (last))
		id = marker:id ():to_s ()
	end
	local name = progress.name (share, text)
	if marker:name () ~= name then marker:set_name (name) end
	return true
end

-- Whether somebody has taken the marker away.
function progress.gone () return id ~= nil and not ours () end

-- What a job that goes on says of itself, whoever shows it; nil if none does.
function progress.shown ()
	for _, location in ipairs (markers ()) do
		if location:name ():match (NAME) then return location:name () end
	end
end

-- Takes the marker away, and any that an Ardour which crashed has left in the session.
function progress.clear ()
	local locations = Session:locations ()
	for _, location in ipairs (markers ()) do
		if location:id ():to_s () == id or location:name ():match (NAME) then locations:remove (location) end
	end
	id = nil
end

return progress
