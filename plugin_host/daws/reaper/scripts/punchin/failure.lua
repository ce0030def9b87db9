-- What a person can act on is raised as a table with a sentence; whatever else is raised is a defect.

local failure = {}

-- Ends what goes on with a sentence for the person.
function failure.say(format, ...)
  error({ sentence = select("#", ...) > 0 and string.format(format, ...) or format }, 0)
end

-- The sentence of whatever was raised.
function failure.sentence(raised)
  if type(raised) == "table" and raised.sentence then
    return raised.sentence
  end
  return "This is a defect of Punch-In; nothing was changed. " .. tostring(raised)
end

return failure
