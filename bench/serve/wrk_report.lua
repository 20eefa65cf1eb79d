-- Sends the body in the file named after `--` to the server, and prints what wrk measured as one JSON line. A number
-- behind it says how much of the body is JSON; the rest are the bytes of tensors.
function init(args)
  local file = assert(io.open(args[1], "rb"))
  wrk.method = "POST"
  wrk.body = file:read("*a")
  file:close()
  wrk.headers["Content-Type"] = args[2] and "application/octet-stream" or "application/json"
  if args[2] then wrk.headers["Inference-Header-Content-Length"] = args[2] end
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"seconds":%.6f,"p50_ms":%.4f,"p99_ms":%.4f,"errors":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
