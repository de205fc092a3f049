package consumer

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// DifferenceKind says how table and changelog disagree on a key.
type DifferenceKind int

// The kinds of differences.
const (
	Missing   DifferenceKind = iota // the changelog has the key, the table has not
	Extra                           // the table has the key, the changelog has not
	Different                       // both have it, with other values
	numKinds  = iota
)

// String names the kind.
func (k DifferenceKind) String() string {
	return [numKinds]string{"missing", "extra", "different"}[k]
}

// Difference is one key on which table and changelog disagree.
type Difference struct {
	Kind DifferenceKind
	Key  []byte
	// Position of the key's newest record at or below the table's position,
	// NoPosition if the changelog has none.
	Position Position
}

// VerifyOptions say which table to hold against which changelog partition.
type VerifyOptions struct {
	Changelog string
	Partition int
	Dir       string
	Table     TableOptions
	Samples   int // how many differences of each kind the report names
	// Progress, if set, is called for every record read.
	Progress func(done, total int64)
}

// TableReport is what Verify found.
type TableReport struct {
	Position   Position // of the table's last record
	Start, End Position // of the changelog, when reading began
	// Equal keys are the same in both. Overwritten ones cannot be compared: their
	// value as of the table's position is gone, as they were written again above.
	Equal, Overwritten int64
	Counts             [numKinds]int64 // of differences
	Samples            []Difference
	// Problems are what makes the table as a whole no copy of this changelog.
	Problems []string
}

// Behind is how many positions of the changelog the table has not seen.
func (r *TableReport) Behind() int64 { return max(int64(r.End-1-r.Position), 0) }

// Differs reports whether the table is anything else than a prefix of the
// changelog (I2). Being behind is no difference.
func (r *TableReport) Differs() bool {
	return len(r.Problems) > 0 || r.Counts != [numKinds]int64{}
}

// Verify holds a table against its changelog, up to the table's position. It
// writes to neither. The table must not be open elsewhere (ErrTableInUse).
//
// It keeps some 40 bytes a key in memory: keys and values are compared by
// hashes of 64 bits under a random seed.
func (c *Cluster) Verify(ctx context.Context, o VerifyOptions) (_ *TableReport, err error) {
	table, err := openTableReadOnly(o.Dir, o.Table)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, table.Close()) }()
	v := verification{
		options: o, table: table, report: TableReport{Position: table.Position()},
		log: &kafkaLog{cluster: c, changelog: topicPartition{o.Changelog, o.Partition}, maxBytes: 4 << 20},
	}
	if err := v.readLog(ctx); err != nil {
		return nil, err
	}
	v.judgeMeta()
	if err := v.compare(); err != nil {
		return nil, err
	}
	if err := v.missing(ctx); err != nil {
		return nil, err
	}
	return &v.report, nil
}

// verification is one table held against its changelog.
type verification struct {
	options VerifyOptions
	table   *Table
	log     *kafkaLog
	index   logIndex
	report  TableReport
}

func (v *verification) readLog(ctx context.Context) error {
	at, err := v.log.cluster.endOffset(ctx, v.options.Changelog, v.options.Partition)
	if err != nil {
		return err
	}
	end := Position(at)
	start, err := v.log.Start(ctx)
	if err != nil {
		return err
	}
	v.report.Start, v.report.End = start, end
	v.index = newLogIndex(v.report.Position)
	for rec, err := range v.log.Read(ctx, start, end) {
		if err == nil {
			err = v.index.add(rec)
		}
		if err != nil {
			return fmt.Errorf("read changelog from %d: %w", start, err)
		}
		if v.options.Progress != nil {
			v.options.Progress(int64(rec.Position-start)+1, int64(end-start))
		}
	}
	return nil
}

// judgeMeta compares what the table remembers of the log as a whole.
func (v *verification) judgeMeta() {
	m, x := v.table.meta, &v.index
	problem := func(format string, args ...any) {
		v.report.Problems = append(v.report.Problems, fmt.Sprintf(format, args...))
	}
	if m.position >= v.report.End {
		problem("table is at position %d, but the changelog ends at %d", m.position, v.report.End)
	}
	if m.position == NoPosition {
		return
	}
	switch seen := x.fence; {
	case m.fence == NoPosition && seen.at != NoPosition:
		problem("table knows no fence, but the changelog has one at %d", seen.at)
	case m.fence == NoPosition:
		return
	case seen.at == NoPosition && x.later.at == NoPosition:
		problem("table knows the fence at %d, but the changelog has none", m.fence)
	case seen.at > m.fence, seen.at < m.fence && x.later.at == NoPosition:
		problem("table knows the fence at %d as the last below its position, the changelog has it at %d", m.fence, seen.at)
	case seen.at == m.fence && seen.Owner != m.owner:
		problem("fence at %d is of another owner than the table remembers", m.fence)
	}
	for _, f := range []seenFence{x.fence, x.later} {
		if f.at != NoPosition && f.Incarnation != m.incarnation {
			problem("table is of incarnation %d, the changelog of %d (fence at %d)", m.incarnation, f.Incarnation, f.at)
		}
	}
}

// compare goes through the table.
func (v *verification) compare() error {
	for e, err := range scan(v.table.db, spaceLogged, nil, nil) {
		if err != nil {
			return err
		}
		switch at, verdict := v.index.take(e.Key, e.Value); verdict {
		case verdictEqual:
			v.report.Equal++
		case verdictOverwritten:
			v.report.Overwritten++
		case verdictExtra:
			v.differ(Difference{Extra, slices.Clone(e.Key), at})
		case verdictDifferent:
			v.differ(Difference{Different, slices.Clone(e.Key), at})
		}
	}
	return nil
}

func (v *verification) differ(d Difference) {
	v.report.Counts[d.Kind]++
	if v.report.Counts[d.Kind] <= int64(v.options.Samples) {
		v.report.Samples = append(v.report.Samples, d)
	}
}

// missing notes what the table did not have, and reads the keys of some again:
// the index holds only their hashes.
func (v *verification) missing(ctx context.Context) error {
	positions := v.index.left()
	v.report.Counts[Missing] = int64(len(positions))
	for _, at := range positions[:min(len(positions), v.options.Samples)] {
		d := Difference{Kind: Missing, Position: at}
		for rec, err := range v.log.Read(ctx, at, at+1) {
			if err != nil {
				return fmt.Errorf("read changelog at %d: %w", at, err)
			}
			d.Key = rec.Key
		}
		v.report.Samples = append(v.report.Samples, d)
	}
	return nil
}
