module tallyroot.local/test/peers/log-verifier

go 1.24.0
