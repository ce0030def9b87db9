-- Seconds, which REAPER counts in, and frames, which sound is made of.
--
-- A frame's time is one division away from its number, so its error is that of one rounding: at 192 kHz and
-- 24 hours 0.0000015 frames. Times are never added up.

local frames = {}

-- The frame nearest to a time.
function frames.nearest(seconds, rate)
  return math.floor(seconds * rate + 0.5)
end

-- The time of a frame that counts from `anchor`, which is a time itself.
function frames.time(anchor, frame, rate)
  return anchor + frame / rate
end

-- A time as the nearest frame's.
function frames.snapped(seconds, rate)
  return frames.nearest(seconds, rate) / rate
end

return frames
