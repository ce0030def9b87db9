-- Puts takes on the timeline: in one step to undo, at the exact frame, or not at all.

local failure = require("failure")
local frames = require("frames")
local item = require("item")
local selection = require("selection")
local wav = require("wav")

local placement = {}

local LANES_SINCE = 7 -- REAPER's version
local FREE_POSITIONS, LANES = 1, 2 -- of I_FREEMODE
local BUILD_PEAKS = 40047
local LOCKED = 1

-- A take's file must be as long as the region, or what comes after would move.
local function check_file(target, file)
  local sound = wav.describe(file.path)
  if not sound then
    failure.say("The take %s is not there, or is no WAV file.", file.path)
  end
  if sound.rate * target.frames ~= target.rate * sound.frames then
    failure.say("The take %s has %d frames at %d Hz; the region has %d at %d Hz.",
      file.path, sound.frames, sound.rate, target.frames, target.rate)
  end
end

local function is_there(target, pointer, kind)
  return pointer ~= nil and reaper.ValidatePtr2(target.project, pointer, kind)
end

-- Whether an item still plays what was sent: moved is fine, trimmed or changed is not.
local function is_unchanged(target)
  if not is_there(target, target.item, "MediaItem*") or not is_there(target, target.take, "MediaItem_Take*") then
    return false
  end
  local length = frames.nearest(reaper.GetMediaItemInfo_Value(target.item, "D_LENGTH"), target.rate)
  local offset = reaper.GetMediaItemTakeInfo_Value(target.take, "D_STARTOFFS")
  return length == target.length and math.abs(offset - target.offset) * target.rate < 0.5
end

-- Where the takes of a target go: what was asked for, or what is possible since.
local function place_of(target, place)
  if not is_there(target, target.track, "MediaTrack*") then
    failure.say("The track of '%s' is gone.", target.name)
  end
  if target.item and not is_unchanged(target) then
    target.item, target.take = nil, nil
    return "track"
  end
  if place == "auto" or (place == "take" and not target.item) then
    return target.item and "take" or "track"
  end
  return place
end

local function follow_item(target)
  if target.item then
    target.anchor = reaper.GetMediaItemInfo_Value(target.item, "D_POSITION")
  end
end

-- Takes of an item. Its first new one is the one that plays, unless others of this punch were there before.
local function fill(piece, original, takes, more)
  local first
  for _, file in ipairs(takes) do
    local take = item.add_take(piece, file)
    if original then
      item.copy_level(original, take)
    end
    first = first or take
  end
  if not more then
    reaper.SetActiveTake(first)
  end
  reaper.UpdateItemInProject(piece)
end

local function check_lock(target, piece)
  if reaper.GetMediaItemInfo_Value(piece, "C_LOCK") % 2 == LOCKED then
    failure.say("The item '%s' is locked; unlock it, or let takes go to a track.", target.name)
  end
end

local function as_takes(target, takes, made)
  check_lock(target, target.item)
  local piece = item.piece(target)
  local original = reaper.GetActiveTake(piece)
  made.pieces[target] = { item = piece, take = original }
  fill(piece, original, takes)
end

local function new_item(track, target, takes)
  local from, to = selection.span(target)
  local made = item.create(track, from, to - from)
  if target.item then
    reaper.SetMediaItemInfo_Value(made, "D_VOL", reaper.GetMediaItemInfo_Value(target.item, "D_VOL"))
  end
  fill(made, target.take, takes)
  return made
end

-- Turns a track's lanes on; its items are then in the first, and go on to play.
local function turn_lanes_on(track)
  local version = tonumber(reaper.GetAppVersion():match("^%d+"))
  if version < LANES_SINCE then
    failure.say("Lanes came with REAPER 7; let takes go to takes or a track.")
  end
  local mode = reaper.GetMediaTrackInfo_Value(track, "I_FREEMODE")
  if mode == FREE_POSITIONS then
    failure.say("'%s' has free item positioning, which lanes exclude; let takes go to takes or a track.",
      selection.track_name(track))
  end
  if mode ~= LANES then
    reaper.SetMediaTrackInfo_Value(track, "I_FREEMODE", LANES)
    reaper.UpdateTimeline()
  end
end

