-- Takes on the timeline of the open session: at the exact frame, and all takes of one punch in one step of undo.
-- Regions, tracks and lists of them stay in locals while they are used: temporaries are collected too early.

local folder = ...
local session = loadfile (folder .. "/session.lua", "t") ()

local placing = {}

-- What our newest step of undo consists of: rows of a take, and the keys of its track, of the region it was imported as, and
-- of the copy of that which lies in the track.
local newest = {}
-- The row of a punch's first take, which stays the one that is heard.
local leading

local function all_regions ()
	local found = {}
	local map = ARDOUR.RegionFactory.regions ()
	for id, region in map:iter () do found[id:to_s ()] = region end
	return found
end

-- A file as a region that is nowhere on the timeline yet, copied into the session at full precision.
local function import (take)
	local before = all_regions ()
	local files = C.StringVector ()
	files:push_back (take.path)
	local position = Temporal.timepos_t (take.start)
	Editor:do_import (
		files, Editing.ImportDistinctFiles, Editing.ImportAsRegion, ARDOUR.SrcQuality.SrcBest,
		ARDOUR.MidiTrackNameSource.SMFTrackName, ARDOUR.MidiTempoMapDisposition.SMFTempoIgnore,
		position, ARDOUR.PluginInfo (), ARDOUR.Track (), false
	)
	local after = all_regions ()
	for id, region in pairs (after) do
		if not before[id] and region:length ():samples () == take.frames then
			local audio = region:to_audioregion ()
			audio:set_fade_in_active (false) -- a take brings its own seams
			audio:set_fade_out_active (false)
			region:set_name (take.name)
			return region
		end
	end
	session.refuse ("Ardour could not import " .. take.path .. ".")
end

local function channels_of (region)
	local audio = region:to_audioregion ()
	return audio:n_channels ()
end

-- The key of a new track.
local function new_track (take, region, muted)
	local channels = channels_of (region)
	local list = Session:new_audio_track (
		channels, 2, nil, 1, take.name, ARDOUR.PresentationInfo.max_order, ARDOUR.TrackMode.Normal, true
	)
	local route = list:front ()
	if muted then
		local control = route:mute_control ()
		control:set_value (1, PBD.GroupControlDisposition.NoGroup)
	end
	return session.id_of (route)
end

-- The row's region where it lies in its track, or nil.
local function lying (row)
	local track = session.track (row.track)
	return track and session.lying (track, row.copy)
end

local function count_lying (rows)
	local count = 0
	for _, row in ipairs (rows) do
		if lying (row) then count = count + 1 end
	end
	return count
end

-- Whether the newest step of ours put the last ones of these files.
local function was_newest (beside)
	for number, row in ipairs (newest) do
		if row.take.path ~= beside[#beside - #newest + number] then return false end
	end
	return #newest > 0
end

-- Takes back our newest step if it is the newest of all; gives its rows. Lua can't ask for the name of a step: so one
-- step is undone, looked at, and done again unless it was ours.
local function take_back (beside)
	if not was_newest (beside) or count_lying (newest) < #newest then return {} end
	Editor:undo (1)
	if count_lying (newest) == 0 then return newest end
	Editor:redo (1)
	return {}
end

-- Puts a region into its track, where it is copied; gives where the copy lies.
local function put (row, region)
	local track = session.track (row.track)
	if not track then session.refuse ("The track that was selected is gone: choose new tracks.") end
	local playlist = track:playlist ()
	local known = {}
	local before = playlist:region_list ()
	for there in before:iter () do known[session.id_of (there)] = true end
	playlist:to_stateful ():clear_changes ()
	playlist:add_region (region, Temporal.timepos_t (row.take.start), 1, false, 0, 0, false)
	Session:add_stateful_diff_command (playlist:to_statefuldestructible ())
	local after = playlist:region_list ()
	for there in after:iter () do
		if not known[session.id_of (there)] then
			row.copy = session.id_of (there)
			return there:position ():samples () .. " " .. there:length ():samples ()
		end
	end
	session.refuse ("Ardour did not take " .. row.take.name .. " into the track.")
end

-- All of them, in one step of undo; the first comes last, so it is on top of layers.
local function put_all (rows)
	local regions = all_regions ()
	local places = {}
	Session:begin_reversible_command ("Punch-In")
	local fine, why = pcall (function ()
		for number = #rows, 1, -1 do places[number] = put (rows[number], regions[rows[number].region]) end
	end)
	Session:commit_reversible_command (nil)
	if fine then return places end
	Editor:undo (1)
	error (why, 0)
end

-- Somebody has worked in the session since: a layer that is new does not cover the one that is heard.
local function raise_leading ()
	local region = leading and lying (leading)
	if region and region:position ():samples () == leading.take.start then region:raise_to_top () end
end

-- Imports takes onto the track with that key, or each onto a new one; gives their rows. `first`: none was put before.
local function rows_of (takes, track, first)
	local regions, rows = {}, {}
	for number, take in ipairs (takes) do regions[number] = import (take) end
	for number, take in ipairs (takes) do
		local on = track or new_track (take, regions[number], not first or number > 1)
		rows[number] = { take = take, region = session.id_of (regions[number]), track = on }
	end
	return rows
end

-- Imports and puts takes in one step with the rows that were taken back; gives the new rows and all places.
local function put_beside (before, takes, track, first)
	local new = rows_of (takes, track, first)
	local rows = table.move (before, 1, #before, 1, {})
	table.move (new, 1, #new, #rows + 1, rows)
	local places = put_all (rows)
	newest = rows
	return new, table.move (places, #before + 1, #rows, 1, {})
end

-- Puts takes on the timeline, in one step of undo with those of `beside`, the files of this punch that were put before;
-- gives where each of them lies. As layers the first take is on top; of new tracks all but the first are muted.
function placing.insert (takes, placement, key, beside)
	local track
	if placement == "lane" then
		track = key ~= "" and key or session.selected ().key
		if not session.track (track) then session.refuse ("The track that was selected is gone: choose new tracks.") end
	end
	local first = #beside == 0
	local before = take_back (beside) -- before anything is imported: that leaves a step of its own, which does nothing
	local fine, new, places = pcall (put_beside, before, takes, track, first)
	if not fine then
		if #before > 0 then put_all (before) end
		error (new, 0)
	end
	if first then leading = new[1] end
	if newest[1] ~= leading and placement == "lane" then raise_leading () end
	return places
end

return placing
