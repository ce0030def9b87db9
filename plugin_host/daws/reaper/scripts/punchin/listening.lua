-- Answers what Punch-In asks of REAPER from outside (`punchin daw punch reaper`, the panel): what is selected, its
-- sound, takes to be inserted, something to be told.
--
-- A call is a file in the spool folder, and so is its answer; plugin_host/daws/reaper/spool.py is the other side.

local export = require("export")
local failure = require("failure")
local frames = require("frames")
local installed = require("installed")
local lines = require("lines")
local placement = require("placement")
local selection = require("selection")
local step = require("step")
local settings = require("settings")
local turns = require("turns")

local listening = {}

local LOOK_SECONDS, BEAT_SECONDS = 0.1, 1
local REMEMBERED = 32 -- selections whose takes may still come

local targets, newest = {}, 0
local punch = {} -- the last that takes were inserted for: its id, and its step

local function remember(target)
  newest = newest + 1
  targets[newest] = target
  targets[newest - REMEMBERED] = nil
  return newest
end

local function recall(key)
  return targets[math.tointeger(tonumber(key) or -1) or -1]
end

local function whole(call, key)
  local value = math.tointeger(tonumber(call[key]))
  if not value then
    failure.say("The call %s lacks %s.", call.verb, key)
  end
  return value
end

local verbs = {}

function verbs.selections()
  local found = selection.targets(reaper.EnumProjects(-1))
  if #found > REMEMBERED then
    failure.say("%d things are selected; select %d at most, or use the action in REAPER.", #found, REMEMBERED)
  end
  local rows = { { "count", #found } }
  for number, target in ipairs(found) do
    local prefix = "selection." .. number .. "."
    rows[#rows + 1] = { prefix .. "key", remember(target) }
    rows[#rows + 1] = { prefix .. "rate", target.rate }
    rows[#rows + 1] = { prefix .. "start", frames.nearest(selection.span(target), target.rate) }
    rows[#rows + 1] = { prefix .. "frames", target.frames }
    rows[#rows + 1] = { prefix .. "track", selection.track_name(target.track) }
  end
  return rows
end

function verbs.export(call, rest)
  local target = recall(call.key)
  if not target then
    failure.say("REAPER has forgotten that selection; select it again.")
  end
  local first = export.write(target, whole(call, "handles"), call.path, rest)
  return { { "before", target.start - first } }
end

function verbs.media()
  return { { "media", reaper.GetProjectPathEx(reaper.EnumProjects(-1), "") } }
end

-- A region that was never selected here: below the selected track, or the last one.
local function region(call, prefix)
  local project = reaper.EnumProjects(-1)
  local track = reaper.GetSelectedTrack(project, 0) or reaper.GetTrack(project, reaper.CountTracks(project) - 1)
  if not track then
    failure.say("The project has no track for the takes; make one.")
  end
  local target = { project = project, track = track, anchor = 0, name = "the region" }
  for _, key in ipairs({ "rate", "start", "frames" }) do
    target[key] = whole(call, prefix .. key)
  end
  return target
end

-- The targets of a call's regions, each with its takes.
local function groups_of(call)
  local groups = {}
  for number = 1, whole(call, "regions") do
    local prefix = "region." .. number .. "."
    groups[number] = { target = recall(call[prefix .. "key"]) or region(call, prefix), takes = {} }
  end
  for number = 1, whole(call, "takes") do
    local prefix = "take." .. number .. "."
    local group = groups[whole(call, prefix .. "region")]
    group.takes[#group.takes + 1] = { path = call[prefix .. "path"], name = call[prefix .. "name"], note = "" }
  end
  return groups
end

function verbs.insert(call)
  local groups = groups_of(call)
  for _, group in ipairs(groups) do
    if reaper.EnumProjects(-1) ~= group.target.project then
      failure.say("Another project is in front in REAPER; go back to the one of the selection.")
    end
  end
  if punch.id ~= call.punch then
    punch = { id = call.punch, step = step.create(call.place, settings.last(settings.PREFERENCES).mark) }
  end
  punch.step:add(groups, function(count) return string.format("Punch-In: insert %s", placement.so_many(count)) end)
  return {}
end

local function answer_of(call, rest)
  local verb = verbs[call.verb]
  local done, said = pcall(function()
    if not verb then
      failure.say("REAPER's scripts don't know the call %s; install them again.", tostring(call.verb))
    end
    return verb(call, rest)
  end)
  local answer = { { "id", call.id or "" }, { "sentence", done and "" or failure.sentence(said) } }
  for _, row in ipairs(done and said or {}) do
    answer[#answer + 1] = row
  end
  return answer
end

-- The call that waits, taken away so that it is answered once.
local function next_call()
  local path = installed.spool .. "/call.txt"
  local call = lines.read(path)
  if call then
    os.remove(path)
  end
  return call
end

-- Shows what is to be told, in the help line below the tracks; who tells does not wait.
local function tell()
  local path = installed.spool .. "/tell.txt"
  local said = lines.read(path)
  if said then
    os.remove(path)
    local text = said.text or ""
    reaper.Help_Set(text:match("^Punch%-In") and text or "Punch-In: " .. text, true)
  end
end

-- A function to be called often, which says every second that somebody listens.
local function beats()
  local said, beat = -math.huge, 0
  return function()
    if reaper.time_precise() - said >= BEAT_SECONDS then
      said, beat = reaper.time_precise(), beat + 1
      lines.write(installed.spool .. "/listening.txt", { { "beat", beat } })
    end
  end
end

-- Waits for calls and answers them, one after the other; never ends. Yields when REAPER is to have its turn.
function listening.serve()
  local beat, looked = beats(), -math.huge
  local function give()
    beat()
    coroutine.yield()
  end
  while true do
    if reaper.time_precise() - looked >= LOOK_SECONDS then
      looked = reaper.time_precise()
      tell()
      local call = next_call()
      if call then
        lines.write(installed.spool .. "/answer.txt", answer_of(call, turns.slices(give)))
      end
    end
    give()
  end
end

-- Says that nobody listens any more.
function listening.leave()
  os.remove(installed.spool .. "/listening.txt")
end

return listening
