-- A target's sound, with what is around it, as a float WAV: the very samples of an item's file.
--
-- Inside an item it is the take alone, without the item's volume and fades, which go on to work on new takes.
-- Beyond the item's ends it is what the track plays there, as loud beside the take as it is heard.

local failure = require("failure")
local frames = require("frames")
local wav = require("wav")

local export = {}

local BLOCK_VALUES = 32768 -- read at once; a few milliseconds' work

local function item_gain(target)
  local gain = reaper.GetMediaItemInfo_Value(target.item, "D_VOL")
    * math.abs(reaper.GetMediaItemTakeInfo_Value(target.take, "D_VOL"))
  return gain > 0 and gain or 1
end

-- What the file is read from, in order: {from, to} in the target's frames, an accessor's clock, a factor.
local function parts(target, first, last)
  local track = { open = function() return reaper.CreateTrackAudioAccessor(target.track) end, zero = target.anchor }
  if not target.item then
    return { { from = first, to = last, source = track, factor = 1 } }
  end
  local take = { open = function() return reaper.CreateTakeAudioAccessor(target.take) end, zero = 0 }
  local louder = 1 / item_gain(target)
  return {
    { from = first, to = math.min(0, last), source = track, factor = louder },
    { from = math.max(first, 0), to = math.min(last, target.length), source = take, factor = 1 },
    { from = math.max(first, target.length), to = last, source = track, factor = louder },
  }
end

local function scaled(values, count, factor)
  if factor ~= 1 then
    for index = 1, count do
      values[index] = values[index] * factor
    end
  end
  return values
end

local function read_block(accessor, target, part, frame, count, buffer)
  buffer.clear()
  local time = frames.time(part.source.zero, frame, target.rate)
  local read = reaper.GetAudioAccessorSamples(accessor, target.rate, target.channels, time, count, buffer)
  if read < 0 then
    failure.say("REAPER can't read the sound of '%s'; is its file there?", target.name)
  end
  return scaled(buffer.table(1, count * target.channels), count * target.channels, part.factor)
end

local function copy_part(part, target, writer, rest)
  local accessor = part.source.open()
  if not accessor then
    failure.say("REAPER gives no sound of '%s'.", target.name)
  end
  local block = math.max(1, BLOCK_VALUES // target.channels)
  local buffer = reaper.new_array(block * target.channels)
  local done, problem = pcall(function()
    for frame = part.from, part.to - 1, block do
      local count = math.min(block, part.to - frame)
      writer:write(read_block(accessor, target, part, frame, count, buffer), count * target.channels)
      rest()
      if reaper.AudioAccessorStateChanged(accessor) then
        failure.say("'%s' was changed while it was read; try again.", target.name)
      end
    end
  end)
  reaper.DestroyAudioAccessor(accessor)
  if not done then
    error(problem, 0)
  end
end

-- Writes a target with `handles` frames on each side, not before the project's start. `rest` is called now and
-- then, so that REAPER can go on meanwhile. Gives the frame, from the target's anchor, that the file begins at.
function export.write(target, handles, path, rest)
  local earliest = math.ceil(-target.anchor * target.rate)
  local first = math.min(target.start, math.max(target.start - handles, earliest))
  local last = target.start + target.frames + handles
  local writer = wav.create(path, target.rate, target.channels, last - first)
  local done, problem = pcall(function()
    for _, part in ipairs(parts(target, first, last)) do
      if part.to > part.from then
        copy_part(part, target, writer, rest)
      end
    end
    writer:close()
  end)
  if not done then
    writer:drop()
    error(problem, 0)
  end
  return first
end

return export
