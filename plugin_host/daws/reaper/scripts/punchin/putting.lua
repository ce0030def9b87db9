-- Takes of a run on their way to the timeline: each is put as soon as it is done.

local job = require("job")
local placement = require("placement")
local step = require("step")

local putting = {}

local Putting = {}
Putting.__index = Putting

-- For what a run has sent, in the order of its excerpts.
function putting.create(targets, request, preferences)
  return setmetatable({
    targets = targets, prompt = request.prompt, step = step.create(preferences.place, preferences.mark),
    seen = 0, placed = 0, holds = false,
  }, Putting)
end

function Putting:is_in_front()
  return reaper.EnumProjects(-1) == self.targets[1].project
end

-- Whether a status names takes that are not in place.
function Putting:waits(status)
  return job.take_count(status) > self.placed
end

-- Puts what is new in a status. Fails with what is in the way.
function Putting:put(status)
  local groups = {}
  for number, takes in ipairs(job.takes(status, #self.targets, self.placed + 1)) do
    if #takes > 0 then
      groups[#groups + 1] = { target = self.targets[number], takes = takes }
    end
  end
  local function title(count)
    return string.format("Punch-In: %s of %s", placement.so_many(count), self.prompt)
  end
  self.changed = self.step:add(groups, title) or self.changed
  self.placed = job.take_count(status)
end

-- The same while the run goes on: what can't be put then, or is of a project that is not in front, waits for its end.
function Putting:look(status)
  if self.holds or not self:waits(status) or not self:is_in_front() then
    return
  end
  if not pcall(self.put, self, status) then
    self.holds = true
  end
end

return putting
