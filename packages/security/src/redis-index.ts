/*
 * Parts of Lua scripts. A user's records (sessions, families of tokens) are listed in a sorted set by their end, in the hash
 * slot of the records.
 */

/** `now`, in milliseconds: Redis' own clock, so that those of the processes do not matter. */
export const now = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/**
 * Adds `id`, which lives for `lifetime`, to the index at KEYS[2], takes out what has ended, and ends the oldest of too many.
 *
 * @param lua where the script finds what keys of records begin with, and how many there may be
 */
export function keepInIndex({
  keysBeginWith,
  most,
}: {
  readonly keysBeginWith: string;
  readonly most: string;
}): string {
  return `for _, other in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
  if redis.call('EXISTS', ${keysBeginWith} .. other) == 0 then redis.call('ZREM', KEYS[2], other) end
end
redis.call('ZADD', KEYS[2], now + lifetime, id)
local over = redis.call('ZCARD', KEYS[2]) - tonumber(${most})
for _, other in ipairs(over > 0 and redis.call('ZRANGE', KEYS[2], 0, over - 1) or {}) do
  if other ~= id then
    redis.call('DEL', ${keysBeginWith} .. other)
    redis.call('ZREM', KEYS[2], other)
  end
end
if redis.call('PTTL', KEYS[2]) < lifetime then redis.call('PEXPIRE', KEYS[2], lifetime) end`;
}
