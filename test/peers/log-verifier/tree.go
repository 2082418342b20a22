package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

type digest [32]byte

func (d digest) String() string { return hex.EncodeToString(d[:]) }

func parseDigest(text string) (digest, bool) {
	decoded, err := hex.DecodeString(text)
	if err != nil || len(decoded) != len(digest{}) || hex.EncodeToString(decoded) != text {
		return digest{}, false
	}
	return digest(decoded), true
}

func leafHash(entry []byte) digest {
	return sha256.Sum256(append([]byte{0}, entry...))
}

func nodeHash(left, right digest) digest {
	return sha256.Sum256(bytes.Join([][]byte{{1}, left[:], right[:]}, nil))
}

// rootOf is the root of RFC 9162 over leaf hashes: the left half is the largest power of two below their number.
func rootOf(leaves []digest) digest {
	switch len(leaves) {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return leaves[0]
	}
	split := 1
	for split*2 < len(leaves) {
		split *= 2
	}
	return nodeHash(rootOf(leaves[:split]), rootOf(leaves[split:]))
}

const tileWidth = 256

// tileName is the number of a tile in groups of three digits, all but the last behind an x.
func tileName(number int) string {
	name := fmt.Sprintf("%03d", number%1000)
	for number /= 1000; number > 0; number /= 1000 {
		name = fmt.Sprintf("x%03d/%s", number%1000, name)
	}
	return name
}

var errAbsent = errors.New("is missing")

// readFile reads a plain file of at most so many bytes.
func readFile(folder, name string, bytesMax int64) ([]byte, error) {
	path := filepath.Join(folder, filepath.FromSlash(name))
	info, err := os.Lstat(path)
	switch {
	case err != nil:
		return nil, errAbsent
	case !info.Mode().IsRegular():
		return nil, errors.New("is no plain file")
	case info.Size() > bytesMax:
		return nil, errors.New("is larger than it may be")
	}
	return os.ReadFile(path)
}

// readTile reads a tile of a width. Where it is missing, the full one does, since it begins with the same hashes.
func readTile(folder, level string, number, width int, bytesMax int64) ([]byte, error) {
	name := "tile/" + level + "/" + tileName(number)
	if width == tileWidth {
		return readFile(folder, name, bytesMax)
	}
	raw, err := readFile(folder, fmt.Sprintf("%s.p/%d", name, width), bytesMax)
	if err != errAbsent {
		return raw, err
	}
	raw, err = readFile(folder, name, bytesMax)
	if err == nil && level != "entries" {
		raw = raw[:min(len(raw), 32*width)]
	}
	return raw, err
}

func hashesIn(tile []byte) []digest {
	hashes := make([]digest, len(tile)/32)
	for i := range hashes {
		hashes[i] = digest(tile[32*i : 32*i+32])
	}
	return hashes
}

// entryBundle splits a bundle into its entries, each behind its length in two bytes: fewer than its width where it ends within one.
func entryBundle(raw []byte, width int) [][]byte {
	var entries [][]byte
	for len(entries) < width && len(raw) >= 2 {
		end := 2 + int(raw[0])<<8 + int(raw[1])
		if end > len(raw) {
			break
		}
		entries, raw = append(entries, raw[2:end]), raw[end:]
	}
	return entries
}
