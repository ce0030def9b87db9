-- TouchOSC's side of a layout: controls, a script of its own for each, and what is sent, a line for each argument.
-- The first argument is the layout as calls of control(), the second what happens to it. Signatures are those of TouchOSC's manual.

local names, controls = {}, {}

function control(name, tag, values, script)
  names[#names + 1] = name
  controls[name] = { name = name, tag = tag, values = values, script = script }
end

dofile(arg[1])

local layout = controls[names[1]]
layout.children = controls

local function sendOSC(message)
  io.write('send\t', message[1], '\n')
  for _, argument in ipairs(message[2]) do
    assert(next(argument) and argument.tag and argument.value ~= nil)
    io.write('argument\t', argument.tag, '\t', tostring(argument.value), '\n')
  end
end

local function getTime() return { 10, 11, 37, 893 } end

for _, name in ipairs(names) do
  local own = controls[name]
  own.notify = function(self, key, value) self.context.onReceiveNotify(key, value) end
  own.context = setmetatable(
    { self = own, root = layout, sendOSC = sendOSC, getTime = getTime },
    { __index = { table = table, string = string, math = math, ipairs = ipairs, tonumber = tonumber, unpack = table.unpack } }
  )
  assert(load(own.script, name, 't', own.context))()
end

function press(name)
  for _, x in ipairs({ 1, 0 }) do
    controls[name].values.x = x
    controls[name].context.onValueChanged('x')
  end
end

function arrives(path, ...)
  local arguments = {}
  for number, pair in ipairs({ ... }) do arguments[number] = { tag = pair[1], value = pair[2] } end
  return layout.context.onReceiveOSC({ path, arguments }, {})
end

function set(name, words) controls[name].values.text = words end

function says(name) io.write('says\t', name, '\t', tostring(controls[name].values.text or controls[name].values.x), '\n') end

dofile(arg[2])
