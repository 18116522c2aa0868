-- Makes a renewed certificate take effect in the running proxy, so that no connection is cut for it.
-- Installed by the deployment program from haproxy/config; edit it there.

-- Set in haproxy.cfg: the certificate's file as HAProxy was started with it, and the port of the runtime interface.
local file, admin_port = os.getenv("CERTIFICATE"), tonumber(os.getenv("ADMIN_PORT"))
local interval = 30 -- seconds; Kubernetes itself takes up to two minutes to update a mounted secret

-- The certificate's file and, where its key is not in the same file, the one beside it with the extension "key".
local files = { file }
if file:match("%.crt$") then files[2] = (file:gsub("%.crt$", ".key")) end

local function read()
  local text = ""
  for _, path in ipairs(files) do
    local handle = io.open(path)
    if handle then
      text = text .. handle:read("a") .. "\n"
      handle:close()
    end
  end
  -- An empty line would end the text on the runtime interface.
  return (text:gsub("\r", ""):gsub("\n+", "\n"))
end

local function tell(command)
  return ask("127.0.0.1", admin_port, command .. "\n", 5) or "the runtime interface does not answer"
end

-- A certificate that HAProxy refuses, or whose two files were read half old and half new, changes nothing; it is tried again.
local function replace(text)
  local answer = tell("set ssl cert " .. file .. " <<\n" .. text)
  if not answer:match("Transaction") then return false, answer end
  answer = tell("commit ssl cert " .. file)
  if answer:match("Success") then return true end
  tell("abort ssl cert " .. file)
  return false, answer
end

local used = read()

local function look()
  local found = read()
  if found == used then return end
  local done, problem = replace(found)
  if done then
    used = found
    core.log(core.notice, "the certificate of " .. file .. " is renewed")
  else
    core.log(core.alert, "the new certificate of " .. file .. " is refused: " .. problem:gsub("%s+", " "))
  end
end

every(interval, "certificate.lua", look)
