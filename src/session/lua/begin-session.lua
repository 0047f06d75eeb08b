-- A session begins, and the one that the same browser had before ends. KEYS: its name, the name of the other one (empty: none).
-- ARGV: how long it lives, in ms; the prefix of names; then its fields, each with its value.
local fields = {}
for n = 3, #ARGV, 2 do fields[ARGV[n]] = ARGV[n + 1] end
if KEYS[2] ~= '' then
  local old = redis.call('HMGET', KEYS[2], 'account', 'provider')
  if old[1] then redis.call('SREM', ARGV[2] .. 'account:' .. old[1], KEYS[2]) end
  if old[2] and old[2] ~= '' then redis.call('SREM', ARGV[2] .. 'provider:' .. old[2], KEYS[2]) end
  redis.call('DEL', KEYS[2])
end
redis.call('HSET', KEYS[1], unpack(ARGV, 3))
redis.call('PEXPIRE', KEYS[1], ARGV[1])
local sets = { ARGV[2] .. 'account:' .. fields.account }
if fields.provider ~= '' then sets[2] = ARGV[2] .. 'provider:' .. fields.provider end
for _, set in ipairs(sets) do
  redis.call('SADD', set, KEYS[1])
  redis.call('PEXPIRE', set, ARGV[1])
end
