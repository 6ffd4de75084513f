# --json: all of it, one value.
docs 5 >docs.jsonl
pipeline p.yaml
"$SLUICE" run p.yaml -q; sed -i 's/min: 3/min: 4/' p.yaml; "$SLUICE" run p.yaml -q
"$SLUICE" diff --json p-1 p-2 | sed -E 's/("(seconds|cpu_seconds|peak_memory_bytes|threads)": ).*[0-9]/\1N/'; echo "exit ${PIPESTATUS[0]}"
"$SLUICE" diff --json p-1 p-1 --tolerance 5% | head -4; echo "exit ${PIPESTATUS[0]}"
