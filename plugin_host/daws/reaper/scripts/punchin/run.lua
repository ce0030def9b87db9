-- The line from what is selected to takes in place. REAPER goes on while it runs: after each small step it is
-- deferred.

local alone = require("alone")
local export = require("export")
local failure = require("failure")
local job = require("job")
local placement = require("placement")
local putting = require("putting")
local selection = require("selection")
local settings = require("settings")
local turns = require("turns")
local window = require("window")

local run = {}

local TITLE = "Punch-In"

local current -- the job that runs, for who ends the script

local function rest(text, share)
  local cancelled = window.show(text, share)
  coroutine.yield()
  return cancelled
end

-- REAPER's turn while sound is read; fails when it is to end.
local function slices(text)
  return turns.slices(function()
    if rest(text, 0) then
      failure.say("Cancelled; nothing was changed.")
    end
  end)
end

local function export_all(targets, handles, work)
  local excerpts = {}
  for number, target in ipairs(targets) do
    local text = string.format("reading %s (%d of %d)", target.name, number, #targets)
    local path = work:excerpt_path(number)
    local first = export.write(target, math.floor(handles * target.rate + 0.5), path, slices(text))
    excerpts[number] = { target = target, path = path, first = first }
  end
  return excerpts
end

-- Waits for the end, and puts takes as they are done; gives the last status.
local function watch(work, arrivals)
  local cancelled = false
  while true do
    local status = work:look()
    if status.state and status.state ~= "running" then
      return status
    end
    arrivals:look(status)
    local text = cancelled and "cancelling" or status.text or "starting"
    if rest(text, tonumber(status.share) or 0) and not cancelled then
      cancelled = true
      work:cancel()
    end
  end
end

-- Takes belong to the project they came from, which may not be the one in front by now.
local function wait_for_project(project)
  while reaper.EnumProjects(-1) ~= project do
    if not reaper.ValidatePtr(project, "ReaProject*") then
      failure.say("The project was closed; its takes are in its media folder and in the take history.")
    end
    if rest("done: go back to the project's tab, and the takes will be put there", 1) then
      failure.say("Cancelled; the takes are in the project's media folder and in the take history.")
    end
  end
end

local function said_of(status, placed)
  if placed == 0 then
    return status.text
  end
  return string.format("%s %s in place.", status.text, placement.so_many(placed) .. (placed == 1 and " is" or " are"))
end

-- What is not in place yet; then, where the job did not come to its end, why.
local function finish_putting(arrivals, status)
  if arrivals:waits(status) then
    wait_for_project(arrivals.targets[1].project)
    arrivals:put(status)
  end
  if status.state ~= "done" then
    failure.say("%s", said_of(status, arrivals.placed))
  end
end

local function notes(left_out, changed, notice)
  local said = {}
  if #left_out > 0 then
    said[#said + 1] = "Left out: " .. table.concat(left_out, ", ") .. "."
  end
  if changed then
    said[#said + 1] = string.format("'%s' was changed meanwhile; its takes are on a track of their own.", changed)
  end
  if notice and notice ~= "" then
    said[#said + 1] = notice
  end
  return table.concat(said, "\n")
end

local function line(targets, left_out, request, preferences)
  local work = job.create()
  current = work
  local excerpts = export_all(targets, preferences.handles, work)
  work:start(request, excerpts, reaper.GetProjectPathEx(targets[1].project, ""))
  local arrivals = putting.create(targets, request, preferences)
  local status = watch(work, arrivals)
  current = nil
  finish_putting(arrivals, status)
  return notes(left_out, arrivals.changed, status.notice)
end

local function finish(text)
  alone.say_done()
  window.close()
  if text ~= "" then
    reaper.MB(text, TITLE, 0)
  end
end

-- Goes on with a coroutine until it has ended, a step each time REAPER has a moment.
local function go_on(routine)
  alone.say_running()
  local fine, said = coroutine.resume(routine)
  if not fine then
    if current then
      current:cancel()
      current = nil
    end
    finish(failure.sentence(said))
  elseif coroutine.status(routine) == "dead" then
    finish(said)
  else
    reaper.defer(function() go_on(routine) end)
  end
end

-- When the script is ended from outside, so is its job.
local function leave()
  if current then
    current:cancel()
    alone.say_done()
  end
end

local function begin(ask)
  if alone.is_running() then
    failure.say("Punch-In is still at work; wait for it, or cancel it in its window.")
  end
  local project = reaper.EnumProjects(-1)
  local targets, left_out = selection.targets(project)
  job.check_installed()
  local request = ask(settings.REQUEST)
  if not request then
    return
  end
  local preferences = settings.last(settings.PREFERENCES)
  window.open()
  reaper.atexit(leave)
  go_on(coroutine.create(function() return line(targets, left_out, request, preferences) end))
end

-- Runs a function and says what it fails with.
function run.guarded(work)
  local done, problem = pcall(work)
  if not done then
    reaper.MB(failure.sentence(problem), TITLE, 0)
  end
end

-- Asks for prompt and so on, then goes to work.
function run.ask_and_start()
  run.guarded(function()
    begin(function(fields) return settings.ask(TITLE, fields) end)
  end)
end

-- Goes to work with what was asked for last.
function run.start_again()
  run.guarded(function() begin(settings.last) end)
end

return run
