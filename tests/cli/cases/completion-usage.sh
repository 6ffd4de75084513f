# Shells that there is no script for.
"$SLUICE" completion; echo "exit $?"
"$SLUICE" completion zhs; echo "exit $?"
"$SLUICE" completion powershell; echo "exit $?"
