-- Takes one from every budget, or from none: Counters.Take, with Budget.after of
-- counters.go, in the server. The server's clock counts, so that those of the
-- replicas do not matter.
--
-- KEYS: the mark known if there is one, the mark hold if there is one, the budgets.
-- ARGV: "1" or "0" for each of the marks; then burst, microseconds and "1" or "0"
-- (for strangers only) for each budget.
-- Answer: who refuses for the longest (-1 nobody, 0 hold, from 1 on a budget), for
-- how many microseconds, and for how many the mark known still lives.

local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])

local marks = 0
local function mark_left(present)
  if present == '0' then
    return 0
  end
  marks = marks + 1
  return math.max(0, redis.call('PTTL', KEYS[marks])) * 1000
end
local known = mark_left(ARGV[1])
local hold = mark_left(ARGV[2])

local refused, longest = -1, 0
if hold > 0 and known == 0 then
  refused, longest = 0, hold
end

local charged = {}
for i = 1, #KEYS - marks do
  local every = tonumber(ARGV[3 * i + 1])
  local whole = tonumber(ARGV[3 * i]) * every
  if ARGV[3 * i + 2] == '0' or known == 0 then
    local full_at = tonumber(redis.call('GET', KEYS[marks + i]) or now)
    full_at = math.min(math.max(full_at, now), now + whole)
    charged[i] = full_at + every
    local wait = charged[i] - whole - now
    if wait > longest then
      refused, longest = i, wait
    end
  end
end

if refused == -1 then
  for i, full_at in pairs(charged) do
    -- tostring would round to 14 digits.
    redis.call('SET', KEYS[marks + i], string.format('%.0f', full_at), 'PX', math.ceil((full_at - now) / 1000))
  end
end
return {refused, longest, known}
