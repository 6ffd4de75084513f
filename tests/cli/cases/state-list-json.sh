# The same for programs; what made a state is JSON if it is that.
states s
"$SLUICE" state list --json --state-dir s | tee out | python3 -c 'import json, sys; print(len(json.load(sys.stdin)["states"]))'
cat out
mkdir empty
"$SLUICE" state list --json --state-dir empty
