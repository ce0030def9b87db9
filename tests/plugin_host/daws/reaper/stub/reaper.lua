-- A stand-in for REAPER: tracks, items, takes, accessors, undo, dialogs, the window and the deferred loop.
--
-- Every call is checked against signatures.lua, recorded, and fails as REAPER's own does when it is wrong.

local here = debug.getinfo(1, "S").source:match("^@(.*[/\\])")
local signatures = dofile(here .. "signatures.lua")
local values = dofile(here .. "values.lua")

local stub = { calls = {}, messages = {}, ext = {}, undo = {}, markers = {}, deferred = {}, exits = {}, projects = {}, help = {},
  executed = {}, commands = {}, toggles = {}, accessors = 0, refresh = 0, frames_drawn = 0, clock = 0, blocks = 0, context = {} }
local raw = {}

-- Objects

local guids = 0

local function object(kind, fields)
  fields.kind = kind
  if not fields.guid then
    guids = guids + 1
    fields.guid = string.format("{10000000-0000-0000-0000-%012d}", guids)
  end
  return setmetatable(fields, { __name = kind })
end

local function copy(from, over)
  local made = {}
  for key, value in pairs(from) do made[key] = value end
  for key, value in pairs(over or {}) do made[key] = value end
  return made
end

local function wav_reader(path)
  local file = assert(io.open(path, "rb"))
  local wav = require("wav")
  local found = wav.chunks(file)
  file:seek("set", found.data_at)
  found.bytes = file:read(found.size)
  file:close()
  found.frames = found.size // found.block
  found.width = found.block // found.channels
  return found
end

local decoders = { [2] = function(b, at) return string.unpack("<i2", b, at) / 32768 end,
  [3] = function(b, at) return string.unpack("<i3", b, at) / 8388608 end,
  [4] = function(b, at) return (string.unpack("<f", b, at)) end }

