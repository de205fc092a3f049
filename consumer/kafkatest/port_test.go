package kafkatest

import "testing"

// TestPortsAreTakenOnce: two clusters never share a port, though most of theirs
// are listened on late or not at all.
func TestPortsAreTakenOnce(t *testing.T) {
	t.Parallel()
	owner := make(map[int]int)
	for i := range 20 {
		b, err := takePorts(30)
		if err != nil {
			t.Fatal(err)
		}
		defer b.release()
		for _, p := range b.ports {
			if other, ok := owner[p]; ok {
				t.Fatalf("port %d is given to %d and %d", p, other, i)
			}
			if p < firstPort || p >= lastPort {
				t.Errorf("port %d is out of range", p)
			}
			owner[p] = i
		}
	}
	if _, err := takePorts(blockSize); err == nil {
		t.Error("a block has more ports than it has")
	}
}
