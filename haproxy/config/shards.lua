-- Decides which shards get new rooms, and when this proxy may take users.
-- Installed by the deployment program from haproxy/config; edit it there.
--
-- HAProxy's own checks say what answers. This says what follows from it, in two steps each way, so that proxies which
-- notice a change seconds apart never place a room differently:
--   a shard that fails gets no new rooms first and is down later; its rooms stay reachable in between, through all proxies;
--   a shard that comes back is reachable first and gets new rooms later, when all proxies have seen it.
-- The answers reach HAProxy as agent checks ("up 100%", "up 0%", "down"). If this program fails, those checks fail too,
-- which HAProxy takes as "no change".

-- Set in haproxy.cfg: the folder with a file for each drained shard, the port of the runtime interface, and in seconds: how
-- long a shard must be well before it gets new rooms; how long it may lack bridges or Jicofo before it is down.
local drained_folder, admin_port = os.getenv("DRAINED_FOLDER"), tonumber(os.getenv("ADMIN_PORT"))
local settle, patience = tonumber(os.getenv("SETTLE")), tonumber(os.getenv("PATIENCE"))

local own_name = os.getenv("PROXY_NAME")
local started = nil   -- when the first look was taken
local shards = {}     -- by name: well_since, unable_since, seen, answer
local synced = false  -- the table of rooms is as good as it gets
local warm = false    -- every shard has been judged once
local ready = false   -- what the readiness probe is told

-- A server of a probe is well while at most its last check failed: one lost answer is no news.
local function well(server)
  local stats = server:get_stats()
  return stats.check_health >= stats.check_rise + stats.check_fall - 2
end

-- Whether the checks still hold a server for up; true also before the first check.
local function up(server)
  local stats = server:get_stats()
  return stats.check_health >= stats.check_rise
end

local function exists(path)
  local file = io.open(path)
  if file then file:close() end
  return file ~= nil
end

-- Whether some proxy that takes users does not know the shard yet, as while a new configuration spreads. Such a proxy
-- could not bring anybody to a room on it.
local function unknown_to_some(name)
  return core.backends["unaware-" .. name]:get_stats().act > 0
end

-- What the checks say about one shard, and since when.
local function look(name, now)
  local shard = shards[name] or {}
  shards[name] = shard
  shard.web = well(core.backends.shards.servers[name])
  shard.able = well(core.backends.bridges.servers[name])
  shard.unable_since = not shard.able and (shard.unable_since or now) or nil
  shard.closed = exists(drained_folder .. "/" .. name) or unknown_to_some(name)
  return shard
end

-- Bridges only count while they tell shards apart: when no shard has any, as on the first day, or when Jicofo cannot be
-- asked, all shards that answer are as good as each other.
local function judge(now)
  local bridges_count = false
  for name in pairs(core.backends.shards.servers) do
    local shard = look(name, now)
    bridges_count = bridges_count or shard.web and shard.able
  end
  for _, shard in pairs(shards) do
    shard.well = shard.web and (shard.able or not bridges_count)
    shard.well_since = shard.well and (shard.well_since or now) or nil
    shard.settled = shard.well and now - shard.well_since >= settle
  end
  return bridges_count
end

-- New rooms go to shards that have been well for a while; if there is none, to all that answer: a place that may fail is
-- better than none. Never to a drained one: an operator may be about to stop it.
local function open_shards()
  local open, any = {}, false
  for name, shard in pairs(shards) do
    open[name] = shard.settled and not shard.closed
    any = any or open[name]
  end
  for name, shard in pairs(shards) do
    open[name] = open[name] or not any and shard.web and not shard.closed
  end
  return open
end

-- A shard is taken down for want of bridges only if another has some, and not while bridges that are being retired still
-- carry its meetings: those go on where they are.
local function must_leave(name, shard, bridges_count, now)
  return bridges_count and shard.unable_since and now - shard.unable_since >= patience
    and not up(core.backends.retiring.servers[name])
end

local function answer(now)
  local bridges_count = judge(now)
  local open = open_shards()
  for name, shard in pairs(shards) do
    local new = "up 0%"
    if must_leave(name, shard, bridges_count, now) then
      new = "down #no operational bridge"
    elseif open[name] then
      new = "up 100%"
    end
    if shard.answer ~= new then
      core.log(core.notice, string.format("shard %s: %s (web and Prosody %s, bridges %s%s)", name, new,
        shard.web and "answer" or "fail", shard.able and "operational" or "missing", shard.closed and ", drained" or ""))
    end
    shard.answer = new
  end
end

-- How many other proxies take users.
local function others_ready()
  local count = 0
  for name, server in pairs(core.backends.proxies.servers) do
    if name ~= own_name and up(server) then count = count + 1 end
  end
  return count
end

-- The first line of "show peers": learning from a peer is over (0x1 and 0x2), and was complete (0x100 from the previous
-- process, 0x200 from another proxy). Source: HAProxy 2.6, include/haproxy/peers-t.h.
local function learn()
  local socket = core.tcp()
  socket:settimeout(2)
  if not socket:connect("127.0.0.1", admin_port) then return end
  socket:send("show peers proxies\n")
  local line = socket:receive("*l") or ""
  socket:close()
  local flags = tonumber(line:match("flags=0x(%x+)") or "0", 16)
  local complete, over = flags & 0x300 ~= 0, flags & 0x3 == 0x3
  if complete then
    synced = true
    core.log(core.notice, "the table of rooms is learned")
  elseif over and others_ready() == 0 then
    synced = true
    core.log(core.warning, "no other proxy takes users: beginning with an empty table of rooms")
  elseif over then
    core.log(core.alert, "other proxies take users but none has told its rooms: not ready")
  end
end

-- Whether each shard is known to be well or not well for as long as it takes to tell.
local function judged(now)
  for _, shard in pairs(shards) do
    if not shard.settled and (shard.well or now - started < settle) then return false end
  end
  return true
end

-- A proxy becomes ready when some shard takes new rooms, which is when HAProxy has asked and not yet when it could have. One
-- that once was ready leaves the load balancer only if it has lost every shard while others have not.
local function readiness(now)
  local serves = false
  for _, server in pairs(core.backends.shards.servers) do
    local stats = server:get_stats()
    serves = serves or stats.status:match("^UP") ~= nil and (ready or stats.weight > 0)
  end
  warm = warm or judged(now) or now - started >= 4 * settle
  ready = synced and warm and (serves or ready and others_ready() == 0)
end

-- Until its first answer a shard gets nothing: it may be drained.
core.register_init(function()
  for _, server in pairs(core.backends.shards.servers) do server:set_weight("0%") end
end)

core.register_task(function()
  while true do
    local now = core.now().sec
    started = started or now
    answer(now)
    if not synced then learn() end
    readiness(now)
    core.sleep(1)
  end
end)

core.register_service("shard", "tcp", function(applet)
  local name = applet:getline():gsub("%s", "")
  local shard = shards[name]
  applet:send((shard and shard.answer or "up 0%") .. "\n")
end)

core.register_fetches("ready", function() return ready end)
core.register_fetches("synced", function() return synced end)
