-- Punch-In: new takes of the selected items, or of the selected tracks in the time selection.

local _, path = reaper.get_action_context()
package.path = path:match("^(.*[/\\])") .. "punchin/?.lua;" .. package.path

require("run").ask_and_start()
