package main

import (
	"bytes"
	"fmt"
	"slices"
)

type leafRange struct{ first, end uint64 }

// checkTree is V3: tiles are made of the hashes below them, and every root that is stated is that of the tree.
func (v *verification) checkTree() {
	var below []digest
	for number := 0; uint64(len(below)) < v.head.size; number++ {
		width := int(min(tileWidth, v.head.size-uint64(len(below))))
		raw, err := readTile(v.folder, "0", number, width, tileBytesMax)
		if err != nil || len(raw) != 32*width {
			first := uint64(len(below))
			if err == nil {
				v.failAt("V3", first+uint64(min(len(raw)/32, width-1)), "tile %d of leaves has %d bytes", number, len(raw))
			} else {
				v.lack("V3", "tile %d of leaves %v", number, err)
			}
			for _, name := range stepsOfLeaves {
				v.lack(name, "leaves from %d on are not at hand", first)
			}
			break
		}
		below = append(below, hashesIn(raw)...)
	}
	v.leaves = below
	v.compareRoots()
	isWhole := uint64(len(below)) == v.head.size
	for level := 1; len(below) >= tileWidth; level++ {
		above := make([]digest, len(below)/tileWidth)
		for i := range above {
			above[i] = rootOf(below[i*tileWidth : (i+1)*tileWidth])
		}
		for number := 0; number*tileWidth < len(above); number++ {
			expected := above[number*tileWidth : min((number+1)*tileWidth, len(above))]
			if len(expected) == tileWidth || isWhole {
				v.compareTile(level, number, expected)
			}
		}
		below = above
	}
}

func (v *verification) compareTile(level, number int, expected []digest) {
	raw, err := readTile(v.folder, fmt.Sprint(level), number, len(expected), tileBytesMax)
	if err != nil {
		v.lack("V3", "tile %d of level %d %v", number, level, err)
		return
	}
	leaves := uint64(1)
	for range level {
		leaves *= tileWidth
	}
	for i, hash := range expected {
		isSame := len(raw) >= 32*(i+1) && bytes.Equal(raw[32*i:32*i+32], hash[:])
		if isLast := i == len(expected)-1; !isSame || isLast && len(raw) != 32*len(expected) {
			first := leaves * uint64(number*tileWidth+i)
			v.badRanges = append(v.badRanges, leafRange{first, first + leaves})
			return
		}
	}
}

// concludeRanges names the first leaf below a hash that does not follow from them: the one whose entry is bad, if one is.
func (v *verification) concludeRanges() {
	for _, bad := range v.badRanges {
		leaf := bad.first
		if at, _ := slices.BinarySearch(v.badEntries, bad.first); at < len(v.badEntries) && v.badEntries[at] < bad.end {
			leaf = v.badEntries[at]
		}
		v.failAt("V3", leaf, "a tile above the leaves does not follow from them")
	}
}

func (v *verification) compareRoots() {
	stated := []claim{{size: v.head.size, root: v.head.root}}
	for _, c := range append(stated, v.claims...) {
		if c.size > 0 && c.size <= uint64(len(v.leaves)) && rootOf(v.leaves[:c.size]) != c.root {
			v.fail("V3", "the tree of %d leaves has another root than is stated", c.size)
		}
	}
}
