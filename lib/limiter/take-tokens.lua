-- Takes tokens from a bucket by the generic cell rate algorithm, on Redis' own clock: the clocks of those who ask do not
-- count. The state of a bucket is when it is full again, in microseconds; a full bucket has no key.
--
-- KEYS[1]  the bucket
-- ARGV     how long it fills from empty to full; how long a token takes; how many are wanted: microseconds, and tokens
-- answers  1 when they were taken, else 0; whole tokens left; until it is full, or has what is wanted, in microseconds
local period, token, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
-- Counted from 2026: a number holds fractions of a microsecond then.
local now = (tonumber(time[1]) - 1767225600) * 1000000 + tonumber(time[2])
local state = tonumber(redis.call('GET', KEYS[1]) or now)
-- A clock that was set back must not close a bucket for longer than it takes to fill.
local before = math.min(math.max(state, now), now + period)
local after = before + cost * token
local missing = after - now - period
-- For the last bit of a sum of fractions nobody is refused.
local allowed = missing <= 0.01

local function left(full_at)
  return math.max(0, math.floor((now + period - full_at + 0.01) / token))
end

if not allowed then
  return { 0, left(before), math.ceil(missing) }
end
redis.call('SET', KEYS[1], string.format('%.17g', after), 'PX', math.ceil((after - now) / 1000))
return { 1, left(after), math.ceil(after - now) }
