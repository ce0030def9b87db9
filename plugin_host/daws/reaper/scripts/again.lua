-- Punch-In: new takes of what is selected, with the prompt and the settings of the last time.

local _, path = reaper.get_action_context()
package.path = path:match("^(.*[/\\])") .. "punchin/?.lua;" .. package.path

require("run").start_again()
