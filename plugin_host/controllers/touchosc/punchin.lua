-- The script of the whole layout: what buttons are for, and what becomes of the engine's answers.
-- TouchOSC runs it in Lua 5.1. Controls are found by their names in layout.py.

local job = ''

local function text(name)
  return self.children[name].values.text
end

local function show(name, words)
  self.children[name].values.text = words
end

-- Between 0 and 1 on the screen.
local function fader(name, low, high)
  return low + (high - low) * self.children[name].values.x
end

local function send(path, arguments)
  if text('token') ~= '' then
    table.insert(arguments, { tag = 's', value = 'token' })
    table.insert(arguments, { tag = 's', value = text('token') })
  end
  sendOSC({ path, arguments })
end

-- The region of the recording, or a new sound where none is named. Floats are seconds.
local function source()
  local start, length = tonumber(text('start')), fader('length', 0.2, 10)
  if text('recording') == '' then
    return { { 'seconds', 'f', length } }
  end
  return {
    { 'path', 's', text('recording') },
    { 'start', 'f', start },
    { 'end', 'f', start + length },
    { 'strength', 'f', fader('strength', 0, 1) },
  }
end

local function render()
  job = 'touch-' .. table.concat(getTime(), '-')
  local keys = source()
  table.insert(keys, { 'prompt', 's', text('prompt') })
  table.insert(keys, { 'takes', 'i', math.floor(self.children.takes.values.x + 0.5) + 1 })
  table.insert(keys, { 'chunks', 'i', 0 }) -- takes stay with the engine: no sound comes over the air
  local arguments = { { tag = 's', value = job } }
  for _, key in ipairs(keys) do
    table.insert(arguments, { tag = 's', value = key[1] })
    table.insert(arguments, { tag = key[2], value = key[3] })
  end
  show('take', '')
  send('/punchin/render', arguments)
end

local pressed = {
  render = render,
  cancel = function() send('/punchin/cancel', { { tag = 's', value = job } }) end,
  status = function() send('/punchin/status', {}) end,
  prompt = function(words) show('prompt', words) end,
  step = function(seconds)
    show('start', string.format('%.2f', math.max(0, tonumber(text('start')) + tonumber(seconds))))
  end,
}

function onReceiveNotify(key, value)
  pressed[key](value)
end

local function progress(stage, step, total, left)
  local words = stage
  if total > 0 then words = string.format('%s %d of %d', words, step, total) end
  if left >= 0 then words = string.format('%s, %.0f s left', words, left) end
  show('progress', words)
  self.children.meter.values.x = total > 0 and step / total or 0
end

-- What the engine answers, and what other programs may set: the part after /controller/ is a control's name.
local heard = {
  ['/punchin/queued'] = function(_, position)
    show('progress', position > 0 and string.format('waiting behind %d', position) or 'waiting')
  end,
  ['/punchin/progress'] = function(_, ...) progress(...) end,
  ['/punchin/notice'] = function(_, sentence) show('take', sentence) end,
  ['/punchin/take'] = function(_, _, path) show('take', path) end,
  ['/punchin/done'] = function(_, takes) progress(string.format('done: %d', takes), 0, 0, -1) end,
  ['/punchin/failed'] = function(_, _, sentence) progress(sentence, 0, 0, -1) end,
  ['/punchin/cancelled'] = function() progress('cancelled', 0, 0, -1) end,
  ['/punchin/status/reply'] = function(version, _, model, device, worker)
    show('take', string.format('engine %s, %s on %s: %s', version, model, device, worker))
  end,
  ['/controller/recording'] = function(path) show('recording', path) end,
  ['/controller/start'] = function(seconds) show('start', string.format('%.2f', seconds)) end,
  ['/controller/prompt'] = function(words) show('prompt', words) end,
}

function onReceiveOSC(message)
  local answer = heard[message[1]]
  if answer == nil then return false end
  local values = {}
  for number, argument in ipairs(message[2]) do values[number] = argument.value end
  answer((table.unpack or unpack)(values))
  return true
end
