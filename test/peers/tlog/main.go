// Command tlog answers questions about Merkle trees by golang.org/x/mod/sumdb/tlog, the implementation behind Go's checksum database:
// one JSON request on standard input, one JSON answer on standard output. test/unit/verifier/tlog-peer.test.ts asks.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"

	"golang.org/x/mod/sumdb/tlog"
)

type request struct {
	// Records are the entries of one tree, in order; bytes are base64.
	Records [][]byte `json:"records"`
	// Proofs to make in it.
	Inclusions    []inclusion   `json:"inclusions"`
	Consistencies []consistency `json:"consistencies"`
	// Claims to judge, about any trees.
	InclusionClaims   []inclusionClaim   `json:"inclusionClaims"`
	ConsistencyClaims []consistencyClaim `json:"consistencyClaims"`
}

type inclusion struct {
	Index int64 `json:"index,string"`
	Size  int64 `json:"size,string"`
}

type consistency struct {
	Size1 int64 `json:"size1,string"`
	Size2 int64 `json:"size2,string"`
}

type inclusionClaim struct {
	inclusion
	LeafHash []byte   `json:"leafHash"`
	Root     []byte   `json:"root"`
	Proof    [][]byte `json:"proof"`
}

type consistencyClaim struct {
	consistency
	Root1 []byte   `json:"root1"`
	Root2 []byte   `json:"root2"`
	Proof [][]byte `json:"proof"`
}

type answer struct {
	// Roots of the first 1, 2, 3, ... records.
	Roots               [][]byte   `json:"roots"`
	Inclusions          [][][]byte `json:"inclusions"`
	Consistencies       [][][]byte `json:"consistencies"`
	InclusionVerdicts   []bool     `json:"inclusionVerdicts"`
	ConsistencyVerdicts []bool     `json:"consistencyVerdicts"`
}

func main() {
	log.SetFlags(0)
	var asked request
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		log.Fatal(err)
	}
	answered, err := answerTo(asked)
	if err != nil {
		log.Fatal(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(answered); err != nil {
		log.Fatal(err)
	}
}

func answerTo(asked request) (answer, error) {
	var answered answer
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			if index >= int64(len(stored)) {
				return nil, fmt.Errorf("hash %d is not stored", index)
			}
			hashes[i] = stored[index]
		}
		return hashes, nil
	})
	for n, record := range asked.Records {
		hashes, err := tlog.StoredHashes(int64(n), record, reader)
		if err != nil {
			return answered, err
		}
		stored = append(stored, hashes...)
		root, err := tlog.TreeHash(int64(n)+1, reader)
		if err != nil {
			return answered, err
		}
		answered.Roots = append(answered.Roots, root[:])
	}
	for _, wanted := range asked.Inclusions {
		proof, err := tlog.ProveRecord(wanted.Size, wanted.Index, reader)
		if err != nil {
			return answered, err
		}
		answered.Inclusions = append(answered.Inclusions, bytesOf(proof))
	}
	for _, wanted := range asked.Consistencies {
		proof, err := tlog.ProveTree(wanted.Size2, wanted.Size1, reader)
		if err != nil {
			return answered, err
		}
		answered.Consistencies = append(answered.Consistencies, bytesOf(proof))
	}
	for _, claim := range asked.InclusionClaims {
		answered.InclusionVerdicts = append(answered.InclusionVerdicts, includes(claim))
	}
	for _, claim := range asked.ConsistencyClaims {
		answered.ConsistencyVerdicts = append(answered.ConsistencyVerdicts, extends(claim))
	}
	return answered, nil
}

func includes(claim inclusionClaim) bool {
	hashes, whole := hashesOf(claim.Proof, claim.LeafHash, claim.Root)
	if !whole {
		return false
	}
	proof, leaf, root := hashes[2:], hashes[0], hashes[1]
	return tlog.CheckRecord(proof, claim.Size, root, claim.Index, leaf) == nil
}

func extends(claim consistencyClaim) bool {
	hashes, whole := hashesOf(claim.Proof, claim.Root1, claim.Root2)
	if !whole {
		return false
	}
	proof, root1, root2 := hashes[2:], hashes[0], hashes[1]
	return tlog.CheckTree(proof, claim.Size2, root2, claim.Size1, root1) == nil
}

// hashesOf answers two hashes and those of a proof behind them, and whether all have the length of a hash.
func hashesOf(proof [][]byte, first, second []byte) ([]tlog.Hash, bool) {
	hashes := make([]tlog.Hash, 0, len(proof)+2)
	for _, bytes := range append([][]byte{first, second}, proof...) {
		if len(bytes) != tlog.HashSize {
			return nil, false
		}
		hashes = append(hashes, tlog.Hash(bytes))
	}
	return hashes, true
}

func bytesOf(hashes []tlog.Hash) [][]byte {
	list := make([][]byte, len(hashes))
	for i := range hashes {
		list[i] = hashes[i][:]
	}
	return list
}
