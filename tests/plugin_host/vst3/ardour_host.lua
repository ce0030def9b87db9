-- Run by test_hosts.py in Ardour's headless engine: the LV2 on a track, rolled from two places. The last line is answered
-- before the session closes, for as long as the file named by PUNCHIN_DONE is not there.
local backend = AudioEngine:set_backend("None (Dummy)", "", "")
backend:set_sample_rate(48000)
local folder = os.getenv("PUNCHIN_SESSION")
local session = create_session(folder, "session", 48000)
local track = session:new_audio_track(2, 2, nil, 1, "t", ARDOUR.PresentationInfo.max_order, ARDOUR.TrackMode.Normal, true):front()
local plugin = ARDOUR.LuaAPI.new_plugin(session, "urn:punch-in:plugin:stereo", ARDOUR.PluginType.LV2, "")
if plugin:isnil() then
    print("no plugin")
    quit()
end
track:add_processor_by_index(plugin, 0, nil, true)
for _, place in ipairs({48000, 24001}) do
    session:request_locate(place, false, ARDOUR.LocateTransportDisposition.MustRoll, ARDOUR.TransportRequestSource.TRS_UI)
    sleep(2)
end
session:request_stop(false, false, ARDOUR.TransportRequestSource.TRS_UI)
sleep(1)
print("rolled")
io.stdout:flush()
local done = nil
for _ = 1, 60 do
    done = io.open(os.getenv("PUNCHIN_DONE"))
    if done then break end
    sleep(1)
end
close_session()
quit()
