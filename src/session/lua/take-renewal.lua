-- The secret of a session that is to be renewed, for one caller in so many ms. KEYS: its name. ARGV: now, in ms since 1970, and
-- how many ms. Answers nothing when another has taken it, or there is none.
local of = redis.call('HMGET', KEYS[1], 'secret', 'renewedAt', 'idleUntil', 'endsAt')
if not of[1] or of[1] == '' then return false end
local now = tonumber(ARGV[1])
if now - tonumber(of[2]) <= tonumber(ARGV[2]) or now >= tonumber(of[3]) or now >= tonumber(of[4]) then return false end
redis.call('HSET', KEYS[1], 'renewedAt', ARGV[1])
return of[1]
