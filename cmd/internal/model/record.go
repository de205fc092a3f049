package model

import (
	"container/heap"
	"hash/fnv"
	"strings"
	"time"
)

// Record is one Kafka message of a stream, with the coordinates it gets when
// the records are written in order to empty topics.
type Record struct {
	Topic     string
	Partition int
	Offset    int64
	Time      time.Time // of arrival
	Key       []byte
	Value     []byte // nil is a tombstone
	Trace     string // W3C traceparent, often none
}

// partitionOf shares users out. An anonymous user goes where the known user of
// the same id goes, since one erasure is for both.
func partitionOf(user string, partitions int) int {
	h := fnv.New32a()
	h.Write([]byte(strings.TrimPrefix(user, "anon:"))) // hash.Hash never returns an error
	return int(h.Sum32() % uint32(partitions))
}

// arrival is a record on its way.
type arrival struct {
	record Record
	seq    int // keeps the order of equal times
	reason Reason
}

type arrivals []arrival

func (a arrivals) Len() int { return len(a) }
func (a arrivals) Less(i, j int) bool {
	if !a[i].record.Time.Equal(a[j].record.Time) {
		return a[i].record.Time.Before(a[j].record.Time)
	}
	return a[i].seq < a[j].seq
}
func (a arrivals) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a *arrivals) Push(x any)   { *a = append(*a, x.(arrival)) }
func (a *arrivals) Pop() any {
	old := *a
	last := old[len(old)-1]
	*a = old[:len(old)-1]
	return last
}

func (a *arrivals) put(x arrival) { heap.Push(a, x) }
func (a *arrivals) take() arrival { return heap.Pop(a).(arrival) }
