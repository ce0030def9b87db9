-- What is asked for: two dialogs that remember what was said last.

local failure = require("failure")

local settings = {}

local SECTION = "Punch-In"
local MODES = { "transfer", "inpaint", "generate" }
local PLACES = { "auto", "take", "lane", "track" }
local MARKS = { "no", "marker", "region" }

local function text(value)
  return value
end

local function number(least, most)
  return function(value)
    local read = tonumber((value:gsub(",", ".")))
    if read and read >= least and read <= most then
      return read
    end
    return nil, string.format("a number from %g to %g", least, most)
  end
end

local function whole(least, most)
  local any = number(least, most)
  return function(value)
    local read = any(value)
    if read and read == math.floor(read) then
      return math.floor(read)
    end
    return nil, string.format("a whole number from %d to %d", least, most)
  end
end

-- One of some words, or the beginning of one.
local function word(words)
  return function(value)
    for _, known in ipairs(words) do
      if value ~= "" and known:sub(1, #value) == value:lower() then
        return known
      end
    end
    return nil, "one of " .. table.concat(words, ", ")
  end
end

local function prompt(value)
  if value:match("%S") then
    return value
  end
  return nil, "what it should sound like"
end

-- Fields of each dialog: key, caption, value at first, how it is read. The prompt is the first.
settings.REQUEST = {
  { "prompt", "Prompt", "", prompt },
  { "mode", "Mode (transfer/inpaint/generate)", "transfer", word(MODES) },
  { "strength", "Strength (0-1, transfer)", "0.6", number(0, 1) },
  { "takes", "Takes (1-16)", "4", whole(1, 16) },
}
settings.PREFERENCES = {
  { "place", "Takes go to (auto/take/lane/track)", "auto", word(PLACES) },
  { "mark", "Name a marker or region (no/marker/region)", "no", word(MARKS) },
  { "handles", "Context on each side, seconds", "5", number(0, 30) },
}

-- The remembered text of a field.
local function remembered(field)
  local value = reaper.GetExtState(SECTION, field[1])
  return value ~= "" and value or field[3]
end

-- Texts of the fields from what the dialog gave. REAPER before 6 knows no separator but the comma, which
-- prompts have, too: whatever is too much belongs to the first field.
local function split(given, count)
  local separator = given:find("\n", 1, true) and "\n" or ","
  local texts = {}
  for piece in (given .. separator):gmatch("(.-)" .. separator) do
    texts[#texts + 1] = piece
  end
  local spare = #texts - count
  if spare > 0 then
    texts[1] = table.concat(texts, separator, 1, spare + 1)
    for index = 2, count do
      texts[index] = texts[index + spare]
    end
  end
  return texts
end

local function captions(fields)
  local list = {}
  for _, field in ipairs(fields) do
    list[#list + 1] = field[2]
  end
  return table.concat(list, ",") .. ",extrawidth=220,separator=\n"
end

-- The values of texts, or nil and which field is wrong, and how.
function settings.read(fields, texts)
  local values = {}
  for index, field in ipairs(fields) do
    local value, wanted = field[4](texts[index] or "")
    if value == nil then
      return nil, string.format("%s: give %s.", field[2], wanted)
    end
    values[field[1]] = value
  end
  return values
end

-- What was said last, without asking; fails where nothing was.
function settings.last(fields)
  local texts = {}
  for index, field in ipairs(fields) do
    texts[index] = remembered(field)
  end
  local values, problem = settings.read(fields, texts)
  if not values then
    failure.say("%s", problem)
  end
  return values
end

local function remember(fields, values)
  for _, field in ipairs(fields) do
    reaper.SetExtState(SECTION, field[1], tostring(values[field[1]]), true)
  end
end

-- Asks until everything can be understood; nil when the dialog was left.
function settings.ask(title, fields)
  local texts = {}
  for index, field in ipairs(fields) do
    texts[index] = remembered(field)
  end
  while true do
    local said, given = reaper.GetUserInputs(title, #fields, captions(fields), table.concat(texts, "\n"))
    if not said then
      return nil
    end
    texts = split(given, #fields)
    local values, problem = settings.read(fields, texts)
    if values then
      remember(fields, values)
      return values
    end
    reaper.MB(problem, title, 0)
  end
end

settings.text = text
settings.whole = whole

return settings
