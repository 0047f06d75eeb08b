-- Sessions of a set end. KEYS: the set. ARGV: the prefix of names; only the one with this id (empty: all); all but the one with
-- this id (empty: none is spared); now, in ms since 1970. Answers how many living ones there were.
local ended = 0
for _, name in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  local of = redis.call('HMGET', name, 'id', 'account', 'provider', 'idleUntil', 'endsAt')
  if not of[1] then
    redis.call('SREM', KEYS[1], name)
  elseif (ARGV[2] == '' or of[1] == ARGV[2]) and of[1] ~= ARGV[3] then
    redis.call('SREM', ARGV[1] .. 'account:' .. of[2], name)
    if of[3] ~= '' then redis.call('SREM', ARGV[1] .. 'provider:' .. of[3], name) end
    redis.call('DEL', name)
    if tonumber(of[4]) > tonumber(ARGV[4]) and tonumber(of[5]) > tonumber(ARGV[4]) then ended = ended + 1 end
  end
end
return ended
