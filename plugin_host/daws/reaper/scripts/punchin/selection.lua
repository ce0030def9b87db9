-- What is selected: a list of targets, each a stretch of one item or one track.
--
-- A target counts frames from its anchor: an item's start, at the rate of the item's own file, or the start of
-- the project, at the project's rate. So an item's frames are those of its file wherever the item lies.

local again = require("again")
local failure = require("failure")
local frames = require("frames")

local selection = {}

local SHORTEST, LONGEST = 0.1, 1800 -- seconds; what the engine takes
local NOTHING = "Select items, or tracks and a time selection, first."

-- The rate that the project runs at.
function selection.project_rate(project)
  if reaper.GetSetProjectInfo(project, "PROJECT_SRATE_USE", 0, false) == 0 then
    local known, device = reaper.GetAudioDeviceInfo("SRATE", "")
    if known and tonumber(device) then
      return math.floor(tonumber(device))
    end
  end
  local rate = math.floor(reaper.GetSetProjectInfo(project, "PROJECT_SRATE", 0, false))
  return rate > 0 and rate or 48000
end

-- The time selection, or nil.
function selection.times(project)
  local from, to = reaper.GetSet_LoopTimeRange2(project, false, false, 0, 0, false)
  if to > from then
    return from, to
  end
end

-- Channels of what a take plays.
local function take_channels(take, source)
  local mode = reaper.GetMediaItemTakeInfo_Value(take, "I_CHANMODE")
  if mode >= 67 then
    return 2
  end
  return mode >= 2 and 1 or math.max(1, reaper.GetMediaSourceNumChannels(source))
end

local function take_name(take)
  local _, name = reaper.GetSetMediaItemTakeInfo_String(take, "P_NAME", "", false)
  return name
end

function selection.track_name(track)
  local _, name = reaper.GetSetMediaTrackInfo_String(track, "P_NAME", "", false)
  local number = math.floor(reaper.GetMediaTrackInfo_Value(track, "IP_TRACKNUMBER"))
  return name ~= "" and name or ("Track " .. number)
end

-- The whole of an item, or nil and why it can't be used.
local function whole_item(project, item)
  local take = reaper.GetActiveTake(item)
  if not take then
    return nil, "an item is empty"
  end
  if reaper.TakeIsMIDI(take) then
    return nil, string.format("'%s' is MIDI (glue it to audio first)", take_name(take))
  end
  local source = reaper.GetMediaItemTake_Source(take)
  local rate = math.floor(reaper.GetMediaSourceSampleRate(source))
  if rate <= 0 then
    return nil, string.format("the file of '%s' is not there", take_name(take))
  end
  local length = frames.nearest(reaper.GetMediaItemInfo_Value(item, "D_LENGTH"), rate)
  return {
    project = project,
    item = item,
    take = take,
    track = reaper.GetMediaItem_Track(item),
    anchor = reaper.GetMediaItemInfo_Value(item, "D_POSITION"),
    offset = reaper.GetMediaItemTakeInfo_Value(take, "D_STARTOFFS"),
    rate = rate,
    channels = take_channels(take, source),
    start = 0,
    frames = length,
    length = length,
    name = take_name(take),
  }
end

-- The part of an item inside the time selection; false where there is none.
local function cut(target, from, to)
  local start = math.max(0, frames.nearest(from - target.anchor, target.rate))
  local stop = math.min(target.length, frames.nearest(to - target.anchor, target.rate))
  if stop <= start then
    return false
  end
  target.start, target.frames = start, stop - start
  return true
end

local function selected_items(project)
  local targets, left_out = {}, {}
  for index = 0, reaper.CountSelectedMediaItems(project) - 1 do
    local target, reason = whole_item(project, reaper.GetSelectedMediaItem(project, index))
    if target then
      targets[#targets + 1] = target
    else
      left_out[#left_out + 1] = reason
    end
  end
  return targets, left_out
end

-- Items that the time selection touches are cut to it; when it touches none, it is about something else.
local function cut_to_times(targets, from, to)
  local touched = {}
  for _, target in ipairs(targets) do
    if cut(target, from, to) then
      touched[#touched + 1] = target
    end
  end
  return #touched > 0 and touched or targets
end

local function track_target(project, track, from, to)
  local rate = selection.project_rate(project)
  local start = frames.nearest(from, rate)
  return {
    project = project,
    track = track,
    anchor = 0,
    rate = rate,
    channels = math.max(1, math.floor(reaper.GetMediaTrackInfo_Value(track, "I_NCHAN"))),
    start = start,
    frames = frames.nearest(to, rate) - start,
    name = selection.track_name(track),
  }
end

local function selected_tracks(project)
  local from, to = selection.times(project)
  local targets = {}
  for index = 0, (from and reaper.CountSelectedTracks(project) or 0) - 1 do
    targets[#targets + 1] = track_target(project, reaper.GetSelectedTrack(project, index), from, to)
  end
  return targets
end

local function check_length(target)
  local seconds = target.frames / target.rate
  if seconds < SHORTEST or seconds > LONGEST then
    failure.say("'%s': %.3f seconds are selected; select %g to %g.", target.name, seconds, SHORTEST, LONGEST)
  end
end

-- What is selected in a project, and why other selected things can't be used. Fails when nothing can.
function selection.targets(project)
  local targets, left_out = selected_items(project)
  local from, to = selection.times(project)
  if from then
    targets = cut_to_times(targets, from, to)
  end
  if #targets == 0 and #left_out > 0 then
    failure.say("Nothing that is selected can be used: %s.", table.concat(left_out, ", "))
  end
  targets = #targets > 0 and targets or selected_tracks(project)
  if #targets == 0 then
    failure.say(NOTHING)
  end
  for _, target in ipairs(targets) do
    check_length(target)
    again.note(target, project)
  end
  return targets, left_out
end

-- The time at which a target's region starts, and at which it has ended.
function selection.span(target)
  return frames.time(target.anchor, target.start, target.rate),
    frames.time(target.anchor, target.start + target.frames, target.rate)
end

return selection
