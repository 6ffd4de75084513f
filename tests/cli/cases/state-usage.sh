# Slips on the command line.
states s
for line in "" "lst" "frobnicate" "remove" "remove --all x" "remove --all --older 1d" "remove --older -1d --all" "remove --older soon" "list --all" \
    "verify --older 1d" "verify --json" "list --older 3 --all"; do
    echo "$ sluice state $line" >&2
    "$SLUICE" state $line --state-dir s
    echo "exit $?" >&2
done
diff <(ls "$CASES/states") <(ls s)
