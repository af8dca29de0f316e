//! What the server does in one step.

/// Adds alerts if there is room. Keys: the count of bytes, then streams. Arguments: the bound, bytes of these
/// alerts, then for each the number of its stream's key and the alert. Answers 1, or 0 if there is no room.
pub(super) const PUBLISH: &str = r"
local used = tonumber(redis.call('GET', KEYS[1]) or '0')
if used + tonumber(ARGV[2]) > tonumber(ARGV[1]) then return 0 end
for i = 3, #ARGV, 2 do
  redis.call('XADD', KEYS[tonumber(ARGV[i])], '*', 'a', ARGV[i + 1])
end
redis.call('INCRBY', KEYS[1], ARGV[2])
return 1
";

/// Removes alerts. Keys as above. Arguments: the group, then for each alert the number of its stream's key, its
/// id and its bytes. Answers how many were there.
pub(super) const ACKNOWLEDGE: &str = r"
local freed, count = 0, 0
for i = 2, #ARGV, 3 do
  local stream = KEYS[tonumber(ARGV[i])]
  redis.call('XACK', stream, ARGV[1], ARGV[i + 1])
  if redis.call('XDEL', stream, ARGV[i + 1]) == 1 then
    freed, count = freed + tonumber(ARGV[i + 2]), count + 1
  end
end
if freed > 0 then redis.call('DECRBY', KEYS[1], string.format('%.0f', freed)) end
return count
";

/// Takes the lease of a stream and what it has, first what someone had and did not acknowledge. Keys: stream,
/// lease. Arguments: group, consumer, token, lease in milliseconds, count. Answers whether they came before, and
/// the alerts.
pub(super) const TAKE: &str = r"
if redis.call('XLEN', KEYS[1]) == 0 then return {0, {}} end
if not redis.call('SET', KEYS[2], ARGV[3], 'NX', 'PX', ARGV[4]) then return {0, {}} end
local again = 1
local taken = redis.call('XAUTOCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, '0-0', 'COUNT', ARGV[5])[2]
if #taken == 0 then
  again = 0
  local read = redis.call('XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', ARGV[5], 'STREAMS', KEYS[1], '>')
  if read then taken = read[1][2] end
end
if #taken == 0 then redis.call('DEL', KEYS[2]) end
return {again, taken}
";

/// Gives a lease back. Key: the lease. Argument: the token.
pub(super) const RELEASE: &str = r"
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
";

/// Removes consumers that are gone and have nothing. In one step: one that has something would take it along.
/// Key: the stream. Arguments: group, milliseconds.
pub(super) const SWEEP: &str = r"
local count = 0
for _, row in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local consumer = {}
  for i = 1, #row, 2 do consumer[row[i]] = row[i + 1] end
  if consumer['pending'] == 0 and consumer['idle'] > tonumber(ARGV[2]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], consumer['name'])
    count = count + 1
  end
end
return count
";
