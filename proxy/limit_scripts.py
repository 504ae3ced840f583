"""The scripts that count what virtual keys use: each is one moment inside Redis.

Tokens of a key are one hash: by second what was used then (`1764367200`), and by exchange what it may still use and
until when that counts (`xex_...` to `amount until`). What was used in the last 60 seconds and what those that run may
use never exceed the limit together, so no 60 seconds see more than it.
"""

from __future__ import annotations

from proxy.vault.scripts import Script

_ROOM = """
local function room(key, second, wanted, limit)
  -- milliseconds until `wanted` more tokens have room under the limit (0: they have it now), and the room there is
  local fields, total, seconds, used = redis.call('HGETALL', key), wanted, {}, {}
  for i = 1, #fields, 2 do
    local at = tonumber(fields[i])
    if at and at >= second - 60 then
      total = total + fields[i + 1]
      seconds[#seconds + 1], used[at] = at, tonumber(fields[i + 1])
    else
      local amount, ends = string.match(fields[i + 1], '^(%d+) (%d+)$')
      if ends and tonumber(ends) > second then total = total + amount
      else redis.call('HDEL', key, fields[i]) end
    end
  end
  if total <= limit then return 0, limit - total + wanted end
  table.sort(seconds)
  for _, at in ipairs(seconds) do
    total = total - used[at]
    if total <= limit then return (at + 61 - second) * 1000 end
  end
  return 1000
end
"""

ADMIT = Script(
    _ROOM
    + """
-- KEYS running, requests, spent, tokens; ARGV id, lease seconds, concurrent, requests per minute, tokens per minute,
-- budget (each 0: none), budget period (d, m, e) -> {0, 0} or {what is used up, milliseconds until a retry makes sense}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local concurrent, requests, tokens, budget = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
if budget > 0 then
  local spent = redis.call('HMGET', KEYS[3], 'period', 'amount')
  if spent[1] == ARGV[7] and tonumber(spent[2] or 0) >= budget then return {4, 0} end
end
if tokens > 0 then
  local wait = room(KEYS[4], tonumber(time[1]), 1, tokens)
  if wait > 0 then return {3, wait} end
end
if concurrent > 0 then
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
  if redis.call('ZCARD', KEYS[1]) >= concurrent then return {2, 1000} end
end
if requests > 0 then
  redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - 60000)
  if redis.call('ZCARD', KEYS[2]) >= requests then
    local oldest = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
    return {1, oldest[2] + 60000 - now}
  end
  redis.call('ZADD', KEYS[2], now, ARGV[1])
  redis.call('PEXPIRE', KEYS[2], 61000)
end
if concurrent > 0 then
  redis.call('ZADD', KEYS[1], now + ARGV[2] * 1000, ARGV[1])
  redis.call('EXPIRE', KEYS[1], ARGV[2])
end
return {0, 0}
"""
)

RESERVE = Script(
    _ROOM
    + """
-- KEYS tokens; ARGV id, the least and the most tokens to keep room for, tokens per minute, seconds that it is kept
-- -> 0 when room is kept, else milliseconds until a retry makes sense
local second = tonumber(redis.call('TIME')[1])
local wait, left = room(KEYS[1], second, tonumber(ARGV[2]), tonumber(ARGV[4]))
if wait > 0 then return wait end
local kept = string.format('%d %d', math.min(tonumber(ARGV[3]), left), second + ARGV[5])
redis.call('HSET', KEYS[1], 'x' .. ARGV[1], kept)
redis.call('EXPIRE', KEYS[1], ARGV[5])
return 0
"""
)

SETTLE = Script("""
-- KEYS running, spent, tokens; ARGV id, tokens used (-1: they are not counted), amount to add to the budget, budget
-- period, seconds it is kept, seconds that tokens are kept -> amount spent in the period
redis.call('ZREM', KEYS[1], ARGV[1])
local used = tonumber(ARGV[2])
if used >= 0 then
  redis.call('HDEL', KEYS[3], 'x' .. ARGV[1])
  if used > 0 then
    redis.call('HINCRBY', KEYS[3], redis.call('TIME')[1], used)
    redis.call('EXPIRE', KEYS[3], ARGV[6])
  end
end
if ARGV[4] == '' then return 0 end
if redis.call('HGET', KEYS[2], 'period') ~= ARGV[4] then
  redis.call('UNLINK', KEYS[2])
  redis.call('HSET', KEYS[2], 'period', ARGV[4])
end
if tonumber(ARGV[5]) > 0 then redis.call('EXPIRE', KEYS[2], ARGV[5]) end
return redis.call('HINCRBY', KEYS[2], 'amount', ARGV[3])
""")
