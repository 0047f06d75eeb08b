-- Another secret for a session that is there. KEYS: its name. ARGV: the secret.
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], 'secret', ARGV[1]) end
