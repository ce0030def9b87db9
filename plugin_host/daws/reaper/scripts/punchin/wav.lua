-- WAV files: float ones are written, any are described.

local failure = require("failure")

local wav = {}

local FLOAT = 3
local MOST_BYTES = 0xFFFFFFFF - 4096 -- what a WAV file can count
local AT_ONCE = 4096 -- values in one call of string.pack; Lua's stack has room for many more

local formats = {}

local function packed(values, first, last)
  local count = last - first + 1
  formats[count] = formats[count] or ("<" .. ("f"):rep(count))
  return string.pack(formats[count], table.unpack(values, first, last))
end

local function header(rate, channels, frames)
  local size = frames * channels * 4
  local form = string.pack("<I2I2I4I4I2I2I2", FLOAT, channels, rate, rate * channels * 4, channels * 4, 32, 0)
  return "RIFF" .. string.pack("<I4", 4 + 8 + #form + 12 + 8 + size) .. "WAVE"
    .. "fmt " .. string.pack("<I4", #form) .. form
    .. "fact" .. string.pack("<I4I4", 4, frames)
    .. "data" .. string.pack("<I4", size)
end

local Writer = {}
Writer.__index = Writer

-- A file of 32-bit floats that will have `frames`; it takes its name when it is closed.
function wav.create(path, rate, channels, frames)
  if frames * channels * 4 > MOST_BYTES then
    failure.say("The selection is too long for one file of %d channels; select less of it.", channels)
  end
  local file, reason = io.open(path .. ".part", "wb")
  if not file then
    failure.say("%s can't be written (%s).", path, reason)
  end
  local writer = setmetatable({ file = file, path = path, left = frames * channels }, Writer)
  writer:put(header(rate, channels, frames))
  return writer
end

function Writer:put(bytes)
  local done, reason = self.file:write(bytes)
  if not done then
    self:drop()
    failure.say("%s can't be written (%s); free some space.", self.path, reason)
  end
end

-- Adds the first `count` of the values, channels interleaved.
function Writer:write(values, count)
  self.left = self.left - count
  for first = 1, count, AT_ONCE do
    self:put(packed(values, first, math.min(first + AT_ONCE - 1, count)))
  end
end

-- Gives the file its name.
function Writer:close()
  assert(self.left == 0, "a WAV file must be as long as its header says")
  local flushed, reason = self.file:close()
  if not flushed then
    os.remove(self.path .. ".part")
    failure.say("%s can't be written (%s); free some space.", self.path, reason)
  end
  os.rename(self.path .. ".part", self.path)
end

-- Leaves no file.
function Writer:drop()
  self.file:close()
  os.remove(self.path .. ".part")
end

local READERS = {
  ["fmt "] = function(found, bytes)
    found.channels, found.rate = string.unpack("<I2I4", bytes, 3)
    found.block = string.unpack("<I2", bytes, 13)
  end,
  ["bext"] = function(found, bytes)
    if #bytes >= 346 then
      found.time_reference = string.unpack("<i8", bytes, 339)
    end
  end,
  ["ds64"] = function(found, bytes)
    found.long_size = string.unpack("<i8", bytes, 9)
  end,
}

-- Rate, channels, frames and, of a broadcast file, time_reference (frames since midnight); nil for no WAV file.
function wav.describe(path)
  local file = io.open(path, "rb")
  if not file then
    return nil
  end
  local found = wav.chunks(file)
  file:close()
  return found.block and found.size and {
    rate = found.rate,
    channels = found.channels,
    frames = found.size // found.block,
    time_reference = found.time_reference,
  } or nil
end

-- What the chunks of an open file say.
function wav.chunks(file)
  local head = file:read(12) or ""
  local magic = head:sub(1, 4)
  if (magic == "RIFF" or magic == "RF64") and head:sub(9) == "WAVE" then
    return wav.rest(file, {})
  end
  return {}
end

-- Chunk after chunk, to the sound.
function wav.rest(file, found)
  while true do
    local head = file:read(8)
    if not head or #head < 8 then
      return found
    end
    local name, size = head:sub(1, 4), string.unpack("<I4", head, 5)
    if name == "data" then
      found.size = size == 0xFFFFFFFF and found.long_size or size
      found.data_at = file:seek()
      size = found.size
    end
    local reader = READERS[name]
    if reader and size <= 65536 then
      reader(found, file:read(size) or "")
      file:seek("cur", size % 2)
    else
      file:seek("cur", size + size % 2)
    end
  end
end

return wav
