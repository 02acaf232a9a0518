import { createHash } from 'node:crypto';

/**
 * The arithmetic of limit-rule.ts inside Redis, so that all processes share one count and one clock, in one round trip.
 *
 * Per key five arguments: algorithm, limit, window or interval (microseconds), burst, cost. The answer is, per key: whether it fits,
 * what remains, milliseconds until the quota is whole, milliseconds until the refused cost would fit.
 *
 * Two things heal themselves: a counter without expiry, which would block for ever, starts a new window; an arrival time
 * further ahead than the rule can produce, from a clock that was set back, is cut.
 */
export const consumeScript = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local entries, all = {}, true
for i, key in ipairs(KEYS) do
  local at = (i - 1) * 5
  local e = {
    key = key, fixed = ARGV[at + 1] == 'fixed', limit = tonumber(ARGV[at + 2]), span = tonumber(ARGV[at + 3]),
    burst = tonumber(ARGV[at + 4]), cost = tonumber(ARGV[at + 5])
  }
  e.value = tonumber(redis.call('GET', key) or '0') or 0
  if e.fixed then
    e.ttl = redis.call('PTTL', key)
    e.live = e.ttl > 0
    if not e.live then e.value = 0; e.ttl = math.ceil(e.span / 1000) end
    e.fits = e.cost == 0 or e.value + e.cost <= e.limit
  else
    e.value = math.min(math.max(e.value, now), now + e.burst * e.span)
    e.fits = e.cost == 0 or e.value + e.cost * e.span - now <= e.burst * e.span
  end
  all = all and e.fits
  entries[i] = e
end
local answer = {}
for i, e in ipairs(entries) do
  if all and e.cost > 0 then
    if e.fixed then
      e.value = e.value + e.cost
      if e.live then redis.call('INCRBY', e.key, e.cost) else redis.call('SET', e.key, e.cost, 'PX', math.max(1, e.ttl)) end
    else
      e.value = e.value + e.cost * e.span
      redis.call('SET', e.key, string.format('%.0f', e.value), 'PX', math.max(1, math.ceil((e.value - now) / 1000)))
    end
  end
  local remaining, reset, wait
  if e.fixed then
    remaining, reset, wait = e.limit - e.value, e.ttl, e.ttl
  else
    remaining = math.floor((e.burst * e.span - (e.value - now)) / e.span)
    reset = math.ceil((e.value - now) / 1000)
    wait = math.ceil((e.value + e.cost * e.span - e.burst * e.span - now) / 1000)
  end
  answer[#answer + 1] = e.fits and 1 or 0
  answer[#answer + 1] = math.max(0, remaining)
  answer[#answer + 1] = math.max(0, reset)
  answer[#answer + 1] = e.fits and 0 or math.max(1, wait)
end
return answer
`;

/** Gives units back: per key the algorithm, the interval (microseconds) and the cost. What reaches nothing is forgotten. */
export const releaseScript = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
for i, key in ipairs(KEYS) do
  local at = (i - 1) * 3
  local cost = tonumber(ARGV[at + 3])
  local value = tonumber(redis.call('GET', key) or '0') or 0
  if ARGV[at + 1] == 'fixed' then
    if value - cost <= 0 or redis.call('PTTL', key) <= 0 then redis.call('DEL', key) else redis.call('DECRBY', key, cost) end
  else
    value = value - cost * tonumber(ARGV[at + 2])
    if value <= now then
      redis.call('DEL', key)
    else
      redis.call('SET', key, string.format('%.0f', value), 'PX', math.max(1, math.ceil((value - now) / 1000)))
    end
  end
end
return 1
`;

/** What EVALSHA calls it by. */
export const consumeScriptSha = createHash('sha1').update(consumeScript).digest('hex');

/** What EVALSHA calls it by. */
export const releaseScriptSha = createHash('sha1').update(releaseScript).digest('hex');
