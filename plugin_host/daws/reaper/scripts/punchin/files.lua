-- Takes that are files already: which belong together, and where on the timeline they go.

local failure = require("failure")
local frames = require("frames")
local selection = require("selection")
local wav = require("wav")

local files = {}

local MOST = 16 -- takes of one job

local function name_of(path)
  return path:match("([^/\\]+)$"):gsub("%.[^.]*$", "")
end

-- A take's file as it is put into an item.
function files.take(path)
  return { path = path, name = name_of(path), note = "" }
end

-- The path with another number in it; nil where it has none.
local function numbered(path, step)
  local before, digits, after = path:match("^(.*%-)(%d+)([^%d/\\]*)$")
  if not digits then
    before, digits, after = path:match("^(.*%-)(%d%d%d)(_[^/\\]*)$")
  end
  if digits then
    return before .. string.format("%0" .. #digits .. "d", tonumber(digits) + step) .. after
  end
end

-- The files numbered after this one that are as long: takes of the same job.
function files.next_to(path)
  local sound = wav.describe(path)
  local found = {}
  for step = 1, MOST - 1 do
    local other = numbered(path, step)
    local described = other and wav.describe(other)
    if not described or described.frames ~= sound.frames or described.rate ~= sound.rate then
      return found
    end
    found[step] = other
  end
  return found
end

local function as_long(target, sound)
  return target.frames * sound.rate == sound.frames * target.rate
end

-- What is selected, if it is as long as the file.
local function selected(project, sound)
  local done, targets = pcall(selection.targets, project)
  for _, target in ipairs(done and targets or {}) do
    if as_long(target, sound) then
      return target
    end
  end
end

local function some_track(project)
  local track = reaper.GetSelectedTrack(project, 0) or reaper.GetTrack(project, reaper.CountTracks(project) - 1)
  if not track then
    reaper.InsertTrackAtIndex(0, false)
    track = reaper.GetTrack(project, 0)
  end
  return track
end

-- Where the file says it belongs, or the edit cursor.
local function start_of(project, sound)
  local offset = frames.nearest(reaper.GetProjectTimeOffset(project, false), sound.rate)
  local start = (sound.time_reference or 0) - offset
  if sound.time_reference and sound.time_reference > 0 and start >= 0 then
    return start
  end
  return frames.nearest(reaper.GetCursorPositionEx(project), sound.rate)
end

-- Where a take's file goes: what is selected if it is as long, else its own place on the timeline.
function files.target(project, path)
  local sound = wav.describe(path)
  if not sound then
    failure.say("%s is no WAV file; takes are.", path)
  end
  return selected(project, sound) or {
    project = project,
    track = some_track(project),
    anchor = 0,
    rate = sound.rate,
    channels = sound.channels,
    start = start_of(project, sound),
    frames = sound.frames,
    name = name_of(path),
  }
end

return files
