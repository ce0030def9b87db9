-- The documented names of values, with what they are in a new project.

local values = {}

values.item = {
  B_MUTE = 0, B_LOOPSRC = 1, B_UISEL = 0, C_LOCK = 0, C_BEATATTACHMODE = -1, D_VOL = 1, D_POSITION = 0,
  D_LENGTH = 0, D_SNAPOFFSET = 0, D_FADEINLEN = 0, D_FADEOUTLEN = 0, D_FADEINLEN_AUTO = -1,
  D_FADEOUTLEN_AUTO = -1, I_CURTAKE = 0, I_FIXEDLANE = 0,
}
values.take = {
  D_STARTOFFS = 0, D_VOL = 1, D_PAN = 0, D_PANLAW = -1, D_PLAYRATE = 1, D_PITCH = 0, B_PPITCH = 1, I_CHANMODE = 0,
}
values.track = { I_FREEMODE = 0, I_NUMFIXEDLANES = 1, I_FOLDERDEPTH = 0, I_NCHAN = 2, IP_TRACKNUMBER = 0, I_SELECTED = 0 }
values.read_only = { IP_TRACKNUMBER = true }

return values
