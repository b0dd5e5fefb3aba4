[.events[] | select(.ms >= 20) | {kind, ms, hour: (.at | strptime("%Y-%m-%dT%H:%M:%SZ") | mktime | strftime("%H"))}]
| group_by(.kind)
| map({kind: .[0].kind, n: length, total: (map(.ms) | add), hours: (map(.hour) | unique)})
| sort_by(-.total)[]
