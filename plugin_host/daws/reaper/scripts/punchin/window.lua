-- A small window: what is going on, how far it is, and a button that cancels it.

local window = {}

local WIDTH, HEIGHT = 460, 92
local BUTTON = { x = 372, y = 54, w = 76, h = 26 }
local BAR = { x = 12, y = 58, w = 348, h = 18 }
local ESCAPE, CLOSED = 27, -1

local pressed = false

function window.open()
  gfx.init("Punch-In", WIDTH, HEIGHT, 0)
  gfx.setfont(1, "Arial", 16)
  pressed = false
end

local function over_button()
  return gfx.mouse_x >= BUTTON.x and gfx.mouse_x < BUTTON.x + BUTTON.w
    and gfx.mouse_y >= BUTTON.y and gfx.mouse_y < BUTTON.y + BUTTON.h
end

local function draw_bar(share)
  gfx.set(0.25, 0.25, 0.25)
  gfx.rect(BAR.x, BAR.y, BAR.w, BAR.h, true)
  gfx.set(0.2, 0.62, 0.56)
  gfx.rect(BAR.x, BAR.y, BAR.w * math.max(0, math.min(1, share)), BAR.h, true)
end

local function draw_button()
  gfx.set(0.35, 0.35, 0.35)
  gfx.rect(BUTTON.x, BUTTON.y, BUTTON.w, BUTTON.h, true)
  gfx.set(0.95, 0.95, 0.95)
  local width, height = gfx.measurestr("Cancel")
  gfx.x, gfx.y = BUTTON.x + (BUTTON.w - width) / 2, BUTTON.y + (BUTTON.h - height) / 2
  gfx.drawstr("Cancel")
end

-- Shows how things stand; true when the person wants it to end: the button, Escape, or the window was closed.
function window.show(text, share)
  gfx.set(0.12, 0.12, 0.12)
  gfx.rect(0, 0, WIDTH, HEIGHT, true)
  gfx.set(0.95, 0.95, 0.95)
  gfx.x, gfx.y = 12, 18
  gfx.drawstr(text, 0, WIDTH - 12, 46)
  draw_bar(share)
  draw_button()
  gfx.update()
  local key = gfx.getchar()
  local down = gfx.mouse_cap % 2 == 1
  local clicked = down and not pressed and over_button()
  pressed = down
  return clicked or key == ESCAPE or key == CLOSED
end

function window.close()
  gfx.quit()
end

return window
