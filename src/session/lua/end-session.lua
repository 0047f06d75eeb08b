-- A session ends. KEYS: its name. ARGV: the prefix of names.
local of = redis.call('HMGET', KEYS[1], 'account', 'provider')
if of[1] then redis.call('SREM', ARGV[1] .. 'account:' .. of[1], KEYS[1]) end
if of[2] and of[2] ~= '' then redis.call('SREM', ARGV[1] .. 'provider:' .. of[2], KEYS[1]) end
redis.call('DEL', KEYS[1])
