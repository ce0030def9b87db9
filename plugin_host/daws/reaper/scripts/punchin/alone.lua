-- One run at a time: whoever runs says so again and again, and is believed for a moment.

local alone = {}

local SECTION, KEY = "Punch-In", "running"
local BELIEVED_SECONDS = 3

function alone.is_running()
  local last = tonumber(reaper.GetExtState(SECTION, KEY))
  return last ~= nil and reaper.time_precise() - last < BELIEVED_SECONDS and reaper.time_precise() >= last
end

function alone.say_running()
  reaper.SetExtState(SECTION, KEY, string.format("%.3f", reaper.time_precise()), false)
end

function alone.say_done()
  reaper.DeleteExtState(SECTION, KEY, false)
end

return alone
