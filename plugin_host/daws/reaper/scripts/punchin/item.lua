-- Items as they are put on the timeline: pieces of others, new ones, and their takes.

local failure = require("failure")
local frames = require("frames")

local item = {}

local NO_FADE = -1 -- what REAPER calls an automatic fade that is not there
local CLOSE = 1e-9 -- seconds; less than a thousandth of a frame at any rate

local function no_fade(piece, side)
  reaper.SetMediaItemInfo_Value(piece, "D_FADE" .. side .. "LEN", 0)
  reaper.SetMediaItemInfo_Value(piece, "D_FADE" .. side .. "LEN_AUTO", NO_FADE)
end

local function get(piece, key)
  return reaper.GetMediaItemInfo_Value(piece, key)
end

-- Moves the start of an item, and keeps its sound where it is.
local function trim_start(piece, time)
  local by = time - get(piece, "D_POSITION")
  if math.abs(by) < CLOSE then
    return
  end
  for index = 0, reaper.GetMediaItemNumTakes(piece) - 1 do
    local take = reaper.GetMediaItemTake(piece, index)
    if take then
      local rate = reaper.GetMediaItemTakeInfo_Value(take, "D_PLAYRATE")
      local offset = reaper.GetMediaItemTakeInfo_Value(take, "D_STARTOFFS")
      reaper.SetMediaItemTakeInfo_Value(take, "D_STARTOFFS", offset + by * rate)
    end
  end
  reaper.SetMediaItemInfo_Value(piece, "D_POSITION", time)
  reaper.SetMediaItemInfo_Value(piece, "D_LENGTH", get(piece, "D_LENGTH") - by)
end

-- Cuts an item in two at a time exactly: where REAPER is set to fade or overlap what it splits, that is undone,
-- because a take ends in what is around it. Gives the right part.
local function cut(left, time)
  local right = reaper.SplitMediaItem(left, time)
  if not right then
    failure.say("REAPER can't split the item; is it locked?")
  end
  trim_start(right, time)
  reaper.SetMediaItemInfo_Value(left, "D_LENGTH", time - get(left, "D_POSITION"))
  no_fade(left, "OUT")
  no_fade(right, "IN")
  return right
end

-- The item that is exactly the target's region: the target's own, or what is left between two cuts.
function item.piece(target)
  local piece = target.item
  if target.start + target.frames < target.length then
    local rest = cut(piece, frames.time(target.anchor, target.start + target.frames, target.rate))
    reaper.SetMediaItemSelected(rest, false)
  end
  if target.start > 0 then
    local before = piece
    piece = cut(piece, frames.time(target.anchor, target.start, target.rate))
    reaper.SetMediaItemSelected(before, false)
  end
  return piece
end

-- An item without fades, from a time on.
function item.create(track, time, seconds)
  local made = reaper.AddMediaItemToTrack(track)
  reaper.SetMediaItemInfo_Value(made, "D_POSITION", time)
  reaper.SetMediaItemInfo_Value(made, "D_LENGTH", seconds)
  reaper.SetMediaItemInfo_Value(made, "B_LOOPSRC", 0)
  no_fade(made, "IN")
  no_fade(made, "OUT")
  return made
end

-- A file as one more take of an item, under its name.
function item.add_take(piece, file)
  local source = reaper.PCM_Source_CreateFromFile(file.path)
  if not source then
    failure.say("REAPER can't read the take %s.", file.path)
  end
  local take = reaper.AddTakeToMediaItem(piece)
  reaper.SetMediaItemTake_Source(take, source)
  reaper.GetSetMediaItemTakeInfo_String(take, "P_NAME", file.name, true)
  if file.note and file.note ~= "" then
    reaper.GetSetMediaItemTakeInfo_String(take, "P_EXT:punchin", file.note, true)
  end
  return take
end

-- A take is made from a sound without volume and pan, so it needs those of the one it came from.
function item.copy_level(from, to)
  for _, key in ipairs({ "D_VOL", "D_PAN", "D_PANLAW" }) do
    reaper.SetMediaItemTakeInfo_Value(to, key, reaper.GetMediaItemTakeInfo_Value(from, key))
  end
end

return item
