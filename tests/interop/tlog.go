// SPDX-License-Identifier: ISC

// tlog DIR VKEY [PROOF ...] reads a ledger with Go's checksum database client:
// its signed notes, its tiles, its proofs of records and of trees.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type tiles struct{ dir string }

func (t tiles) Height() int                           { return 8 }
func (t tiles) SaveTiles(_ []tlog.Tile, _ [][]byte) {}

// Go writes the tile height into the path, C2SP does not.
func (t tiles) ReadTiles(want []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, tile := range want {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, err := os.ReadFile(filepath.Join(t.dir, "tlog", path))
		if err != nil {
			return nil, err
		}
		out = append(out, data)
	}
	return out, nil
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func open(data []byte, v note.Verifier) tlog.Tree {
	n, err := note.Open(data, note.VerifierList(v))
	must(err)
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[0] != v.Name() {
		log.Fatalf("not a checkpoint: %q", n.Text)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err)
	root, err := base64.StdEncoding.DecodeString(lines[2])
	must(err)
	tree := tlog.Tree{N: size}
	copy(tree.Hash[:], root)
	return tree
}

func entries(dir string, size int64) [][]byte {
	var out [][]byte
	for n := int64(0); n*256 < size; n++ {
		path := strings.Replace((tlog.Tile{H: 8, L: -1, N: n,
			W: int(min(256, size-n*256))}).Path(),
			"tile/8/data/", "tile/entries/", 1)
		data, err := os.ReadFile(filepath.Join(dir, "tlog", path))
		must(err)
		for len(data) > 0 {
			end := 2 + int(binary.BigEndian.Uint16(data))
			out = append(out, data[2:end])
			data = data[end:]
		}
	}
	return out
}

func main() {
	dir, proofs := os.Args[1], os.Args[3:]
	v, err := note.NewVerifier(os.Args[2])
	must(err)
	data, err := os.ReadFile(filepath.Join(dir, "tlog", "checkpoint"))
	must(err)
	tree := open(data, v)
	hashes := tlog.TileHashReader(tree, tiles{dir})
	all := entries(dir, tree.N)
	if int64(len(all)) != tree.N {
		log.Fatalf("%d entries of %d", len(all), tree.N)
	}
	for i, entry := range all {
		h, err := hashes.ReadHashes([]int64{
			tlog.StoredHashIndex(0, int64(i))})
		must(err)
		if h[0] != tlog.RecordHash(entry) {
			log.Fatalf("entry %d is not in the tree", i)
		}
	}
	for n := int64(1); n <= tree.N; n += 1 + tree.N/50 {
		old, err := tlog.TreeHash(n, hashes)
		must(err)
		p, err := tlog.ProveTree(tree.N, n, hashes)
		must(err)
		must(tlog.CheckTree(p, tree.N, tree.Hash, n, old))
	}
	for _, path := range proofs {
		data, err := os.ReadFile(path)
		must(err)
		head, rest, _ := strings.Cut(string(data), "\n\n")
		at := open([]byte(rest), v)
		lines := strings.Split(head, "\n")
		i, err := strconv.ParseInt(strings.TrimPrefix(lines[1],
			"index "), 10, 64)
		must(err)
		var p tlog.RecordProof
		for _, line := range lines[2:] {
			h, err := tlog.ParseHash(line)
			must(err)
			p = append(p, h)
		}
		must(tlog.CheckRecord(p, at.N, at.Hash, i,
			tlog.RecordHash(all[i])))
		want, err := tlog.ProveRecord(at.N, i, hashes)
		must(err)
		if fmt.Sprint(want) != fmt.Sprint(p) {
			log.Fatalf("entry %d: Go proves it otherwise", i)
		}
	}
	fmt.Printf("%d entries, %d proofs\n", len(all), len(proofs))
}
