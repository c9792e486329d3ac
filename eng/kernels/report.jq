# One kernel's result lines (see init) → one object. A self-test that was cut off has no EXIT line: its exit stays null.
reduce inputs as $line (
  {series: $series, package: $package, version: $version, release: null, bootMs: $times[0], milliseconds: $times[1], ended: false, runs: []};
  ($line | gsub("\r"; "") | split(" ")) as $word
  | if $word[0] == "INIT" then .release = $word[1]
    elif $word[0] == "BEGIN" then .runs += [{condition: $word[1], exit: null, milliseconds: null, selftest: null}]
    elif $word[0] == "EXIT" then .runs[-1].exit = ($word[2] | tonumber) | .runs[-1].milliseconds = ($word[3] | tonumber)
    elif $word[0] == "END" then .ended = true
    elif ($line | startswith("{")) then .runs[-1].selftest = (try ($line | fromjson) catch null)
    else . end)
| .console = $console
