package model

import (
	"crypto/sha256"
	_ "embed" // for the vectors
	"encoding/hex"
	"encoding/json"
	"fmt"
)

//go:embed testdata/vectors.json
var vectorFile []byte

// Vector is one checked example of normalising and hashing.
type Vector struct {
	Key        string `json:"key"`               // as Facebook spells it
	Raw        string `json:"raw"`               // as events spell it
	Country    string `json:"country,omitempty"` // of the same event, where it matters
	Normalised string `json:"normalised"`
	SHA256     string `json:"sha256"`
}

type spelling struct{ key, raw string }

var hashes = loadVectors()

// Vectors are all examples, in the order of the file.
func Vectors() ([]Vector, error) {
	var list []Vector
	if err := json.Unmarshal(vectorFile, &list); err != nil {
		return nil, fmt.Errorf("read vectors: %w", err)
	}
	return list, nil
}

func loadVectors() map[spelling]string {
	list, err := Vectors()
	if err != nil {
		panic(err) // the file is part of the program
	}
	m := make(map[spelling]string, len(list))
	for _, v := range list {
		m[spelling{v.Key, v.Raw}] = v.SHA256
	}
	return m
}

// uploaded is the hash that the vectors give for a raw spelling.
func uploaded(key, raw string) string {
	h, ok := hashes[spelling{key, raw}]
	if !ok {
		panic(fmt.Sprintf("model: no vector for %s %q", key, raw))
	}
	return h
}

// hashOf hashes a value that was made in its normalised form.
func hashOf(normalised string) string {
	sum := sha256.Sum256([]byte(normalised))
	return hex.EncodeToString(sum[:])
}
