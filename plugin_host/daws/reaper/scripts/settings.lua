-- Punch-In: where takes go, what is named after them, how much is heard around, and which engine works.

local _, path = reaper.get_action_context()
package.path = path:match("^(.*[/\\])") .. "punchin/?.lua;" .. package.path

local run = require("run")
local settings = require("settings")

run.guarded(function()
  if settings.ask("Punch-In", settings.PREFERENCES) then
    require("engine").ask("Punch-In: engine")
  end
end)
