-- wrk's own summary has no 95th percentile; this prints what load.py reads.
function done(summary, latency, requests)
  io.write(string.format("requests=%d\np95_us=%d\np99_us=%d\n",
    summary.requests, latency:percentile(95.0), latency:percentile(99.0)))
end
