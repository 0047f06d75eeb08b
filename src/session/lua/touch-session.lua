-- A session is in use, and lives on; one that has ended meanwhile does not come back. KEYS: its name. ARGV: now, and until when
-- it lives unused, in ms since 1970.
local ends = redis.call('HGET', KEYS[1], 'endsAt')
if ends then
  local idle = ARGV[2]
  if tonumber(ends) < tonumber(idle) then idle = ends end
  redis.call('HSET', KEYS[1], 'seenAt', ARGV[1], 'idleUntil', idle)
end
