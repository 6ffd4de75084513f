# Some, those that nobody used for long, all.
states s
"$SLUICE" state remove --state-dir s dedup.exact-3f9c1a2b00112233.port1 notes
touch s/mix-d000000000000000.whole.state
"$SLUICE" state remove --state-dir s --older 2d
ls s
"$SLUICE" state remove --state-dir s --older 2d
echo keep >s/keep.txt; mkdir s/folder.state
"$SLUICE" state remove --state-dir s --all; echo "exit $?"
ls s
rmdir s/folder.state
"$SLUICE" state remove --state-dir s --all -q; echo "exit $?"
