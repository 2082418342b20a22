// Command log-verifier verifies exported logs offline. It was written from docs/reference/log-format.md alone and shares no code, and no
// library but Go's own, with the ledger and with verifier/: a JSON array of folders with their genesis hashes on standard input, a JSON
// array of reports on standard output. test/unit/verifier/log-verifier-peer.test.ts compares the two.
//
//	echo '[{"folder":"my-ledger","genesis":"<64 hex>"}]' | go run .
package main

import (
	"encoding/json"
	"log"
	"os"
)

type request struct {
	Folder  string `json:"folder"`
	Genesis string `json:"genesis"`
}

func main() {
	log.SetFlags(0)
	var asked []request
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		log.Fatal(err)
	}
	reports := make([]report, len(asked))
	for i, one := range asked {
		reports[i] = verify(one.Folder, one.Genesis)
	}
	if err := json.NewEncoder(os.Stdout).Encode(reports); err != nil {
		log.Fatal(err)
	}
}
