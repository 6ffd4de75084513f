"$SLUICE" check gone.yaml; echo "exit $?"
mkdir dir.yaml; "$SLUICE" check dir.yaml
