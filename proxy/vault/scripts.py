"""The vault's Lua scripts: what must happen at one moment inside Redis.

Scripts rather than plain commands because a write must be refused when the session was shredded meanwhile (compare
and write at one moment), and because one call is cheaper than a pipeline of many (docs/decisions/0020).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Script:
    """Lua source and the SHA-1 that Redis names it by."""

    text: str
    sha: str = field(init=False)

    def __post_init__(self) -> None:
        digest = hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest()
        object.__setattr__(self, "sha", digest)


OPEN = Script("""
-- KEYS session; ARGV wrapped data key for a new session, ttl, tokens...
-- -> {wrapped data key, edition or nil, value or nil...}
redis.call('HSETNX', KEYS[1], 'k', ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[2])
local found = redis.call('HMGET', KEYS[1], 'k', 'e')
for i = 3, #ARGV do found[i] = redis.call('HGET', KEYS[1], ARGV[i]) end
return found
""")

BEGIN = Script("""
-- KEYS session, stream; ARGV wrapped data key, ttl, edition or '', number of tokens, token, value..., backlog limit,
-- field, value... -> 1 when all of it was stored; else nothing was written: -1 when the backlog is over its limit, and
-- where there is such a session the answer of OPEN
local intent = 5 + 2 * tonumber(ARGV[4])
if redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('EXPIRE', KEYS[1], ARGV[2])
  local found = redis.call('HMGET', KEYS[1], 'k', 'e')
  for i = 5, intent - 1, 2 do found[#found + 1] = redis.call('HGET', KEYS[1], ARGV[i]) end
  return found
end
local limit = tonumber(ARGV[intent])
if limit > 0 and redis.call('XLEN', KEYS[2]) >= limit then return -1 end
redis.call('XADD', KEYS[2], '*', unpack(ARGV, intent + 1))
redis.call('HSET', KEYS[1], 'k', ARGV[1])
if ARGV[3] ~= '' then redis.call('HSET', KEYS[1], 'e', ARGV[3]) end
for i = 5, intent - 1, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 1
""")

FETCH = Script("""
-- KEYS session; ARGV ttl, tokens... -> {wrapped data key or nil, value or nil...}; makes nothing
local wrapped = redis.call('HGET', KEYS[1], 'k')
if not wrapped then return {} end
redis.call('EXPIRE', KEYS[1], ARGV[1])
local found = {wrapped}
for i = 2, #ARGV do found[i] = redis.call('HGET', KEYS[1], ARGV[i]) end
return found
""")

REWRAP = Script("""
-- KEYS session; ARGV wrapped data key as seen, the same key wrapped anew -> 1 when exchanged
if redis.call('HGET', KEYS[1], 'k') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'k', ARGV[2])
return 1
""")

FORGET = Script("""
-- KEYS session; ARGV wrapped data key as seen -> 1 when the session is gone
if redis.call('HGET', KEYS[1], 'k') ~= ARGV[1] then return 0 end
redis.call('UNLINK', KEYS[1])
return 1
""")

REPLACE = Script("""
-- KEYS session; ARGV dead wrapped data key as seen, one for a new session, ttl -> 1 when the session was begun anew
if redis.call('HGET', KEYS[1], 'k') ~= ARGV[1] then return 0 end
redis.call('UNLINK', KEYS[1])
redis.call('HSET', KEYS[1], 'k', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1
""")

APPEND = Script("""
-- KEYS stream; ARGV backlog limit (0: none), field, value... -> 1, or -1 when the backlog is over its limit
local limit = tonumber(ARGV[1])
if limit > 0 and redis.call('XLEN', KEYS[1]) >= limit then return -1 end
redis.call('XADD', KEYS[1], '*', unpack(ARGV, 2))
return 1
""")

SAVE = Script("""
-- KEYS session [, stream]; ARGV wrapped data key as seen, ttl, number of tokens known to be stored, number of new
-- ones, edition as seen or '', next edition, known tokens..., new token, value..., [backlog limit, field, value...]
-- -> 0 when the session or a known token is gone, -1 when the backlog is over its limit, -2 when the edition is another
--    (each: nothing was written), else {edition before or '', edition now or '', token, stored value...} of the new
--    tokens that were there already
local stored = redis.call('HMGET', KEYS[1], 'k', 'e')
if stored[1] ~= ARGV[1] then return 0 end
local edition = stored[2] or ''
if ARGV[5] ~= '' and ARGV[5] ~= edition then return -2 end
local known, new = tonumber(ARGV[3]), tonumber(ARGV[4])
for first = 7, 6 + known, 1000 do
  local values = redis.call('HMGET', KEYS[1], unpack(ARGV, first, math.min(first + 999, 6 + known)))
  for i = 1, #values do if not values[i] then return 0 end end
end
local intent = 7 + known + 2 * new
if KEYS[2] then
  local limit = tonumber(ARGV[intent])
  if limit > 0 and redis.call('XLEN', KEYS[2]) >= limit then return -1 end
  redis.call('XADD', KEYS[2], '*', unpack(ARGV, intent + 1))
end
local answer = {edition, edition}
for i = 7 + known, intent - 1, 2 do
  if redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[i + 1]) == 0 then
    answer[#answer + 1] = ARGV[i]
    answer[#answer + 1] = redis.call('HGET', KEYS[1], ARGV[i])
  elseif edition ~= '' or known + new > 8 then
    answer[2] = ARGV[6]
  end
end
if answer[2] ~= edition then redis.call('HSET', KEYS[1], 'e', answer[2]) end
redis.call('EXPIRE', KEYS[1], ARGV[2])
return answer
""")
