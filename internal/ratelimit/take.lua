-- Implements Counters.Take, with the algorithm of Budget.charge in ratelimit.go. It
-- uses the server's clock, so that the clocks of replicas do not matter.
--
-- KEYS: the Known mark and the Hold mark, if the attempt has them, then the buckets.
-- ARGV: "1" or "0" for whether the attempt has a Known mark, and a Hold mark. Then
-- for each bucket: burst, interval in microseconds, "1" if it is for strangers only,
-- else "0".
-- Returns what refuses for the longest time (-1: nothing, 0: the hold, n: bucket n),
-- for how many microseconds, and for how many the Known mark is still set.

local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])

local marks = 0
local function time_left(present)
  if present == '0' then
    return 0
  end
  marks = marks + 1
  return math.max(0, redis.call('PTTL', KEYS[marks])) * 1000
end
local known = time_left(ARGV[1])
local hold = time_left(ARGV[2])

local refused, longest = -1, 0
if hold > 0 and known == 0 then
  refused, longest = 0, hold
end

local charged = {}
for i = 1, #KEYS - marks do
  local every = tonumber(ARGV[3 * i + 1])
  local capacity = tonumber(ARGV[3 * i]) * every
  if ARGV[3 * i + 2] == '0' or known == 0 then
    local full_at = tonumber(redis.call('GET', KEYS[marks + i]) or now)
    full_at = math.min(math.max(full_at, now), now + capacity)
    charged[i] = full_at + every
    local wait = charged[i] - capacity - now
    if wait > longest then
      refused, longest = i, wait
    end
  end
end

if refused == -1 then
  for i, full_at in pairs(charged) do
    -- tostring would round it to 14 digits.
    redis.call('SET', KEYS[marks + i], string.format('%.0f', full_at), 'PX', math.ceil((full_at - now) / 1000))
  end
end
return {refused, longest, known}
