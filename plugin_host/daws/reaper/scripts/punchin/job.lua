-- One render, done by a process of Punch-In: a folder with a request going in and a status coming out.
--
-- plugin_host/daws/reaper/job.py is the process. It says every second that it lives.

local failure = require("failure")
local frames = require("frames")
local installed = require("installed")
local lines = require("lines")
local selection = require("selection")

local job = {}

local START_SECONDS = 60 -- a cold disk and a new engine; usually 2
local SILENT_SECONDS = 20
local LOOK_SECONDS = 0.1
local NOT_THERE = 'Punch-In is not there. Run "punchin daw install reaper" in a terminal, then start REAPER again.'

local Job = {}
Job.__index = Job

local function quoted(argument)
  if argument:find('"', 1, true) then
    failure.say("The path %s has a quotation mark in it; REAPER can't start that.", argument)
  end
  return '"' .. argument .. '"'
end

local function command_line(folder)
  local words = {}
  for _, word in ipairs(installed.command) do
    words[#words + 1] = quoted(word)
  end
  words[#words + 1] = quoted(folder)
  return table.concat(words, " ")
end

-- Fails, with what to do, where Punch-In is not installed or has been moved.
function job.check_installed()
  if not installed.command[1] or not reaper.file_exists(installed.command[1]) then
    failure.say(NOT_THERE)
  end
end

-- A new folder.
function job.create()
  job.check_installed()
  local folder = installed.spool .. "/jobs/" .. reaper.genGuid(""):gsub("[{}]", "")
  reaper.RecursiveCreateDirectory(folder, 0)
  return setmetatable({ folder = folder, seen = 0, looked = -math.huge, status = {} }, Job)
end

-- The file that an excerpt goes into.
function Job:excerpt_path(number)
  return string.format("%s/excerpt-%d.wav", self.folder, number)
end

local function excerpt_rows(number, excerpt)
  local target = excerpt.target
  local from = selection.span(target) + reaper.GetProjectTimeOffset(target.project, false)
  local prefix = "excerpt." .. number .. "."
  return {
    { prefix .. "path", excerpt.path },
    { prefix .. "start", target.start - excerpt.first },
    { prefix .. "frames", target.frames },
    { prefix .. "rate", target.rate },
    { prefix .. "time_reference", math.max(0, frames.nearest(from, target.rate)) },
  }
end

-- Starts it: what is asked for, and the excerpts {target, path, first}.
function Job:start(request, excerpts, media)
  local rows = { { "media", media }, { "excerpts", #excerpts } }
  for _, key in ipairs({ "prompt", "mode", "strength", "takes" }) do
    rows[#rows + 1] = { key, request[key] }
  end
  for number, excerpt in ipairs(excerpts) do
    table.move(excerpt_rows(number, excerpt), 1, 5, #rows + 1, rows)
  end
  local done, reason = lines.write(self.folder .. "/request.txt", rows)
  if not done then
    failure.say("%s can't be written (%s).", self.folder, reason)
  end
  if not reaper.ExecProcess(command_line(self.folder), -2) then
    failure.say(NOT_THERE)
  end
  self.heard = reaper.time_precise()
end

-- The newest status; fails when the process has not been heard of for long.
function Job:look()
  local now = reaper.time_precise()
  if now - self.looked < LOOK_SECONDS then
    return self.status
  end
  self.looked = now
  local status = lines.read(self.folder .. "/status.txt")
  if status and status.beat ~= self.status.beat then
    self.status, self.heard = status, now
  end
  local patience = self.status.beat and SILENT_SECONDS or START_SECONDS
  if now - self.heard > patience then
    failure.say("Punch-In has stopped without a word. %s/log.txt may say why; the takes that were done are in the take history.", self.folder)
  end
  return self.status
end

-- Asks it to stop; its status tells when it has.
function Job:cancel()
  lines.write(self.folder .. "/cancel", {})
end

-- How many takes are done, by a status.
function job.take_count(status)
  return math.tointeger(tonumber(status["take.count"] or 0))
end

-- The takes of a status from the one of that number on, in lists by excerpt.
function job.takes(status, excerpts, first)
  local lists = {}
  for number = 1, excerpts do
    lists[number] = {}
  end
  for number = first, job.take_count(status) do
    local prefix = "take." .. number .. "."
    local list = lists[math.tointeger(tonumber(status[prefix .. "excerpt"]))]
    list[#list + 1] = {
      path = status[prefix .. "path"],
      name = status[prefix .. "name"],
      note = status[prefix .. "note"],
    }
  end
  return lists
end

return job
