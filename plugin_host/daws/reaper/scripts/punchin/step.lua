-- The takes of one punch on the timeline, put as they are done, in one step to undo.
--
-- REAPER keeps no block of undo open while it goes on. So as long as our step is the newest, it is undone and done
-- again with what has come; once somebody has worked in the project, what comes is a step of its own.
local again = require("again")
local placement = require("placement")

local step = {}

local Step = {}
Step.__index = Step

-- Nothing is put yet. `place` and `mark` are words of the settings.
function step.create(place, mark)
  return setmetatable({ place = place, mark = mark, groups = {}, made = placement.nothing_made(), older = {} }, Step)
end

-- Groups {target, takes} of both lists, one for each target.
local function merged(before, new)
  local groups, by_target = {}, {}
  for _, list in ipairs({ before, new }) do
    for _, group in ipairs(list) do
      local known = by_target[group.target]
      if not known then
        known = { target = group.target, takes = {} }
        by_target[group.target] = known
        groups[#groups + 1] = known
      end
      table.move(group.takes, 1, #group.takes, #known.takes + 1, known.takes)
    end
  end
  return groups
end

function Step:is_newest(project)
  return self.title ~= nil and reaper.Undo_CanUndo2(project) == self.title
end

-- Takes the step back, and gives what was in it.
function Step:take_back(project)
  if not self:is_newest(project) or reaper.Undo_DoUndo2(project) == 0 then
    return {}
  end
  self.made = placement.nothing_made()
  for target, piece in pairs(self.older) do
    again.find(piece, project)
    self.made.pieces[target] = piece.item and piece
  end
  return self.groups
end

local function refresh(groups, project)
  for _, group in ipairs(groups) do
    if not group.target.names then
      again.note(group.target, project)
    end
    again.refresh(group.target, project)
  end
end

function Step:insert(groups, title)
  local changed = placement.insert(groups, self.place, self.mark, title, self.made)
  for _, piece in pairs(self.made.pieces) do
    again.note(piece, groups[1].target.project)
  end
  self.groups, self.title = groups, title
  return changed
end

-- Puts more takes, in groups {target, takes}; `title_of(count)` names the step. Fails without a trace. Gives the name of an
-- item that was changed meanwhile, so that its takes had to go to a track of their own.
function Step:add(groups, title_of)
  placement.check(groups)
  local project = groups[1].target.project
  local before = self:take_back(project)
  local title_before = self.title
  if #before == 0 then
    self.older = {} -- what has takes of this punch from steps before
    for target, piece in pairs(self.made.pieces) do
      self.older[target] = piece
    end
  end
  local all = merged(before, groups)
  refresh(all, project)
  local done, changed = pcall(self.insert, self, all, title_of(placement.count(all)))
  if done then
    return changed
  end
  if #before > 0 then
    refresh(before, project)
    self:insert(before, title_before)
  end
  error(changed, 0)
end

return step
