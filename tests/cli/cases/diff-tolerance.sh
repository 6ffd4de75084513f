# --tolerance: only counts matter, and only those that moved by more than that; what moved is marked.
for i in 1 2; do sed "s/%/$i/g" >run$i.json <<END
{ "sluice_run": 1, "state": "done", "plan_hash": "000000000000000%", "seed": %, "version": "1", "threads": 1,
  "vars": {}, "pipeline": [], "plugins": [], "stages": [
    { "name": "a", "in": 1000, "kept": 900, "rejected": { "short": 100, "long": 0 }, "errors": {}, "absorbed": 0,
      "annotated": 0, "counts": { "words": 12345678 }, "values": { "size": { "n": 3, "mean": 1.5, "p50": 1, "p95": null } } } ] }
END
done
try() { "$SLUICE" diff run1.json run2.json "$@" >out; local rc=$?; grep '!' out; tail -n 1 out; echo "exit $rc"; }
try --tolerance 0%
sed -i 's/"kept": 900/"kept": 904/; s/"short": 100/"short": 96/; s/: 12345678/: 12345679/; s/1.5/1.75/' run2.json
try; try -t 5%; try -t 4%; try -t 3.9%; try -t 4; try -t 3; try -t 0
"$SLUICE" diff run1.json run2.json | sed -n '/^a /,/^$/p'
sed -i 's/"long": 0/"long": 1/' run2.json
try -t 100%; try -t 4
sed -i 's/"state": "done"/"state": "failed"/' run2.json; try -t 100
sed -i 's/"state": "failed"/"state": "done"/; s/"name": "a"/"name": "b"/' run2.json; try -t 99999999
"$SLUICE" diff run1.json run2.json
for bad in x 5MB '3 tokens' -1 ''; do "$SLUICE" diff run1.json run2.json -t "$bad"; echo "exit $?"; done
