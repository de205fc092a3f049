package consumertest

// TableBytes closes the task and returns how much its table takes on disk.
func (k *Task) TableBytes() (total int64) {
	k.t.Helper()
	k.Close()
	names, err := k.fs.List("table")
	if err != nil {
		k.t.Fatal(err)
	}
	for _, name := range names {
		info, err := k.fs.Stat(k.fs.PathJoin("table", name))
		if err != nil {
			k.t.Fatal(err)
		}
		if info.Mode().IsRegular() {
			total += info.Size()
		}
	}
	return total
}

// KeptBytes is the size of keys and values that compaction would leave.
func (l *Log) KeptBytes() (total int64) {
	last := map[string]int{}
	for _, r := range l.Records() {
		last[string(r.Key)] = len(r.Key) + len(r.Value)
	}
	for _, n := range last {
		total += int64(n)
	}
	return total
}
