-- A stand-in for Ardour 7: tracks, playlists, regions, a selection, locations, import, and memory that Lua's collector frees.
--
-- What Ardour frees with a collected object is unusable here, too: lists while they are walked, and the memory of a DspShm.

local stub = { regions = {}, tracks = {}, undo = {}, imports = {}, files = {} }
local next_id = 100
local NIL = { isnil = function () return true end }

local function object (methods)
	next_id = next_id + 1
	local id = tostring (next_id)
	local made = methods or {}
	made.key = id
	function made:isnil () return false end
	function made:id () return { to_s = function () return id end } end
	function made:to_stateful () return made end
	function made:to_statefuldestructible () return made end
	return made
end

local function collect ()
	collectgarbage ()
	collectgarbage ()
end

-- Something with memory behind it, which is gone once nothing in Lua holds the object itself.
local function collectable (what, memory)
	return setmetatable ({}, { __index = what, __gc = function () memory.freed = true end })
end

local function use (memory, what)
	collect ()
	if memory.freed then error (what .. ": used after it was freed", 0) end
end

local function list (elements)
	local memory, at = {}, 0
	local what = {}
	function what.iter ()
		return function ()
			use (memory, "list")
			at = at + 1
			return elements[at]
		end
	end
	function what.front () return elements[1] end
	return collectable (what, memory)
end

local position = {}
position.__index = position
function position:samples () return self.value end

local function place (value)
	assert (math.type (value) == "integer", "a position is a whole number of frames")
	return setmetatable ({ value = value }, position)
end

local function value_of (place_)
	assert (getmetatable (place_) == position, "a position is not a number")
	return place_.value
end

-- Regions and tracks

function stub.sample (region, frame, channel)
	return region.level + ((frame - region.first) % 4096) / 65536 + channel / 4
end

