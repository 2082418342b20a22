// Command cosignature signs and judges cosignatures by github.com/transparency-dev/formats, the library of several public witnesses: one
// JSON request on standard input, one JSON answer on standard output. test/unit/verifier/cosignature-peer.test.ts asks.
package main

import (
	"encoding/json"
	"log"
	"os"

	formats "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
)

type request struct {
	// Notes to judge, each with the public key of a witness.
	Cosigned []cosigned `json:"cosigned"`
	// Notes to cosign, with a private key as the library has them.
	Notes  []string `json:"notes"`
	Signer string   `json:"signer"`
	// Public key of the log, for the notes to cosign.
	Log string `json:"log"`
}

type cosigned struct {
	Vkey string `json:"vkey"`
	Note string `json:"note"`
}

type verdict struct {
	IsValid bool `json:"isValid"`
	// Seconds since 1970.
	Time int64 `json:"time"`
}

type answer struct {
	Verdicts []verdict `json:"verdicts"`
	Notes    []string  `json:"notes"`
}

func main() {
	log.SetFlags(0)
	var asked request
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		log.Fatal(err)
	}
	var told answer
	for _, one := range asked.Cosigned {
		told.Verdicts = append(told.Verdicts, judge(one))
	}
	for _, one := range asked.Notes {
		told.Notes = append(told.Notes, cosign(one, asked))
	}
	if err := json.NewEncoder(os.Stdout).Encode(told); err != nil {
		log.Fatal(err)
	}
}

func judge(one cosigned) verdict {
	verifier, err := formats.NewVerifierForCosignatureV1(one.Vkey)
	if err != nil {
		return verdict{}
	}
	opened, err := note.Open([]byte(one.Note), note.VerifierList(verifier))
	if err != nil || len(opened.Sigs) != 1 {
		return verdict{}
	}
	at, err := formats.CoSigV1Timestamp(opened.Sigs[0])
	if err != nil {
		return verdict{}
	}
	return verdict{IsValid: true, Time: at.Unix()}
}

func cosign(text string, asked request) string {
	verifier, err := note.NewVerifier(asked.Log)
	if err != nil {
		log.Fatal(err)
	}
	opened, err := note.Open([]byte(text), note.VerifierList(verifier))
	if err != nil {
		log.Fatal(err)
	}
	signer, err := formats.NewSignerForCosignatureV1(asked.Signer)
	if err != nil {
		log.Fatal(err)
	}
	signed, err := note.Sign(opened, signer)
	if err != nil {
		log.Fatal(err)
	}
	return string(signed)
}
