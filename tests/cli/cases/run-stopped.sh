# SIGTERM: nothing half-done under a final name, exit code 75, and the next run succeeds.
mkfifo in; docs 9 >docs.jsonl
pipeline p.yaml; sed 's/docs.jsonl/"-"/' p.yaml >stdin.yaml
"$SLUICE" run stdin.yaml <in & pid=$!
exec 3>in; docs 3 >&3
for i in $(seq 100); do [ -e runs/stdin-1/plan.json ] && break; sleep 0.05; done
kill -TERM $pid; exec 3>&-; wait $pid; echo "exit $?"
fields runs/stdin-1/run.json state exit_code; find out -type f
"$SLUICE" run stdin.yaml -q <docs.jsonl; echo "exit $?"; ls -A out runs