local function source_of(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  file:close()
  local source = object("PCM_source", { path = path })
  local fine, sound = pcall(wav_reader, path)
  if not fine or not sound.bytes then return nil end
  source.sound = sound
  return source
end

local function sample(sound, frame, channel)
  if frame < 0 or frame >= sound.frames then return 0 end
  channel = math.min(channel, sound.channels - 1)
  return decoders[sound.width](sound.bytes, frame * sound.block + channel * sound.width + 1)
end

-- What a take plays at a time of its item; with looped sources as REAPER has them.
local function take_sample(take, time, channel)
  local sound = take.source.sound
  local frame = math.floor((time * take.values.D_PLAYRATE + take.values.D_STARTOFFS) * sound.rate + 0.5)
  if take.item.values.B_LOOPSRC == 1 then frame = frame % sound.frames end
  if take.values.I_CHANMODE == 3 then channel = 0 elseif take.values.I_CHANMODE == 4 then channel = 1 end
  return sample(sound, frame, channel)
end

local function add_take(item, spec)
  local take = object("MediaItem_Take", { item = item, name = spec.name or "", ext = {}, midi = spec.midi,
    values = copy(values.take, spec.values), source = spec.file and assert(source_of(spec.file), spec.file) })
  if spec.missing then take.source = object("PCM_source", { missing = true }) end
  item.takes[#item.takes + 1] = take
  return take
end

local function add_item(track, spec)
  local item = object("MediaItem", { track = track, takes = {}, values = copy(values.item, spec.values) })
  for _, take in ipairs(spec.takes or {}) do add_take(item, take) end
  track.items[#track.items + 1] = item
  return item
end

local function add_track(project, spec, index)
  local track = object("MediaTrack", { project = project, name = spec.name or "", items = {}, lanes = {}, lane_names = {},
    values = copy(values.track, spec.values) })
  table.insert(project.tracks, index or #project.tracks + 1, track)
  for _, item in ipairs(spec.items or {}) do add_item(track, item) end
  return track
end

-- A project from a table; the first one is in front.
function stub.project(spec)
  local project = object("ReaProject", { tracks = {}, spec = spec, path = spec.path or "/tmp", markers = {} })
  for _, track in ipairs(spec.tracks or {}) do add_track(project, track) end
  stub.projects[#stub.projects + 1] = project
  stub.front = stub.front or project
  return project
end

local function each_item(project)
  return coroutine.wrap(function()
    for _, track in ipairs(project.tracks) do
      for _, item in ipairs(track.items) do coroutine.yield(item) end
    end
  end)
end

local function alive(project, pointer)
  if pointer.kind == "ReaProject" then
    for _, known in ipairs(stub.projects) do if known == pointer then return true end end
    return false
  end
  for _, track in ipairs(project.tracks) do if track == pointer then return true end end
  for item in each_item(project) do
    if item == pointer then return true end
    for _, take in ipairs(item.takes) do if take == pointer then return true end end
  end
  return false
end

local function project_of(pointer)
  if pointer == 0 or pointer == nil then return stub.front end
  return pointer
end

-- Undo: what the project was before a block, to go back to.

local function saved(project)
  local tracks = {}
  for index, track in ipairs(project.tracks) do
    local items = {}
    for number, item in ipairs(track.items) do
      local takes = {}
      for place, take in ipairs(item.takes) do takes[place] = { take, copy(take.values), take.name, take.source } end
      items[number] = { item, copy(item.values), takes }
    end
    tracks[index] = { track, copy(track.values), track.name, items, copy(track.lanes) }
  end
  return { tracks = tracks, markers = copy(project.markers) }
end

-- Undo makes everything anew: whoever holds on to what was there before has nothing.
local function again(old, fields) return object(old.kind, copy(old, fields)) end

local function restore(project, state)
  project.tracks, project.markers = {}, state.markers
  for index, row in ipairs(state.tracks) do
    local track = again(row[1], { values = row[2], name = row[3], items = {}, lanes = row[5] })
    project.tracks[index] = track
    for number, kept in ipairs(row[4]) do
      local item = again(kept[1], { values = kept[2], takes = {}, track = track })
      track.items[number] = item
      for place, old in ipairs(kept[3]) do
        item.takes[place] = again(old[1], { values = old[2], name = old[3], source = old[4], item = item })
      end
    end
  end
end

function raw.Undo_BeginBlock2(pointer)
  local project = project_of(pointer)
  assert(not project.open, "undo blocks are not nested here")
  project.open = saved(project)
end

function raw.Undo_EndBlock2(pointer, title, flags)
  local project = project_of(pointer)
  assert(project.open and flags == -1, "an undo block ends that has not begun, or without flags")
  stub.undo[#stub.undo + 1] = { title = title, before = project.open }
  project.open = nil
end

function raw.Undo_CanUndo2(_)
  local point = stub.undo[#stub.undo]
  return point and point.title
end

-- As somebody does in REAPER, in a step of its own.
function stub.edit(change)
  raw.Undo_BeginBlock2(0)
  change()
  raw.Undo_EndBlock2(0, "Edit", -1)
end

function raw.Undo_DoUndo2(pointer)
  local point = table.remove(stub.undo)
  restore(project_of(pointer), point.before)
  return 1
end

local function change(what)
  assert(stub.front.open or stub.loose, what .. " outside an undo block")
end

-- Values by name

local function get(pointer, key, what)
  local base = key:match("^(C_LANEPLAYS):%d+$")
  if base then return pointer.lanes[key] or 0 end
  if key == "IP_TRACKNUMBER" then
    for index, track in ipairs(pointer.project.tracks) do if track == pointer then return index end end
  end
  assert(values[what][key] ~= nil, "no documented value " .. key)
  return pointer.values[key]
end

local function set(pointer, key, value, what)
  change(key)
  if key:match("^C_LANEPLAYS:%d+$") then
    assert(pointer.values.I_FREEMODE == 2, "lanes of a track without lanes")
    pointer.lanes[key] = value
    return true
  end
  assert(values[what][key] ~= nil and not values.read_only[key], "no documented value to be set: " .. key)
  pointer.values[key] = value
  return true
end

function raw.GetMediaItemInfo_Value(item, key) return get(item, key, "item") end
function raw.SetMediaItemInfo_Value(item, key, value) return set(item, key, value, "item") end
function raw.GetMediaItemTakeInfo_Value(take, key) return get(take, key, "take") end
function raw.SetMediaItemTakeInfo_Value(take, key, value) return set(take, key, value, "take") end
function raw.GetMediaTrackInfo_Value(track, key) return get(track, key, "track") end
function raw.SetMediaTrackInfo_Value(track, key, value) return set(track, key, value, "track") end

function raw.GetSetMediaItemInfo_String(item, key, _, new)
  assert(key == "GUID" and not new, "no documented text " .. key)
  return true, item.guid
end
function raw.GetTrackGUID(track) return track.guid end
function raw.CountTrackMediaItems(track) return #track.items end
function raw.GetTrackMediaItem(track, index) return track.items[index + 1] end

function raw.GetSetMediaItemTakeInfo_String(take, key, value, new)
  if key == "GUID" then return true, take.guid end
  assert(key == "P_NAME" or key:match("^P_EXT:%w+$"), "no documented text " .. key)
  if new then
    change(key)
    if key == "P_NAME" then take.name = value else take.ext[key] = value end
  end
  return true, key == "P_NAME" and take.name or take.ext[key] or ""
end

function raw.GetSetMediaTrackInfo_String(track, key, value, new)
  local lane = key:match("^P_LANENAME:(%d+)$")
  assert(key == "P_NAME" or lane, "no documented text " .. key)
  if new then
    change(key)
    if lane then track.lane_names[key] = value else track.name = value end
  end
  return true, lane and track.lane_names[key] or track.name
end

-- Projects, tracks, items, takes

function raw.EnumProjects(index)
  if index == -1 then return stub.front, stub.front.path end
  return stub.projects[index + 1], ""
end
function raw.ValidatePtr(pointer, kind) return type(pointer) == "table" and pointer.kind .. "*" == kind and alive(stub.front, pointer) end
function raw.ValidatePtr2(project, pointer, kind)
  return type(pointer) == "table" and pointer.kind .. "*" == kind and alive(project_of(project), pointer)
end
function raw.CountTracks(project) return #project_of(project).tracks end
function raw.GetTrack(project, index) return project_of(project).tracks[index + 1] end
function raw.InsertTrackAtIndex(index, _)
  change("a new track")
  add_track(stub.front, {}, index + 1)
end

local function selected_items(project)
  local found = {}
  for item in each_item(project_of(project)) do
    if item.values.B_UISEL == 1 then found[#found + 1] = item end
  end
  return found
end
local function selected_tracks(project)
  local found = {}
  for _, track in ipairs(project_of(project).tracks) do
    if track.values.I_SELECTED == 1 then found[#found + 1] = track end
  end
  return found
end
function raw.CountSelectedMediaItems(project) return #selected_items(project) end
function raw.GetSelectedMediaItem(project, index) return selected_items(project)[index + 1] end
function raw.CountSelectedTracks(project) return #selected_tracks(project) end
function raw.GetSelectedTrack(project, index) return selected_tracks(project)[index + 1] end
function raw.SetMediaItemSelected(item, on) item.values.B_UISEL = on and 1 or 0 end
function raw.GetMediaItem_Track(item) return item.track end
function raw.GetActiveTake(item) return item.takes[math.floor(item.values.I_CURTAKE) + 1] end
function raw.GetMediaItemNumTakes(item) return #item.takes end
function raw.GetMediaItemTake(item, index) return item.takes[index + 1] end
function raw.TakeIsMIDI(take) return take.midi == true end
function raw.GetMediaItemTake_Source(take) return take.source end
function raw.GetMediaSourceSampleRate(source) return source.missing and 0 or source.sound.rate end
function raw.GetMediaSourceNumChannels(source) return source.sound.channels end
function raw.PCM_Source_CreateFromFile(path) return source_of(path) end
function raw.AddMediaItemToTrack(track)
  change("a new item")
  return add_item(track, { values = stub.new_item })
end
function raw.AddTakeToMediaItem(item)
  change("a new take")
  return add_take(item, {})
end
function raw.SetMediaItemTake_Source(take, source)
  change("a source")
  take.source = source
  return true
end
function raw.SetActiveTake(take)
  change("the active take")
  for index, known in ipairs(take.item.takes) do
    if known == take then take.item.values.I_CURTAKE = index - 1 end
  end
end

-- As REAPER splits, with its preference to let the parts overlap and fade (stub.overlap, seconds).
function raw.SplitMediaItem(item, time)
  change("a split")
  local from, length = item.values.D_POSITION, item.values.D_LENGTH
  if time <= from or time >= from + length then return nil end
  local overlap = stub.overlap or 0
  local right = add_item(item.track, { values = copy(item.values) })
  right.values.D_POSITION, right.values.D_LENGTH = time - overlap, from + length - time + overlap
  item.values.D_LENGTH = time - from
  for _, take in ipairs(item.takes) do
    local part = add_take(right, { name = take.name, values = copy(take.values) })
    part.source = take.source
    part.values.D_STARTOFFS = take.values.D_STARTOFFS + (time - overlap - from) * take.values.D_PLAYRATE
  end
  item.values.D_FADEOUTLEN_AUTO, right.values.D_FADEINLEN_AUTO = 0.01, 0.01
  return right
end

function raw.AddProjectMarker2(project, region, from, to, name, number, color)
  change("a marker")
  local list = project_of(project).markers
  list[#list + 1] = { region = region, from = from, to = to, name = name, color = color }
  return number
end

function raw.GetSetProjectInfo(project, key, _, new)
  assert(not new and (key == "PROJECT_SRATE" or key == "PROJECT_SRATE_USE"), "no documented project value " .. key)
  local spec = project_of(project).spec
  if key == "PROJECT_SRATE_USE" then return spec.rate and 1.0 or 0.0 end
  return (spec.rate or 44100) + 0.0
end
function raw.GetAudioDeviceInfo(key, _) return stub.device_rate ~= nil, key == "SRATE" and tostring(stub.device_rate or "") or "" end
function raw.GetSet_LoopTimeRange2(project, new)
  assert(not new)
  local times = project_of(project).spec.times or { 0, 0 }
  return times[1] + 0.0, times[2] + 0.0
end
function raw.GetCursorPositionEx(project) return project_of(project).spec.cursor or 0.0 end
function raw.GetProjectTimeOffset(project, _) return project_of(project).spec.offset or 0.0 end
function raw.GetProjectPathEx(project) return project_of(project).path end

-- Sound

local Array = {}
function raw.new_array(size)
  assert(size >= 1 and size <= 4194304, "an array may have 4194304 values")
  local array = setmetatable({ size = size }, Array)
  for index = 1, size do array[index] = 0.0 end
  array.clear = function(value) for index = 1, size do array[index] = value or 0.0 end end
  array.table = function(offset, count)
    return { table.unpack(array, offset or 1, (offset or 1) + (count or size) - 1) }
  end
  return array
end

function raw.CreateTakeAudioAccessor(take)
  stub.accessors = stub.accessors + 1
  return object("AudioAccessor", { take = take })
end
function raw.CreateTrackAudioAccessor(track)
  stub.accessors = stub.accessors + 1
  return object("AudioAccessor", { track = track })
end
function raw.DestroyAudioAccessor(accessor)
  assert(not accessor.gone, "an accessor is destroyed twice")
  accessor.gone = true
  stub.accessors = stub.accessors - 1
end
function raw.AudioAccessorStateChanged(_) return stub.changed == true end

local function track_sample(track, time, channel)
  local sum = 0
  for _, item in ipairs(track.items) do
    local take = item.takes[math.floor(item.values.I_CURTAKE) + 1]
    local from = item.values.D_POSITION
    if take and take.source and time >= from - 1e-9 and time < from + item.values.D_LENGTH - 1e-9 then
      sum = sum + take_sample(take, time - from, channel) * item.values.D_VOL * take.values.D_VOL
    end
  end
  return sum
end

function raw.GetAudioAccessorSamples(accessor, rate, channels, from, count, array)
  assert(not accessor.gone, "an accessor is read after it was destroyed")
  assert(array.size >= channels * count, "the array is too small for the samples")
  if stub.unreadable then return -1 end
  for frame = 0, count - 1 do
    for channel = 0, channels - 1 do
      local time = from + frame / rate
      array[frame * channels + channel + 1] = accessor.take and take_sample(accessor.take, time, channel)
        or track_sample(accessor.track, time, channel)
    end
  end
  return 1
end

-- The program

function raw.GetAppVersion() return stub.version or "7.16/linux-x86_64" end
function raw.get_action_context() return true, stub.script, 0, 42, -1, -1, -1.0 end
function raw.set_action_options(flags) stub.options = flags end
function raw.SetToggleCommandState(_, _, state) stub.toggles[#stub.toggles + 1] = state return true end
function raw.RefreshToolbar2(_, _) end
function raw.MB(text, _, kind)
  stub.messages[#stub.messages + 1] = text
  return kind == 0 and 1 or stub.answer or 6
end
function raw.GetUserInputs(title, count, captions, given)
  stub.asked = { title = title, count = count, captions = captions, given = given }
  local reply = table.remove(stub.inputs or {}, 1)
  return reply ~= nil, reply or given
end
function raw.GetUserFileNameForRead() return stub.chosen ~= nil, stub.chosen or "" end
function raw.Help_Set(text, _) stub.help[#stub.help + 1] = text end
function raw.GetExtState(section, key) return stub.ext[section .. "/" .. key] or "" end
function raw.SetExtState(section, key, value, _) stub.ext[section .. "/" .. key] = value end
function raw.DeleteExtState(section, key, _) stub.ext[section .. "/" .. key] = nil end
function raw.file_exists(path) local file = io.open(path, "rb") if file then file:close() end return file ~= nil end
function raw.genGuid() stub.guids = (stub.guids or 0) + 1 return string.format("{00000000-0000-0000-0000-%012d}", stub.guids) end
function raw.RecursiveCreateDirectory(path) os.execute('mkdir -p "' .. path .. '"') return 0 end
function raw.time_precise() stub.clock = stub.clock + 0.0005 return stub.clock end
function raw.PreventUIRefresh(by) stub.refresh = stub.refresh + by end
function raw.UpdateArrange() end
function raw.UpdateTimeline() end
function raw.UpdateItemInProject(_) end
function raw.TrackList_AdjustWindows(_) end
function raw.Main_OnCommand(command, _) stub.commands[#stub.commands + 1] = command end
function raw.ExecProcess(line, timeout)
  assert(timeout == -1 or timeout == -2, "REAPER would wait for the process")
  stub.executed[#stub.executed + 1] = line
  if stub.execute then return stub.execute(line) end
  return "0"
end
function raw.defer(work) table.insert(stub.deferred, work) return true end
function raw.atexit(work) table.insert(stub.exits, work) end

-- Checked calls

local function fits(value, wanted)
  if wanted:sub(-1) == "?" then
    if value == nil then return true end
    wanted = wanted:sub(1, -2)
  end
  if wanted == "any" then return true end
  if wanted == "integer" then return math.type(value) == "integer" or (type(value) == "number" and value == math.floor(value)) end
  if wanted == "number" then return type(value) == "number" and value == value end
  if wanted == "array" then return getmetatable(value) == Array end
  if wanted == "ReaProject" and (value == 0) then return true end
  if wanted:match("^%u") then return type(value) == "table" and value.kind == wanted end
  return type(value) == wanted
end

local function check(name, list, given, what)
  assert(given.n <= #list, string.format("reaper.%s: %d %s, documented are %d", name, given.n, what, #list))
  for index, wanted in ipairs(list) do
    assert(fits(given[index], wanted), string.format("reaper.%s: %s %d is %s, not %s", name, what, index, tostring(given[index]), wanted))
  end
end

reaper = setmetatable({}, { __index = function(_, name)
  if stub.lacks and stub.lacks[name] then return nil end
  local signature = signatures[name]
  if not signature then error("REAPER has no function " .. name .. ", or it is not in the table of signatures", 2) end
  return function(...)
    local given = table.pack(...)
    check(name, signature[1], given, "arguments")
    stub.calls[#stub.calls + 1] = name
    local back = table.pack(raw[name](...))
    check(name, signature[2], back, "results")
    return table.unpack(back, 1, back.n)
  end
end })

-- The window: what is drawn is kept, the mouse and keys come from the scenario.

gfx = { mouse_x = 0, mouse_y = 0, mouse_cap = 0, x = 0, y = 0 }
stub.drawn = {}
function gfx.init(name, width, height, dock) assert(type(name) == "string" and width > 0 and height > 0 and dock == 0) stub.window = true end
function gfx.setfont(index, name, size) assert(index == 1 and type(name) == "string" and size > 0) end
function gfx.set(r, g, b) assert(r and g and b) end
function gfx.rect(x, y, w, h, filled) assert(x and y and w >= 0 and h >= 0 and filled) end
function gfx.measurestr(text) return 8 * #text, 16 end
function gfx.drawstr(text) assert(type(text) == "string") if text ~= "Cancel" and stub.drawn[#stub.drawn] ~= text then stub.drawn[#stub.drawn + 1] = text end end
function gfx.update() stub.frames_drawn = stub.frames_drawn + 1 end
function gfx.getchar() local key = stub.key or 0 stub.key = nil return key end
function gfx.quit() stub.window = false end

-- Runs a script and what it defers, at most so many rounds; `each` is called before each round.
function stub.run(script, rounds, each)
  stub.script = script
  package.loaded.run = nil
  local chunk = assert(loadfile(script))
  chunk()
  for round = 1, rounds or 2000 do
    local waiting = stub.deferred
    if #waiting == 0 then break end
    stub.deferred = {}
    stub.clock = stub.clock + 0.033
    if each then each(round) end
    if stub.terminated then break end
    for _, work in ipairs(waiting) do work() end
  end
  stub.ended = #stub.deferred == 0
  if stub.ended then stub.terminate() end
end

-- Ends the script from outside, as REAPER's own list of scripts does.
function stub.terminate()
  stub.terminated = true
  local exits = stub.exits
  stub.deferred, stub.exits = {}, {}
  for _, work in ipairs(exits) do work() end
end

-- What everything has come to, as JSON.

local function json(value)
  local kind = type(value)
  if kind == "table" then
    if #value > 0 or next(value) == nil then
      local parts = {}
      for index, element in ipairs(value) do parts[index] = json(element) end
      return "[" .. table.concat(parts, ",") .. "]"
    end
    local parts = {}
    for key, element in pairs(value) do parts[#parts + 1] = json(tostring(key)) .. ":" .. json(element) end
    return "{" .. table.concat(parts, ",") .. "}"
  elseif kind == "string" then
    return '"' .. value:gsub('[%c"\\]', function(c) return string.format("\\u%04x", c:byte()) end) .. '"'
  elseif kind == "number" then
    return math.type(value) == "integer" and tostring(value) or string.format("%.17g", value)
  end
  return tostring(value)
end
stub.json = json

local function item_state(item)
  local takes = {}
  for index, take in ipairs(item.takes) do
    takes[index] = { name = take.name, file = take.source and take.source.path or "", values = take.values, ext = copy(take.ext, { n = #take.ext }) }
  end
  return { values = item.values, takes = takes }
end

function stub.state()
  local tracks = {}
  for index, track in ipairs(stub.front.tracks) do
    local items = {}
    for number, item in ipairs(track.items) do items[number] = item_state(item) end
    tracks[index] = { name = track.name, items = items, values = track.values, lanes = copy(track.lanes, { n = 0 }),
      lane_names = copy(track.lane_names, { n = 0 }) }
  end
  local titles = {}
  for index, point in ipairs(stub.undo) do titles[index] = point.title end
  return { tracks = tracks, undo = titles, markers = stub.front.markers, messages = stub.messages, executed = stub.executed,
    drawn = stub.drawn, help = stub.help, accessors = stub.accessors, refresh = stub.refresh, ended = stub.ended or false,
    window = stub.window or false, ext = copy(stub.ext, { n = "" }), calls = stub.calls, commands = stub.commands, toggles = stub.toggles,
    asked = stub.asked or {}, extra = stub.extra or {} }
end

return stub
