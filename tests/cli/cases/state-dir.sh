# --state-dir before SLUICE_STATE_DIR before runs/states.
count() { "$SLUICE" state list "$@" | tail -n 1; }
count
states runs/states
count
mkdir one two
export SLUICE_STATE_DIR=one
count
count --state-dir two
SLUICE_STATE_DIR='' count
touch file
"$SLUICE" state list --state-dir file; echo "exit $?"
count --state-dir $'odd\033[2J\nname'
