import { keepInIndex, now } from '../redis-index.js';
import { redisScript } from '../redis-script.js';
import { maxNotes } from './session-store.js';

/*
 * A session is a hash: v (the version of this layout), id (its own key, so that an answer to another question is noticed),
 * user, data, n (revision), about, at, seen, ends, and notes under `note:`. A user's sessions are in a sorted set by their
 * end. Times are Redis' own, so that the clocks of the processes do not matter. Keys of one user share a hash slot.
 */

/** N reads what N-1 wrote; a record that is newer than this is left alone and logs nobody in. */
export const layoutVersion = '1';

/** KEYS: session, index. ARGV: id, user, data, about, idle, lifetime, most per user, what keys of sessions begin with. */
export const createSession = redisScript(`${now}
local id, user, idle, lifetime = ARGV[1], ARGV[2], tonumber(ARGV[5]), tonumber(ARGV[6])
redis.call('HSET', KEYS[1], 'v', '${layoutVersion}', 'id', id, 'user', user, 'data', ARGV[3], 'n', '0', 'about', ARGV[4],
  'at', now, 'seen', now, 'ends', now + lifetime)
redis.call('PEXPIRE', KEYS[1], math.min(idle, lifetime))
if user == '' then return 1 end
${keepInIndex({ keysBeginWith: 'ARGV[8]', most: 'ARGV[7]' })}
return 1
`);

const fields = "'v', 'id', 'user', 'data', 'n', 'about', 'at', 'seen', 'ends'";

/** KEYS: session. ARGV: idle. */
export const readSession = redisScript(`${now}
local found = redis.call('HMGET', KEYS[1], ${fields})
local ends = tonumber(found[9])
if found[1] ~= '${layoutVersion}' or not ends then return found end
if ends <= now then
  redis.call('DEL', KEYS[1])
  return {}
end
redis.call('HSET', KEYS[1], 'seen', now)
redis.call('PEXPIRE', KEYS[1], math.min(tonumber(ARGV[1]), ends - now))
return found
`);

/** KEYS: session. ARGV: revision, data. */
export const writeSession = redisScript(`
local revision = redis.call('HGET', KEYS[1], 'n')
if not revision then return -1 end
if revision ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'data', ARGV[2], 'n', tonumber(revision) + 1)
return 1
`);

/** KEYS: session. ARGV: name, note, lifetime. */
export const holdNote = redisScript(`${now}
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local held, first, least = 0, nil, nil
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  if string.sub(all[i], 1, 5) == 'note:' and all[i] ~= 'note:' .. ARGV[1] then
    local ends = tonumber(string.match(all[i + 1], '^%d+')) or 0
    if ends <= now then
      redis.call('HDEL', KEYS[1], all[i])
    else
      held = held + 1
      if not least or ends < least then first, least = all[i], ends end
    end
  end
end
if held >= ${maxNotes} then redis.call('HDEL', KEYS[1], first) end
redis.call('HSET', KEYS[1], 'note:' .. ARGV[1], string.format('%.0f', now + tonumber(ARGV[3])) .. ' ' .. ARGV[2])
return 1
`);

/** KEYS: session. ARGV: name. */
export const takeNote = redisScript(`${now}
local note = redis.call('HGET', KEYS[1], 'note:' .. ARGV[1])
if not note then return false end
redis.call('HDEL', KEYS[1], 'note:' .. ARGV[1])
local ends, text = string.match(note, '^(%d+) (.*)$')
if not ends or tonumber(ends) <= now then return false end
return text
`);

/** KEYS: index. ARGV: what keys of sessions begin with. */
export const listSessions = redisScript(`
local found = {}
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local session = redis.call('HMGET', ARGV[1] .. id, ${fields})
  if session[1] then found[#found + 1] = session else redis.call('ZREM', KEYS[1], id) end
end
return found
`);

/** KEYS: index. ARGV: what keys of sessions begin with, ids. */
export const endSessions = redisScript(`
local ended = 0
for i = 2, #ARGV do
  ended = ended + redis.call('DEL', ARGV[1] .. ARGV[i])
  redis.call('ZREM', KEYS[1], ARGV[i])
end
return ended
`);

/** KEYS: index. ARGV: what keys of sessions begin with, the id that stays or nothing. */
export const endAllSessions = redisScript(`
local ended = 0
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  if id ~= ARGV[2] then
    ended = ended + redis.call('DEL', ARGV[1] .. id)
    redis.call('ZREM', KEYS[1], id)
  end
end
return ended
`);
