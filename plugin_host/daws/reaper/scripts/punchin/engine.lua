-- Which engine works: this machine's own, or one on another machine.
--
-- Its address and token lie in a file of Punch-In's own folder, which only its owner can read, and not among
-- REAPER's settings, which people pass on.

local installed = require("installed")
local lines = require("lines")
local settings = require("settings")
local failure = require("failure")

local engine = {}

local function path()
  return installed.spool .. "/engine.txt"
end

-- Fields of the dialog, with what is known.
local function fields(known)
  return {
    { "host", "Engine on another machine (empty: this one)", known.host or "", settings.text },
    { "port", "Its port", known.port or "9123", settings.whole(1, 65535) },
    { "token", "*Its token", known.token or "", settings.text },
  }
end

-- Asks for all three; false when the dialog was left.
function engine.ask(title)
  local form = fields(lines.read(path()) or {})
  local texts = { form[1][3], form[2][3], form[3][3] }
  local captions = form[1][2] .. "," .. form[2][2] .. "," .. form[3][2] .. ",extrawidth=160"
  local said, given = reaper.GetUserInputs(title, 3, captions, table.concat(texts, ","))
  if not said then
    return false
  end
  local host, port, token = given:match("^%s*([^,]-)%s*,%s*([^,]-)%s*,%s*(.-)%s*$")
  local values, problem = settings.read(form, { host or "", port or "", token or "" })
  if not values then
    failure.say("%s", problem)
  end
  local done, reason = lines.write(path(), { { "host", values.host }, { "port", values.port }, { "token", values.token } })
  if not done then
    failure.say("%s can't be written (%s).", path(), reason)
  end
  return true
end

return engine
