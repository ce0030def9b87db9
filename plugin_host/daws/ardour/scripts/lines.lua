-- Tables as files of lines "key=value", written whole or not at all; a key that comes again makes a list.

local lines = {}

local function escape (text)
	return (tostring (text):gsub ("\\", "\\\\"):gsub ("\n", "\\n"):gsub ("\r", ""))
end

local function unescape (text)
	return (text:gsub ("\\(.)", function (letter) return letter == "n" and "\n" or letter end))
end

-- Each key with the list of its values.
function lines.parse (text)
	local found = {}
	for line in text:gmatch ("[^\n]+") do
		local key, value = line:match ("^([%w_]+)=(.*)$")
		if key then
			found[key] = found[key] or {}
			table.insert (found[key], unescape (value))
		end
	end
	return found
end

-- Values are texts, numbers, or lists of them.
function lines.format (values)
	local text = {}
	for key, value in pairs (values) do
		for _, each in ipairs (type (value) == "table" and value or { value }) do
			text[#text + 1] = key .. "=" .. escape (each) .. "\n"
		end
	end
	return table.concat (text)
end

-- What a file says, and takes the file away; nil if there is none.
function lines.take (path)
	local file = io.open (path, "rb")
	if not file then return nil end
	local text = file:read ("a")
	file:close ()
	os.remove (path)
	return lines.parse (text)
end

function lines.put (path, values)
	local file = io.open (path .. ".part", "wb")
	if not file then return false end
	file:write (lines.format (values))
	file:close ()
	os.remove (path) -- elsewhere than on Linux nothing is renamed over a file
	return os.rename (path .. ".part", path) ~= nil
end

return lines
