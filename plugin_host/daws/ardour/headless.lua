-- Ardour's engine without a window, for headless.py: a session with one stereo track on the dummy backend, whose inputs
-- give noise. Chunks of Lua come in, each ended by a line with a dot; "answer ..." or "error ..." goes out for each.
local folder, blocks = os.getenv ("PUNCHIN_SESSION"), tonumber (os.getenv ("PUNCHIN_BLOCK"))
local backend = AudioEngine:set_backend ("None (Dummy)", "", "")
backend:set_device_name ("Uniform White Noise")
backend:set_sample_rate (48000)
backend:set_buffer_size (blocks)

Session = create_session (folder, "session", 48000)
Route = Session:new_audio_track (
    2, 2, nil, 1, "track", ARDOUR.PresentationInfo.max_order, ARDOUR.TrackMode.Normal, true):front ()
for channel = 1, 2 do
    Route:input ():audio (channel - 1):connect ("system:capture_" .. channel)
    Route:output ():audio (channel - 1):connect ("Master/audio_in " .. channel)
end

function roll (from)
    Session:request_locate (
        from, false, ARDOUR.LocateTransportDisposition.MustRoll, ARDOUR.TransportRequestSource.TRS_UI)
end

function stop ()
    Session:request_stop (false, false, ARDOUR.TransportRequestSource.TRS_UI)
end

local function told (text)
    local chunk, problem = load (text)
    if not chunk then return "error " .. problem end
    local worked, value = pcall (chunk)
    return (worked and "answer " or "error ") .. tostring (value)
end

local lines = {}
for line in io.lines () do
    if line == "." then
        io.write (told (table.concat (lines, "\n")), "\n")
        io.flush ()
        lines = {}
    else
        lines[#lines + 1] = line
    end
end
close_session ()
quit ()
