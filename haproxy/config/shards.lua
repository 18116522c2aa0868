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
local shards = {}     -- what is known of each, by name: see look, judge and answer
local others = {}     -- what each other proxy that takes users says, by name: "up" or "down" by shard
local synced = false  -- the table of rooms is as good as it gets
local lost_all = nil  -- when this proxy last reached no shard at all
local warm = false    -- every shard has been judged once
local ready = false   -- what the readiness probe is told

-- What HAProxy knows of a server. It is not cheap: one look for each second.
local function stats_of(backend, name)
  return core.backends[backend].servers[name]:get_stats()
end

-- A server of a probe is well while at most its last check failed: one lost answer is no news. One in maintenance, as while its
-- name does not resolve, is not checked and has no such numbers.
local function well(stats)
  if not stats.check_health then return false end
  return stats.check_health >= stats.check_rise + stats.check_fall - 2
end

-- Whether the checks still hold a server for up; true also before the first check.
local function up(stats)
  return stats.check_health ~= nil and stats.check_health >= stats.check_rise
end

-- Whether HAProxy brings rooms of the table to a server; also while new ones are held back from it.
local function reachable(stats)
  return not (stats.status:match("^DOWN") or stats.status:match("^MAINT"))
end

-- Since when something holds; nil if it does not.
local function since(holds, before, now)
  return holds and (before or now) or nil
end

local function exists(path)
  local file = io.open(path)
  if file then file:close() end
  return file ~= nil
end

-- Whether some proxy that takes users says this of the shard; nil is that it does not know it.
local function some_say(name, word)
  for _, says in pairs(others) do
    if says[name] == word then return true end
  end
  return false
end

-- What the checks say about one shard, and since when. A shard that some proxy does not know yet, as while a new
-- configuration spreads, is closed: that proxy could not bring anybody to a room on it.
local function look(name, now)
  local shard = shards[name] or {}
  shards[name] = shard
  shard.stats = stats_of("shards", name)
  shard.web = well(shard.stats)
  shard.able = well(stats_of("bridges", name))
  -- Bridges that are being retired may still carry meetings.
  local carries = up(stats_of("retiring", name))
  shard.unable_since = since(not (shard.able or carries), shard.unable_since, now)
  shard.failing_since = since(not shard.web, shard.failing_since, now)
  shard.lost_since = since(not reachable(shard.stats), shard.lost_since, now)
  shard.closed = exists(drained_folder .. "/" .. name) or some_say(name, nil)
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
    shard.well_since = since(shard.well, shard.well_since, now)
    shard.settled = shard.well and now - shard.well_since >= settle
    -- Patience begins when another shard has bridges, not before: or the first to recover would take all others down.
    if not bridges_count then shard.unable_since = nil end
  end
end

-- New rooms go to shards that have been well for a while; if there is none, to all that answer: a place that may fail is
-- better than none. Never to a drained one: an operator may be about to stop it.
local function open_shards()
  local open, any = {}, false
  for name, shard in pairs(shards) do
    open[name] = shard.settled and not shard.closed
    any = any or open[name]
  end
  for _, fit in ipairs({ "well", "web" }) do
    if any then return open end
    for name, shard in pairs(shards) do
      open[name] = shard[fit] and not shard.closed
      any = any or open[name]
    end
  end
  return open
end

-- A shard is taken down for want of bridges only if another has some all the while, and not while bridges that are being
-- retired still carry its meetings: those go on where they are.
local function must_leave(shard, now)
  return shard.unable_since ~= nil and now - shard.unable_since >= patience
end

-- Proxies count failed checks by themselves, and a shard that fails for just about long enough would be down for one and not
-- for another: its rooms would be torn apart. So a proxy that itself was close to giving the shard up, a moment ago, follows
-- one that did. One that was not does not: the other may be cut off from the shard alone.
local close, moment = 4, 6 -- seconds: three of six failed checks, or so much less than the patience; three checks
local function doubt(shard, now)
  if shard.failing_since and now - shard.failing_since >= close
    or shard.unable_since and now - shard.unable_since >= patience - close then
    shard.doubted = now
  end
end

local function follows(name, shard, now)
  return shard.doubted ~= nil and now - shard.doubted <= moment and some_say(name, "down")
end

local function answer(now)
  judge(now)
  local open = open_shards()
  for name, shard in pairs(shards) do
    local leave = must_leave(shard, now)
    if not leave then doubt(shard, now) end
    shard.down = leave or not up(shard.stats)
    local new = "up 0%"
    if leave then
      new = "down #no operational bridge"
    elseif follows(name, shard, now) then
      new = "down #as other proxies see it"
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