local function add_region (spec)
	local region = object { level = spec.level or 0, first = spec.first or 0, frames = spec.frames, channels = spec.channels or 1 }
	region.called = spec.name or "region"
	function region:position () return place (self.first) end
	function region:length () return place (self.frames) end
	function region:n_channels () return self.channels end
	function region:to_audioregion () return spec.midi and NIL or self end
	function region:set_name (name) self.called = name end
	function region:raise_to_top () stub.raised = self.called end
	function region:set_fade_in_active (on) self.fade_in = on end
	function region:set_fade_out_active (on) self.fade_out = on end
	stub.regions[#stub.regions + 1] = region
	return region
end

local function playlist_of (regions)
	local playlist = object { holds = regions }
	function playlist:region_list () return list (regions) end
	function playlist:clear_changes () end
	function playlist:add_region (region, where, ...)
		assert (select ("#", ...) == 5)
		if stub.full == region.called then return end
		local copy = add_region ({ name = region.called, level = region.level, first = value_of (where),
			frames = region.frames, channels = region.channels }) -- of a whole file it is a copy that is put
		copy.fade_in, copy.fade_out = region.fade_in, region.fade_out
		regions[#regions + 1] = copy
	end
	function playlist:to_audioplaylist () return self end
	function playlist:read (buffer, mixdown, gain, where, count, channel)
		local start = value_of (where)
		for at = 0, value_of (count) - 1 do
			local value = 0
			for _, region in ipairs (regions) do
				local frame = start + at
				if frame >= region.first and frame < region.first + region.frames and channel < region.channels then
					value = stub.sample (region, frame, channel)
				end
			end
			buffer.set (at, value)
			mixdown.set (at, 9) -- nothing that anybody wants to hear
			gain.set (at, 9)
		end
		use (buffer.memory, "DspShm")
	end
	return playlist
end

function stub.add_track (spec)
	local regions = {}
	for number, each in ipairs (spec.regions or {}) do regions[number] = add_region (each) end
	local playlist = playlist_of (regions)
	local track = object { called = spec.name, holds = regions }
	function track:name () return self.called end
	function track:to_track () return spec.bus and NIL or self end
	function track:to_audio_track () return spec.midi and NIL or self end
	function track:playlist () return playlist end
	function track:n_inputs () return { n_audio = function () return spec.inputs or 1 end } end
	function track:mute_control ()
		return { set_value = function (_, value) self.muted = value end }
	end
	stub.tracks[#stub.tracks + 1] = track
	return track
end

-- What is selected

local time = {}
local BINDINGS = {
	start_sample = function () return stub.first end,
	start_number = function () return stub.first end,
	start_position = function () return place (stub.first) end,
}

-- The ways in which sources of Ardour bind the start of a selected range.
function stub.bind (way)
	time.start_sample, time.start = nil, nil
	time[way == "start_sample" and "start_sample" or "start"] = BINDINGS[way]
end

function stub.select (first, last, tracks, regions)
	stub.first = first
	function time.end_sample () return last end
	stub.selection = {
		time = time,
		tracks = { routelist = function () return list (tracks) end },
		regions = { regionlist = function () return list (regions) end },
	}
end

Editor = {}
function Editor:get_selection () return stub.selection end
function Editor:do_import (files, disposition, mode, ...)
	assert (select ("#", ...) == 7 and disposition == "distinct" and mode == "region")
	value_of ((select (4, ...)))
	for _, path in ipairs (files) do
		local spec = stub.files[path]
		if spec then add_region (spec) end
		stub.imports[#stub.imports + 1] = path
		stub.edit () -- an import is a step that does nothing
	end
end

Editing = { ImportDistinctFiles = "distinct", ImportAsRegion = "region" }

-- The session

local function location (first, last, name, range)
	local made = object { first = first, last = last, called = name }
	function made:is_range_marker () return range end
	function made:name () return self.called end
	function made:set_name (new) self.called = new end
	return made
end

local held = {}
local locations = {}
function locations:list () return list (held) end
function locations:add_range (first, last)
	local made = location (value_of (first), value_of (last), "range 1", true)
	held[#held + 1] = made
	return made
end
function locations:remove (gone)
	for number, each in ipairs (held) do
		if each == gone then return table.remove (held, number) end
	end
	error ("no such location")
end

function stub.mark (first, last, name, range) held[#held + 1] = location (first, last, name, range) end

-- As somebody does in Ardour's window: the marker whose name begins so.
function stub.take_away (name)
	for _, each in ipairs ({ table.unpack (held) }) do
		if each.called:sub (1, #name) == name then locations:remove (each) end
	end
end

function stub.markers ()
	local found = {}
	for number, each in ipairs (held) do found[number] = { each.called, each.first, each.last } end
	return found
end

stub.rate, stub.engine_rate = 48000.0, 48000.0
Session = {}

-- Steps of undo: what each playlist held before and after.
local steps, undone, open = {}, {}, nil

local function held_regions ()
	local found = {}
	for _, track in ipairs (stub.tracks) do found[track.holds] = { table.unpack (track.holds) } end
	return found
end

local function hold (state)
	for holds, regions in pairs (state) do
		for number = 1, math.max (#holds, #regions) do holds[number] = regions[number] end
	end
end

local function step (from, to, key)
	local last = table.remove (from)
	if not last then return end
	hold (last[key])
	to[#to + 1] = last
end

function Editor:undo (count) assert (count == 1 and not open) step (steps, undone, "before") end
function Editor:redo (count) assert (count == 1 and not open) step (undone, steps, "after") end
-- How many steps changed something.
function stub.steps ()
	local count = 0
	for _, each in ipairs (steps) do count = count + (each.is_empty and 0 or 1) end
	return count
end

-- As somebody does in Ardour's window, in a step of its own.
function stub.edit (change)
	local before = held_regions ()
	local is_empty = not change
	if change then change () end
	steps[#steps + 1], undone = { before = before, after = held_regions (), is_empty = is_empty }, {}
end

function Session:name () return "scene" end
function Session:path () return "/sessions/scene" end
function Session:locations () return locations end
function Session:get_tracks () return list (stub.tracks) end
function Session:nominal_sample_rate () return stub.rate end
function Session:sample_rate () return stub.engine_rate end
function Session:route_by_id (id)
	for _, track in ipairs (stub.tracks) do
		if track.key == id:to_s () then return track end
	end
	return NIL
end
function Session:new_audio_track (inputs, _, _, _, name)
	return list ({ stub.add_track ({ name = name, inputs = inputs }) })
end
function Session:begin_reversible_command (name)
	stub.undo[#stub.undo + 1] = "begin " .. name
	open = held_regions ()
end
function Session:add_stateful_diff_command (what) stub.undo[#stub.undo + 1] = "diff " .. what.key end
function Session:commit_reversible_command ()
	stub.undo[#stub.undo + 1] = "commit"
	steps[#steps + 1], undone = { before = open, after = held_regions () }, {}
	open = nil
end

-- Memory: points into a DspShm stay what they are when it is collected, but what they point to does not.

local function shm (frames)
	local memory, values = {}, {}
	local what = {}
	function what:to_float (offset)
		local point = { memory = memory }
		function point.set (at, value)
			assert (offset + at < frames, "past the end of the memory")
			values[offset + at] = value
		end
		function point:array ()
			use (memory, "DspShm")
			return setmetatable ({}, { __index = function (_, at) return values[offset + at - 1] end })
		end
		return point
	end
	return collectable (what, memory)
end

local clock = 0
ARDOUR = {
	DSP = { DspShm = shm },
	LuaAPI = { monotonic_time = function ()
		clock = clock + 50000 -- microseconds: each look at the clock finds it later
		return clock
	end },
	RegionFactory = { regions = function ()
		local memory, at = {}, 0
		return collectable ({ iter = function ()
			return function ()
				use (memory, "map")
				at = at + 1
				local region = stub.regions[at]
				if region then return region:id (), region end
			end
		end }, memory)
	end },
	SrcQuality = {}, MidiTrackNameSource = {}, MidiTempoMapDisposition = {}, TrackMode = {}, PresentationInfo = {},
	PluginInfo = function () return NIL end, Track = function () return NIL end,
}
Temporal = { timepos_t = place, timecnt_t = place }
PBD = { ID = function (key) return { to_s = function () return key end } end, GroupControlDisposition = {} }
C = { StringVector = function ()
	return { push_back = function (self, text) self[#self + 1] = text end }
end }

-- Dialogs

-- What was said and asked, what is answered (each dialog's values that somebody changes, or false for Cancel),
-- whether questions are answered with yes, and the processes that were started.
stub.said, stub.asked, stub.answers, stub.yes, stub.started = {}, {}, {}, false, {}

-- What each kind of field gives when nobody changes it; numbers are floats, as Ardour gives them.
local FIELDS = {
	entry = function (field) return assert (type (field.default) == "string" and field.default) end,
	slider = function (field)
		assert (field.min <= field.default and field.default <= field.max)
		return field.default + 0.0
	end,
	dropdown = function (field) return assert (field.values[field.default], "no such choice") end,
}
FIELDS.number = FIELDS.slider

LuaDialog = {
	MessageType = { Warning = "warning", Question = "question" },
	ButtonType = { Close = "close", Yes_No = "yes_no" },
	Response = { Yes = 3, No = 4 },
	Message = function (title, sentence, kind, buttons)
		assert (title and kind and buttons, "a message has a title, a kind and buttons")
		return { run = function ()
			stub.said[#stub.said + 1] = sentence
			return stub.yes and LuaDialog.Response.Yes or LuaDialog.Response.No
		end }
	end,
	Dialog = function (_, fields)
		return { run = function ()
			local changed = table.remove (stub.answers, 1)
			local given = {}
			for _, field in ipairs (fields) do given[field.key] = FIELDS[field.type] (field) end
			stub.asked[#stub.asked + 1] = given
			if changed == false then return nil end
			local answer = {}
			for key, value in pairs (given) do answer[key] = value end
			for key, value in pairs (changed or {}) do
				assert (answer[key] ~= nil, "no such field")
				answer[key] = value
			end
			return answer
		end }
	end,
}

function os.forkexec (...)
	stub.started[#stub.started + 1] = { ... }
	return 4711
end

-- What Python reads

function stub.json (value)
	if type (value) ~= "table" then
		return type (value) == "string" and '"' .. value:gsub ('[%c"\\]', function (c) return ("\\u%04x"):format (c:byte ()) end) .. '"'
			or tostring (value == nil and "null" or value)
	end
	local parts = {}
	if next (value) == nil or #value > 0 then
		for number, each in ipairs (value) do parts[number] = stub.json (each) end
		return "[" .. table.concat (parts, ",") .. "]"
	end
	for key, each in pairs (value) do parts[#parts + 1] = stub.json (key) .. ":" .. stub.json (each) end
	return "{" .. table.concat (parts, ",") .. "}"
end

stub.bind ("start_sample")
stub.select (0, 0, {}, {})
return stub