-- A lane for each take; none of them plays until it is chosen, so nothing sounds twice.
local function as_lanes(target, takes)
  turn_lanes_on(target.track)
  local lanes = math.floor(reaper.GetMediaTrackInfo_Value(target.track, "I_NUMFIXEDLANES"))
  reaper.SetMediaTrackInfo_Value(target.track, "I_NUMFIXEDLANES", lanes + #takes)
  for number, file in ipairs(takes) do
    local lane = lanes + number - 1
    local made = new_item(target.track, target, { file })
    reaper.SetMediaItemInfo_Value(made, "I_FIXEDLANE", lane)
    reaper.SetMediaTrackInfo_Value(target.track, "C_LANEPLAYS:" .. lane, 0)
    reaper.GetSetMediaTrackInfo_String(target.track, "P_LANENAME:" .. lane, file.name, true)
  end
  reaper.UpdateTimeline()
end

-- A track below another one, in the same folder.
local function track_below(project, above)
  local index = math.floor(reaper.GetMediaTrackInfo_Value(above, "IP_TRACKNUMBER"))
  reaper.InsertTrackAtIndex(index, false)
  local made = reaper.GetTrack(project, index)
  local depth = reaper.GetMediaTrackInfo_Value(above, "I_FOLDERDEPTH")
  if depth < 0 then
    reaper.SetMediaTrackInfo_Value(above, "I_FOLDERDEPTH", 0)
    reaper.SetMediaTrackInfo_Value(made, "I_FOLDERDEPTH", depth)
  end
  reaper.GetSetMediaTrackInfo_String(made, "P_NAME", selection.track_name(above) .. " Punch-In", true)
  return made
end

local function as_track(target, takes, made)
  local track = made.tracks[target.track]
  if not is_there(target, track, "MediaTrack*") then
    track = track_below(target.project, target.track)
  end
  made.tracks[target.track] = track
  made.pieces[target] = { item = new_item(track, target, takes), take = target.take }
end

-- More takes for the item that has those of this punch already, as long as it is as long as they are; false if not.
local function as_more_takes(target, takes, made)
  local piece = made.pieces[target]
  if not piece or not is_there(target, piece.item, "MediaItem*") then
    return false
  end
  if frames.nearest(reaper.GetMediaItemInfo_Value(piece.item, "D_LENGTH"), target.rate) ~= target.frames then
    return false
  end
  check_lock(target, piece.item)
  fill(piece.item, is_there(target, piece.take, "MediaItem_Take*") and piece.take or nil, takes, true)
  return true
end

local function mark_region(target, takes, mark)
  local from, to = selection.span(target)
  if mark == "region" then
    reaper.AddProjectMarker2(target.project, true, from, to, takes[1].name, -1, 0)
  elseif mark == "marker" then
    reaper.AddProjectMarker2(target.project, false, from, 0, takes[1].name, -1, 0)
  end
end

-- One target's takes; `place` and `mark` are words of the settings, `made` what was made for this punch before.
local function place_group(group, place, mark, made)
  local target, takes = group.target, group.takes
  if as_more_takes(target, takes, made) then
    return "more"
  end
  local where = place_of(target, place)
  follow_item(target)
  mark_region(target, takes, mark)
  if where == "take" then
    as_takes(target, takes, made)
  elseif where == "lane" then
    as_lanes(target, takes)
  else
    as_track(target, takes, made)
  end
  return where
end

local function changed_elsewhere(groups, places)
  for number, group in ipairs(groups) do
    if group.target.length and places[number] == "track" and not group.target.item then
      return group.target.name
    end
  end
end

-- Of a punch that has put nothing: new tracks by the one they stand below, and by target the item that has its takes.
function placement.nothing_made()
  return { tracks = {}, pieces = {} }
end

-- Fails unless every take's file is there, and as long as its region.
function placement.check(groups)
  for _, group in ipairs(groups) do
    for _, file in ipairs(group.takes) do
      check_file(group.target, file)
    end
  end
end

-- How many takes groups have.
function placement.count(groups)
  local count = 0
  for _, group in ipairs(groups) do
    count = count + #group.takes
  end
  return count
end

function placement.so_many(count)
  return string.format("%d %s", count, count == 1 and "take" or "takes")
end

-- Puts the takes of groups {target, takes} on the timeline of one project, in one step to undo. Fails without a trace.
-- `made`: what was made for this punch before. Gives the name of an item that was changed meanwhile, so that its takes
-- had to go to a track of their own.
function placement.insert(groups, place, mark, title, made)
  local project = groups[1].target.project
  local places = {}
  reaper.Undo_BeginBlock2(project)
  reaper.PreventUIRefresh(1)
  local done, problem = pcall(function()
    for number, group in ipairs(groups) do
      places[number] = place_group(group, place, mark, made)
    end
  end)
  reaper.PreventUIRefresh(-1)
  reaper.Undo_EndBlock2(project, title, -1)
  if not done then
    reaper.Undo_DoUndo2(project)
  end
  reaper.TrackList_AdjustWindows(false)
  reaper.UpdateArrange()
  if not done then
    error(problem, 0)
  end
  reaper.Main_OnCommand(BUILD_PEAKS, 0)
  return changed_elsewhere(groups, places)
end

return placement
