-- Items, takes and tracks found again by their GUIDs: undo makes them anew, and who holds the old ones holds nothing.

local again = {}

local function is_there(project, pointer, kind)
  return pointer ~= nil and reaper.ValidatePtr2(project, pointer, kind)
end

local function guid_of_item(item)
  local _, guid = reaper.GetSetMediaItemInfo_String(item, "GUID", "", false)
  return guid
end

local function guid_of_take(take)
  local _, guid = reaper.GetSetMediaItemTakeInfo_String(take, "GUID", "", false)
  return guid
end

-- Notes by which names what a table holds as `track`, `item` and `take` will be found.
function again.note(holder, project)
  holder.names = {
    track = is_there(project, holder.track, "MediaTrack*") and reaper.GetTrackGUID(holder.track),
    item = is_there(project, holder.item, "MediaItem*") and guid_of_item(holder.item),
    take = is_there(project, holder.take, "MediaItem_Take*") and guid_of_take(holder.take),
  }
end

local function find_take(holder, item)
  for index = 0, reaper.GetMediaItemNumTakes(item) - 1 do
    local take = reaper.GetMediaItemTake(item, index)
    if take and guid_of_take(take) == holder.names.take then
      holder.take = take
    end
  end
end

local function find_item(holder, track)
  for index = 0, reaper.CountTrackMediaItems(track) - 1 do
    local item = reaper.GetTrackMediaItem(track, index)
    if guid_of_item(item) == holder.names.item then
      holder.item = item
      find_take(holder, item)
    end
  end
end

-- Puts what is there now into a table that was noted; what is gone is nil.
function again.find(holder, project)
  holder.track, holder.item, holder.take = nil, nil, nil
  for index = 0, reaper.CountTracks(project) - 1 do
    local track = reaper.GetTrack(project, index)
    if reaper.GetTrackGUID(track) == holder.names.track then
      holder.track = track
    end
    if holder.names.item then
      find_item(holder, track)
    end
  end
end

-- Does that where something that was noted is no more what it was.
function again.refresh(holder, project)
  local names = holder.names
  if (names.track and not is_there(project, holder.track, "MediaTrack*"))
    or (names.item and not is_there(project, holder.item, "MediaItem*"))
    or (names.take and not is_there(project, holder.take, "MediaItem_Take*")) then
    again.find(holder, project)
  end
end

return again
