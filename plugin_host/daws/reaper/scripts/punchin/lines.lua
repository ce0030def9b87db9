-- Messages between these scripts and Punch-In's processes: a file with one `key value` to a line.
--
-- A file appears whole (written beside, then renamed) and ends with the line `end`, so that a half-written one
-- on a network drive is none. plugin_host/daws/reaper/lines.py is the other side.

local lines = {}

local ESCAPES = { ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r" }
local MEANINGS = { ["\\"] = "\\", n = "\n", r = "\r" }

local function escaped(value)
  return (tostring(value):gsub("[\\\n\r]", ESCAPES))
end

local function plain(text)
  return (text:gsub("\\(.)", MEANINGS))
end

-- Text of a list of {key, value}.
function lines.encode(list)
  local rows = {}
  for _, row in ipairs(list) do
    rows[#rows + 1] = row[1] .. " " .. escaped(row[2])
  end
  rows[#rows + 1] = "end\n"
  return table.concat(rows, "\n")
end

-- Values by their keys, or nil for what is not whole.
function lines.decode(text)
  text = text:gsub("\r\n", "\n")
  if text:sub(-5) ~= "\nend\n" and text ~= "end\n" then
    return nil
  end
  local values = {}
  for key, value in text:gmatch("([%w_.]+) ([^\n]*)\n") do
    values[key] = plain(value)
  end
  return values
end

-- Puts a file in place, whole; nil and the system's words where that can't be done.
function lines.write(path, list)
  local part = path .. ".part"
  local file, reason = io.open(part, "wb")
  if not file then
    return nil, reason
  end
  local written, problem = file:write(lines.encode(list))
  file:close()
  if not written then
    os.remove(part)
    return nil, problem
  end
  return lines.move(part, path)
end

-- Renames; Windows does so only when nothing has the name.
function lines.move(from, to)
  if os.rename(from, to) then
    return true
  end
  os.remove(to)
  return os.rename(from, to)
end

-- What a file says, or nil while there is none.
function lines.read(path)
  local file = io.open(path, "rb")
  if not file then
    return nil
  end
  local text = file:read("a")
  file:close()
  return text and lines.decode(text)
end

return lines
