# Every pipeline that is shipped passes its own tests.
cd "$ROOT" && "$SLUICE" test
