// SPDX-License-Identifier: ISC

// tlog DIR|URL VKEY [PROOF|CHECKPOINT ...] reads a ledger, or a published one
// over HTTP, with Go's checksum database client: its signed notes, its tiles,
// its proofs of records and of trees; and that earlier checkpoints are of it.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type tiles struct {
	from string
	have map[string][]byte
}

// A file below tlog/. Tiles never change, so one request each is enough.
func (t tiles) read(name string) ([]byte, error) {
	if data, ok := t.have[name]; ok {
		return data, nil
	}
	data, err := t.fetch(name)
	if err == nil {
		t.have[name] = data
	}
	return data, err
}

func (t tiles) fetch(name string) ([]byte, error) {
	if !strings.HasPrefix(t.from, "http") {
		return os.ReadFile(filepath.Join(t.from, "tlog", name))
	}
	return get(strings.TrimPrefix(t.from, "http://"), "/tlog/"+name)
}

// HTTP 1.0 by hand: net/http takes longer to compile than all the rest.
func get(host, path string) ([]byte, error) {
	c, err := net.Dial("tcp", host)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	fmt.Fprintf(c, "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n", path, host)
	all, err := io.ReadAll(c)
	if err != nil {
		return nil, err
	}
	head, body, _ := strings.Cut(string(all), "\r\n\r\n")
	if len(head) < 12 || head[9:12] != "200" {
		return nil, fmt.Errorf("%s: %.40q", path, head)
	}
	return []byte(body), nil
}

func (t tiles) Height() int                         { return 8 }
func (t tiles) SaveTiles(_ []tlog.Tile, _ [][]byte) {}

// Go writes the tile height into the path, C2SP does not.
func (t tiles) ReadTiles(want []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, tile := range want {
		data, err := t.read(strings.Replace(tile.Path(), "tile/8/",
			"tile/", 1))
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

func entries(t tiles, size int64) [][]byte {
	var out [][]byte
	for n := int64(0); n*256 < size; n++ {
		w := size - n*256
		if w > 256 {
			w = 256
		}
		data, err := t.read(strings.Replace((tlog.Tile{H: 8, L: -1,
			N: n, W: int(w)}).Path(), "tile/8/data/",
			"tile/entries/", 1))
		must(err)
		for len(data) > 0 {
			end := 2 + int(binary.BigEndian.Uint16(data))
			out = append(out, data[2:end])
			data = data[end:]
		}
	}
	return out
}

// A checkpoint that the log signed before must be of the same tree.
func checkOld(tree, old tlog.Tree, hashes tlog.HashReader) {
	p, err := tlog.ProveTree(tree.N, old.N, hashes)
	must(err)
	must(tlog.CheckTree(p, tree.N, tree.Hash, old.N, old.Hash))
}

// A tlog-proof, which must be the one that Go makes.
func checkProof(data string, v note.Verifier, all [][]byte,
	hashes tlog.HashReader) {
	head, rest, _ := strings.Cut(data, "\n\n")
	at := open([]byte(rest), v)
	lines := strings.Split(head, "\n")
	i, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10,
		64)
	must(err)
	var p tlog.RecordProof
	for _, line := range lines[2:] {
		h, err := tlog.ParseHash(line)
		must(err)
		p = append(p, h)
	}
	must(tlog.CheckRecord(p, at.N, at.Hash, i, tlog.RecordHash(all[i])))
	want, err := tlog.ProveRecord(at.N, i, hashes)
	must(err)
	if fmt.Sprint(want) != fmt.Sprint(p) {
		log.Fatalf("entry %d: Go proves it otherwise", i)
	}
}

func main() {
	t := tiles{os.Args[1], map[string][]byte{}}
	files := os.Args[3:]
	v, err := note.NewVerifier(os.Args[2])
	must(err)
	data, err := t.fetch("checkpoint")
	must(err)
	tree := open(data, v)
	hashes := tlog.TileHashReader(tree, t)
	all := entries(t, tree.N)
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
		checkOld(tree, tlog.Tree{N: n, Hash: old}, hashes)
	}
	for _, path := range files {
		data, err := os.ReadFile(path)
		must(err)
		if strings.HasPrefix(string(data), v.Name()+"\n") {
			checkOld(tree, open(data, v), hashes)
		} else {
			checkProof(string(data), v, all, hashes)
		}
	}
	fmt.Printf("%d entries, %d proofs\n", len(all), len(files))
}
