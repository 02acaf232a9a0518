import { redisScript } from '../redis-script.js';

/**
 * The arithmetic of limit-rule.ts inside Redis, so that all processes share one count and one clock: many requests in one
 * call, decided one after the other, each spending all of its limits or none. A key is read once and written once, however
 * many of the requests ask for it.
 *
 * Arguments: how many rules there are; per rule algorithm, limit, window or interval (microseconds) and burst; per charge
 * `(cost * 1000 + number of its rule) * 1000 + number of its key`, negative where a request ends. The answer is, per charge: what
 * remains, milliseconds until the quota is whole, milliseconds until the refused cost would fit or 0 where it fits.
 *
 * A fixed window is its count and its end, a smooth one its theoretical arrival time: doubles, in microseconds of Redis's
 * clock. The end stands in the value, so a counter that lost its expiry blocks nobody for ever; what lies further ahead than the
 * rule can put it, from a clock that was set back, is cut. A script is four times the price of a command, and this one is
 * written to be short: most of what a shared limit costs is paid here.
 */
export const consumeScript = redisScript(`
local call, floor, ceil, max, min = redis.call, math.floor, math.ceil, math.max, math.min
local pack, unpacked = struct.pack, struct.unpack
local time = call('TIME')
local now = time[1] * 1000000 + time[2]
local fixed, room, span, at = {}, {}, {}, 1
for r = 1, tonumber(ARGV[1]) do
  fixed[r], span[r] = ARGV[at + 1] == 'fixed', tonumber(ARGV[at + 3])
  room[r] = fixed[r] and tonumber(ARGV[at + 2]) or tonumber(ARGV[at + 4]) * span[r]
  at = at + 4
end
local stored = call('MGET', unpack(KEYS))
local value, ends, fresh, written, dirty = {}, {}, {}, {}, {}
local charges, answer, n, m, all = {}, {}, 0, 0, true
for i = at + 1, #ARGV do
  local code = tonumber(ARGV[i])
  local last = code < 0
  if last then code = -code end
  local k = code % 1000
  local r = (code - k) / 1000 % 1000
  local cost = floor(code / 1000000)
  if not value[k] then
    local raw = stored[k]
    if fixed[r] then
      local count, till = 0, 0
      if raw and #raw == 16 then count, till = unpacked('<dd', raw) end
      if till > now then
        value[k], ends[k] = max(0, count), min(now + span[r], till)
        fresh[k] = till > now + span[r]
      else
        value[k], ends[k], fresh[k] = 0, now + span[r], true
      end
    else
      value[k] = now
      if raw and #raw == 8 then value[k] = min(now + room[r], max(now, (unpacked('<d', raw)))) end
    end
  end
  local fit
  if cost == 0 then
    fit = true
  elseif fixed[r] then
    fit = value[k] + cost <= room[r]
  else
    fit = value[k] + cost * span[r] - now <= room[r]
  end
  all = all and fit
  charges[m + 1], charges[m + 2], charges[m + 3], charges[m + 4] = k, r, cost, fit
  m = m + 4
  if last then
    for c = 1, m, 4 do
      local k, r, cost, fit = charges[c], charges[c + 1], charges[c + 2], charges[c + 3]
      if all and cost > 0 then
        value[k] = value[k] + (fixed[r] and cost or cost * span[r])
        if not dirty[k] then
          dirty[k] = true
          written[#written + 1] = k
        end
      end
      if fixed[r] then
        local rest = ceil((ends[k] - now) / 1000)
        answer[n + 1], answer[n + 2], answer[n + 3] = max(0, room[r] - value[k]), rest, fit and 0 or rest
      else
        local used = value[k] - now
        answer[n + 1] = max(0, floor((room[r] - used) / span[r]))
        answer[n + 2] = ceil(used / 1000)
        answer[n + 3] = fit and 0 or max(1, ceil((used + cost * span[r] - room[r]) / 1000))
      end
      n = n + 3
    end
    m, all = 0, true
  end
end
for _, k in ipairs(written) do
  local till = ends[k]
  if not till then
    call('SET', KEYS[k], pack('<d', value[k]), 'PX', ceil((value[k] - now) / 1000))
  elseif fresh[k] then
    call('SET', KEYS[k], pack('<dd', value[k], till), 'PX', ceil((till - now) / 1000))
  else
    call('SET', KEYS[k], pack('<dd', value[k], till), 'KEEPTTL')
  end
end
return answer
`);

/** Gives units back: per key the algorithm, the interval (microseconds) and the cost. What reaches nothing is forgotten. */
export const releaseScript = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
for i, key in ipairs(KEYS) do
  local at = (i - 1) * 3
  local cost = tonumber(ARGV[at + 3])
  local raw = redis.call('GET', key)
  if raw and ARGV[at + 1] == 'fixed' then
    local count, till = 0, 0
    if #raw == 16 then count, till = struct.unpack('<dd', raw) end
    if count > cost and till > now then
      redis.call('SET', key, struct.pack('<dd', count - cost, till), 'PX', math.ceil((till - now) / 1000))
    else
      redis.call('DEL', key)
    end
  elseif raw then
    local till = 0
    if #raw == 8 then till = struct.unpack('<d', raw) - cost * tonumber(ARGV[at + 2]) end
    if till > now then
      redis.call('SET', key, struct.pack('<d', till), 'PX', math.ceil((till - now) / 1000))
    else
      redis.call('DEL', key)
    end
  end
end
return 1
`;
