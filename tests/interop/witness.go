// SPDX-License-Identifier: ISC

// Another implementation of C2SP tlog-witness and tlog-cosignature, that of
// transparency-dev:
//
//	witness serve NAME VKEY        is a witness of the log VKEY
//	witness post URL DIR VKEY OLD  asks one to cosign the ledger in DIR
//	witness open DIR VKEY W ...    opens its checkpoint, signed by all of W
package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	fnote "github.com/transparency-dev/formats/note"
	client "github.com/transparency-dev/witness/client/http"
	"github.com/transparency-dev/witness/persistence/inmemory"
	"github.com/transparency-dev/witness/witness"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func verifier(vkey string) note.Verifier {
	v, err := note.NewVerifier(vkey)
	must(err)
	return v
}

func serve(name string, logv note.Verifier) {
	skey, vkey, err := note.GenerateKey(rand.Reader, name)
	must(err)
	signer, err := fnote.NewSignerForCosignatureV1(skey)
	must(err)
	vkey, err = fnote.VKeyToCosignatureV1(vkey)
	must(err)
	w, err := witness.New(context.Background(), witness.Opts{
		Persistence: inmemory.New(),
		Signers:     []note.Signer{signer},
		VerifierForLog: func(_ context.Context, origin string) (
			note.Verifier, bool, error) {
			return logv, origin == logv.Name(), nil
		},
	})
	must(err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /add-checkpoint",
		witness.NewHTTPHandler(w).AddCheckpoint)
	fmt.Printf("vkey  %s\nlistening on %s\n", vkey, l.Addr())
	must(http.Serve(l, mux))
}

type tiles struct{ dir string }

func (t tiles) Height() int                         { return 8 }
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

func checkpoint(dir string) []byte {
	data, err := os.ReadFile(filepath.Join(dir, "tlog", "checkpoint"))
	must(err)
	return data
}

// The proof is Go's, made from the tiles.
func post(to, dir string, logv note.Verifier, old int64) {
	u, err := url.Parse(to)
	must(err)
	data := checkpoint(dir)
	n, err := note.Open(data, note.VerifierList(logv))
	must(err)
	lines := strings.Split(n.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err)
	root, err := base64.StdEncoding.DecodeString(lines[2])
	must(err)
	tree := tlog.Tree{N: size}
	copy(tree.Hash[:], root)
	var proof [][]byte
	if old > 0 && old < size {
		p, err := tlog.ProveTree(size, old,
			tlog.TileHashReader(tree, tiles{dir}))
		must(err)
		for _, h := range p {
			proof = append(proof, append([]byte{}, h[:]...))
		}
	}
	w := client.NewWitness(u, http.DefaultClient)
	sigs, _, err := w.Update(context.Background(), uint64(old), data, proof)
	must(err)
	os.Stdout.Write(sigs)
}

func open(dir string, logv note.Verifier, vkeys []string) {
	list := []note.Verifier{logv}
	for _, vkey := range vkeys {
		v, err := fnote.NewVerifierForCosignatureV1(vkey)
		must(err)
		list = append(list, v)
	}
	n, err := note.Open(checkpoint(dir), note.VerifierList(list...))
	must(err)
	if len(n.Sigs) != len(list) {
		log.Fatalf("%d of %d signatures", len(n.Sigs), len(list))
	}
	for _, sig := range n.Sigs[1:] {
		at, err := fnote.CoSigV1Timestamp(sig)
		must(err)
		fmt.Println(sig.Name, at.Unix())
	}
}

func main() {
	args := os.Args[1:]
	switch args[0] {
	case "serve":
		serve(args[1], verifier(args[2]))
	case "post":
		old, err := strconv.ParseInt(args[4], 10, 64)
		must(err)
		post(args[1], args[2], verifier(args[3]), old)
	case "open":
		open(args[1], verifier(args[2]), args[3:])
	}
}
