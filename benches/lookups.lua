-- For wrk: GETs with random ids, and the outcome as one line of JSON. PATH_PREFIX, KEYS and API_KEY are in the environment.

local prefix = os.getenv("PATH_PREFIX")
local keys = tonumber(os.getenv("KEYS"))
local headers = { ["X-API-Key"] = os.getenv("API_KEY") }

-- The same ids in the same order for everyone.
math.randomseed(1)

function request()
   return wrk.format("GET", prefix .. math.random(keys), headers)
end

function done(summary, latency)
   local errors = summary.errors
   io.write(string.format(
      '\n{"requests": %d, "seconds": %f, "p50_ms": %f, "p99_ms": %f, "not_2xx": %d, "broken": %d}\n',
      summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
      errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
