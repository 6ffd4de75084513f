# Every slip on the command line: exit code 64, with a way out.
for line in "rnu p.yaml" "help rnu" "xyzzy" "run" "run a.yaml b.yaml" "inspect a b" "run --theads 2 p.yaml" "run -z p.yaml" "run p.yaml --threads" \
    "run p.yaml --threads 0" "run p.yaml --threads=many" "run p.yaml -j 2000" "run p.yaml --memory 3x" "run p.yaml --seed 1.5" "run p.yaml --set a" \
    "run p.yaml --set =a" "run p.yaml --quiet=yes" "run p.yaml --color sometimes" "run p.yaml --log-level loud" "run p.yaml --run-dir=" \
    "peek p.yaml --take 0" "peek p.yaml --kept --dropped" "inspect --json --md" "check p.yaml --threads 2"; do
    echo "$ sluice $line" >&2
    "$SLUICE" $line
    echo "exit $?" >&2
done
