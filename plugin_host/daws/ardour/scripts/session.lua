-- What Punch-In asks of the open session: what is selected, and how it sounds.
-- Regions, tracks and lists of them stay in locals while they are used: temporaries are collected too early.

local session = {}

local FLOATS = 240 -- packed with one call: Lua's stack is short
local BLOCK = 12000 -- frames read at once; 50 calls

-- Ends what is going on with a sentence for people.
function session.refuse (sentence)
	error ({ sentence = sentence }, 0)
end

-- What an object is known by for as long as the session is open.
function session.id_of (object)
	local stateful = object:to_stateful ()
	return stateful:id ():to_s ()
end

local function audio_track (route)
	if route:isnil () then return nil end
	local track = route:to_track ()
	if track:isnil () then return nil end
	local audio = track:to_audio_track ()
	if audio:isnil () then return nil end
	return track
end

-- The audio track with that key; nil if it is gone.
function session.track (key)
	local route = Session:route_by_id (PBD.ID (key))
	return audio_track (route)
end

-- The region with that key where it lies in the track now, or nil. Ardour's own region_by_id also finds those that
-- have ever lain there.
function session.lying (track, key)
	local playlist = track:playlist ()
	local regions = playlist:region_list ()
	for region in regions:iter () do
		if session.id_of (region) == key then return region end
	end
	return nil
end

local function track_of_region (region)
	local key = session.id_of (region)
	local tracks = Session:get_tracks ()
	for route in tracks:iter () do
		local track = audio_track (route)
		if track and session.lying (track, key) then return route end
	end
	return nil
end

-- The first frame of a selected range. Sources of Ardour differ: most bind it as start_sample, some as start, which is a number
-- or a position. What an object does not have is nil in Ardour's Lua, no error.
local function start_of (time)
	if time.start_sample then return time:start_sample () end
	local start = time:start ()
	return type (start) == "number" and start or start:samples ()
end

-- The span of a selected range, and the audio tracks it is on; nil if there is none.
local function selected_range (selection)
	local first, last = start_of (selection.time), selection.time:end_sample ()
	if first >= last then return nil end
	local found = {}
	local routes = selection.tracks:routelist ()
	for route in routes:iter () do
		if audio_track (route) then found[#found + 1] = route end
	end
	return first, last, found
end

-- The span of all selected audio regions, and the tracks they are on; nil if there are none.
local function selected_regions (selection)
	local first, last, found, seen = nil, nil, {}, {}
	local regions = selection.regions:regionlist ()
	for region in regions:iter () do
		local audio = region:to_audioregion ()
		if not audio:isnil () then
			local start, frames = region:position ():samples (), region:length ():samples ()
			first = math.min (first or start, start)
			last = math.max (last or 0, start + frames)
			local route = track_of_region (region)
			if route and not seen[session.id_of (route)] then
				seen[session.id_of (route)] = true
				found[#found + 1] = route
			end
		end
	end
	return first, last, found
end

-- What is selected, as a table: start, frames, rate, key and name of the track.
function session.selected ()
	local selection = Editor:get_selection ()
	local first, last, routes = selected_range (selection)
	if not first then first, last, routes = selected_regions (selection) end
	if not first then
		session.refuse ("Nothing is selected in Ardour: select an audio region, or a range on an audio track.")
	end
	if #routes == 0 then
		session.refuse ("The range lies on no audio track: select it on the track that the takes are for.")
	end
	if #routes > 1 then
		session.refuse ("The selection is on " .. #routes .. " tracks: select a region, or a range, on one.")
	end
	local rate = Session:nominal_sample_rate ()
	if Session:sample_rate () ~= rate then
		session.refuse ("The session is at " .. rate .. " Hz and the audio engine is not: set it to that rate.")
	end
	return {
		start = first, frames = last - first, rate = math.floor (rate),
		key = session.id_of (routes[1]), name = routes[1]:name (),
	}
end

-- As many channels as the regions in the span have; where there are none, as the track has inputs.
local function channels_in (track, start, frames)
	local most = 0
	local playlist = track:playlist ()
	local regions = playlist:region_list ()
	for region in regions:iter () do
		local first = region:position ():samples ()
		local audio = region:to_audioregion ()
		if not audio:isnil () and first < start + frames and first + region:length ():samples () > start then
			most = math.max (most, audio:n_channels ())
		end
	end
	if most == 0 then most = track:n_inputs ():n_audio () end
	return math.max (1, most)
end

-- Without a table between: that would take twice as long.
local function write_floats (file, buffer, count)
	local values = buffer:array ()
	local pieces = {}
	local whole = "<" .. ("f"):rep (FLOATS)
	for first = 1, count, FLOATS do
		local last = math.min (count, first + FLOATS - 1)
		local layout = last - first + 1 == FLOATS and whole or "<" .. ("f"):rep (last - first + 1)
		pieces[#pieces + 1] = string.pack (layout, table.unpack (values, first, last))
	end
	return file:write (table.concat (pieces))
end

-- Begins to write a span of a track, as it is heard before any plugin: blocks of floats, in each one channel after the
-- other. Gives a function that goes on for a tenth of a second or so: it gives nil until all is written, and then what
-- is in the file.
function session.export (key, start, frames, path)
	local track = session.track (key)
	if not track then session.refuse ("The track that was selected is gone: select again.") end
	local channels = channels_in (track, start, frames)
	local file, why = io.open (path, "wb")
	if not file then session.refuse ("The selection can't be written: " .. tostring (why)) end

	local sound = ARDOUR.DSP.DspShm (BLOCK * 3)
	local done = 0

	local function write_block ()
		local count = math.min (BLOCK, frames - done)
		local playlist = track:playlist ()
		local audio = playlist:to_audioplaylist ()
		-- Here, so that this function holds on to the memory: it would be freed while what points into it is used.
		local buffer, mixdown, gain = sound:to_float (0), sound:to_float (BLOCK), sound:to_float (BLOCK * 2)
		for channel = 0, channels - 1 do
			audio:read (buffer, mixdown, gain, Temporal.timepos_t (start + done), Temporal.timecnt_t (count), channel)
			if not write_floats (file, buffer, count) then
				file:close ()
				os.remove (path)
				session.refuse ("The selection can't be written: the disk may be full.")
			end
		end
		done = done + count
	end

	return function ()
		local until_when = ARDOUR.LuaAPI.monotonic_time () + 150000
		while done < frames and ARDOUR.LuaAPI.monotonic_time () < until_when do write_block () end
		if done < frames then return nil end
		if not file:close () then session.refuse ("The selection can't be written: the disk may be full.") end
		return { channels = channels, block = BLOCK, rate = math.floor (Session:nominal_sample_rate ()) }
	end
end

return session
