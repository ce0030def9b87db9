-- Punch-In: listen. Runs in the background, until it is started again; then the panel and "punchin daw" reach REAPER.

local _, path, section, command = reaper.get_action_context()
package.path = path:match("^(.*[/\\])") .. "punchin/?.lua;" .. package.path

local job = require("job")
local listening = require("listening")
local run = require("run")

local END_WHEN_STARTED_AGAIN, SHOWN_AS_ON = 1, 4

local function show(state)
  reaper.SetToggleCommandState(section, command, state)
  reaper.RefreshToolbar2(section, command)
end

local function go_on(routine)
  local fine, problem = coroutine.resume(routine)
  if fine then
    reaper.defer(function() go_on(routine) end)
  else
    run.guarded(function() error(problem, 0) end)
  end
end

run.guarded(function()
  job.check_installed()
  if reaper.set_action_options then -- since REAPER 7.03; before that REAPER asks whether to end it
    reaper.set_action_options(END_WHEN_STARTED_AGAIN + SHOWN_AS_ON)
  end
  show(1)
  reaper.atexit(function()
    listening.leave()
    show(0)
  end)
  go_on(coroutine.create(listening.serve))
end)
