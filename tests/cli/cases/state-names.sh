# Names that are none, or more than one: nothing is done, and a way out.
states s
for words in 3f9c 3f9 xyzzy 3f9c1a2c dedup.exct-3f9c1a2b dedup.exact- dedup.exact shuffle-0badcafe001122330 other/notes.state "3f9c 0badcafe nosuch" ""; do
    echo "$ $words" >&2
    "$SLUICE" state remove --state-dir s -- "${words%% *}" ${words#"${words%% *}"}
    echo "exit $?" >&2
done
"$SLUICE" state verify --state-dir nowhere abcd; echo "exit $?" >&2
for i in 1 2 3 4 5 6; do cp s/mix-c000000000000000.whole.state "s/more-aaaa00000000000$i.whole.state"; done
"$SLUICE" state verify --state-dir s aaaa; echo "exit $?" >&2
diff <(ls "$CASES/states") <(ls s | grep -v more)
