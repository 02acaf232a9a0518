import { keepInIndex, now } from '../redis-index.js';
import { redisScript } from '../redis-script.js';

/*
 * A family is a hash: v (the version of this layout), user, hash (of the token that is valid now), n (how often it was
 * used), at, ends. A user's families are in a sorted set by their end, in the same hash slot.
 */

/** KEYS: family, index. ARGV: family id, user, hash, idle, lifetime, most per user, what keys of families begin with. */
export const beginFamily = redisScript(`${now}
local id, idle, lifetime = ARGV[1], tonumber(ARGV[4]), tonumber(ARGV[5])
redis.call('HSET', KEYS[1], 'v', '1', 'user', ARGV[2], 'hash', ARGV[3], 'n', '0', 'at', now, 'ends', now + lifetime)
redis.call('PEXPIRE', KEYS[1], math.min(idle, lifetime))
${keepInIndex({ keysBeginWith: 'ARGV[7]', most: 'ARGV[6]' })}
return 1
`);

/** KEYS: family, index. ARGV: family id, hash that is shown, hash that comes next, idle. */
export const useFamily = redisScript(`${now}
local found = redis.call('HMGET', KEYS[1], 'v', 'user', 'hash', 'ends')
local ends = tonumber(found[4])
if found[1] ~= '1' or not ends then return {'unknown'} end
if ends <= now or found[3] ~= ARGV[2] then
  redis.call('DEL', KEYS[1])
  redis.call('ZREM', KEYS[2], ARGV[1])
  if ends <= now then return {'unknown'} end
  return {'reused', found[2]}
end
redis.call('HSET', KEYS[1], 'hash', ARGV[3])
redis.call('HINCRBY', KEYS[1], 'n', 1)
redis.call('PEXPIRE', KEYS[1], math.min(tonumber(ARGV[4]), ends - now))
return {'rotated', found[2], tostring(ends - now)}
`);

/** KEYS: family, index. ARGV: family id. */
export const endFamily = redisScript(`
redis.call('ZREM', KEYS[2], ARGV[1])
return redis.call('DEL', KEYS[1])
`);

/** KEYS: index. ARGV: what keys of families begin with. */
export const endAllFamilies = redisScript(`
local ended = 0
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  ended = ended + redis.call('DEL', ARGV[1] .. id)
end
redis.call('DEL', KEYS[1])
return ended
`);
