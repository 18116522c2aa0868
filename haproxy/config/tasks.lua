-- What the other programs have in common. Loaded before them.
-- Installed by the deployment program from haproxy/config; edit it there.

-- Does something again and again, with so many seconds in between, also after it has failed: HAProxy would end a task for
-- good, and nobody would notice.
function every(seconds, program, step)
  core.register_task(function()
    while true do
      local done, problem = pcall(step)
      if not done then core.log(core.alert, program .. ": " .. tostring(problem)) end
      core.sleep(seconds)
    end
  end)
end

-- A question to this or another proxy, and the whole answer; nil if there is none.
function ask(host, port, question, timeout)
  local socket = core.tcp()
  socket:settimeout(timeout)
  local answer = nil
  if socket:connect(host, port) and socket:send(question) then answer = socket:receive("*a") end
  socket:close()
  return answer
end
