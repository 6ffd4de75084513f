# The files of the format as they were, and as they are written today.
mkdir now; "$DEMO/make_states" now && diff -r now "$CASES/states" && echo the same
