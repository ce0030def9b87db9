-- REAPER's turn: long work is done in slices, and REAPER goes on between them.

local turns = {}

local SLICE_SECONDS = 0.03

-- A function to be called often; it calls `give` whenever a slice of time is over.
function turns.slices(give)
  local since = reaper.time_precise()
  return function()
    if reaper.time_precise() - since > SLICE_SECONDS then
      give()
      since = reaper.time_precise()
    end
  end
end

return turns