-- A shard that is down must leave nothing in the table: a room that nobody asks for meanwhile would be sent back to it by
-- whichever proxy first sees it return.
local function forget(shard)
  ask("127.0.0.1", admin_port, "clear table shards data.server_id eq " .. shard.stats.sid .. "\n", 1)
end

-- A proxy that reaches no shard at all is itself what is cut off: it forgets nothing, also while it loses and finds one shard
-- after the other. Check phases differ by two seconds, and a shard needs four to be back.
local function forget_lost(now)
  local some = false
  for _, shard in pairs(shards) do some = some or not shard.lost_since end
  if not some then lost_all = now end
  if lost_all and now - lost_all < settle then return end
  for _, shard in pairs(shards) do
    if shard.lost_since and now - shard.lost_since >= 3 then forget(shard) end
  end
end

-- Whether another proxy takes users.
local function is_ready(name)
  return name ~= own_name and up(stats_of("proxies", name))
end

local function others_ready()
  for name in pairs(core.backends.proxies.servers) do
    if is_ready(name) then return true end
  end
  return false
end

-- The first line of "show peers": learning from a peer is over (0x1 and 0x2), and was complete (0x100 from the previous
-- process, 0x200 from another proxy). Source: HAProxy 2.6, include/haproxy/peers-t.h.
local function learn(now)
  local line = ask("127.0.0.1", admin_port, "show peers proxies\n", 1) or ""
  local flags = tonumber(line:match("flags=0x(%x+)") or "0", 16)
  local complete, over = flags & 0x300 ~= 0, flags & 0x3 == 0x3
  if complete then
    synced = true
    core.log(core.notice, "the table of rooms is learned")
  elseif over and not others_ready() and now - started >= settle then
    synced = true
    core.log(core.warning, "no other proxy takes users: beginning with an empty table of rooms")
  elseif over and others_ready() then
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

-- Whether a shard that another proxy brings users to cannot be reached from here.
local function cut_off()
  for name, shard in pairs(shards) do
    if shard.lost_since and some_say(name, "up") then return true end
  end
  return false
end

-- A proxy becomes ready when some shard takes new rooms, HAProxy has heard of all that do, and it reaches what others reach.
-- One that once was ready leaves the load balancer only if it has lost every shard while others have not.
local function readiness(now)
  local serves, told = false, true
  for _, shard in pairs(shards) do
    local weight = shard.stats.weight
    serves = serves or not shard.lost_since and (ready or weight > 0 or now - started >= 4 * settle)
    told = told and (weight > 0 or shard.answer ~= "up 100%")
  end
  warm = warm or told and judged(now) or now - started >= 4 * settle
  if ready then
    ready = serves or not others_ready()
  else
    ready = synced and warm and serves and not cut_off()
  end
end

-- Until its first answer a shard gets nothing: it may be drained.
core.register_init(function()
  for _, server in pairs(core.backends.shards.servers) do server:set_weight("0%") end
end)

every(1, "shards.lua", function()
  local now = core.now().sec
  started = started or now
  answer(now)
  forget_lost(now)
  if not synced then learn(now) end
  readiness(now)
end)

-- What another proxy says of each shard; nil if it does not say.
local function verdicts_of(server)
  local host, port = server:get_addr():match("^(.*):(%d+)$")
  local answer = host and ask(host, tonumber(port), "GET /verdicts HTTP/1.0\r\n\r\n", 1)
  local text = answer and answer:match("^HTTP/1.. 200.*\r\n\r\n(.*)$")
  if not text then return nil end
  local says = {}
  for name, word in text:gmatch("(%w+)=(%w+)") do says[name] = word end
  return says
end

every(1, "shards.lua", function()
  for name, server in pairs(core.backends.proxies.servers) do
    -- A proxy that does not answer this once says what it last said.
    others[name] = is_ready(name) and (verdicts_of(server) or others[name]) or nil
  end
end)

core.register_service("shard", "tcp", function(applet)
  local name = applet:getline():gsub("%s", "")
  local shard = shards[name]
  applet:send((shard and shard.answer or "up 0%") .. "\n")
end)

core.register_fetches("ready", function() return ready end)
core.register_fetches("synced", function() return synced end)

-- What this proxy tells others of each shard: its own view, not what it follows, or two would hold each other to it.
core.register_fetches("verdicts", function()
  local words = {}
  for name, shard in pairs(shards) do words[#words + 1] = name .. "=" .. (shard.down and "down" or "up") end
  return table.concat(words, " ")
end)
