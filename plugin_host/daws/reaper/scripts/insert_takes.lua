-- Punch-In: takes that are files already, put where they belong.

local _, path = reaper.get_action_context()
package.path = path:match("^(.*[/\\])") .. "punchin/?.lua;" .. package.path

local files = require("files")
local placement = require("placement")
local run = require("run")
local settings = require("settings")
local step = require("step")

local YES_NO, YES = 4, 6

local function chosen()
  local said, first = reaper.GetUserFileNameForRead("", "Punch-In: a take", ".wav")
  if not said then
    return {}
  end
  local others = files.next_to(first)
  local question = string.format("There are %d more takes of the same length numbered after it. Insert them, too?", #others)
  if #others > 0 and reaper.MB(question, "Punch-In", YES_NO) == YES then
    return { first, table.unpack(others) }
  end
  return { first }
end

run.guarded(function()
  local takes = {}
  for index, file in ipairs(chosen()) do
    takes[index] = files.take(file)
  end
  if #takes > 0 then
    local target = files.target(reaper.EnumProjects(-1), takes[1].path)
    local preferences = settings.last(settings.PREFERENCES)
    local new = step.create(preferences.place, preferences.mark)
    new:add({ { target = target, takes = takes } }, function(count)
      return string.format("Punch-In: insert %s", placement.so_many(count))
    end)
  end
end)
