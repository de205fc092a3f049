package consumer

import (
	"context"
	"errors"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
)

// Guard is what keeps a task's changelog its owner's: see doc.go, "Without
// fencing". A producer takes the best that brokers grant.
type Guard string

// The guards, from strong to weak.
const (
	// GuardEpoch: a transactional id. Brokers refuse former owners.
	GuardEpoch Guard = "epoch"
	// GuardSequence: a producer id of its own. Brokers store a repeated request once;
	// that somebody else wrote is noticed afterwards.
	GuardSequence Guard = "sequence"
	// GuardPosition: nothing. A request stored twice is noticed afterwards, too.
	GuardPosition Guard = "position"
)

// Unfenced reports whether former owners can still write.
func (g Guard) Unfenced() bool { return g == GuardSequence || g == GuardPosition }

// open gets a new epoch, which shuts out former producers of this transactional
// id from every partition this one writes to. Where that is refused for good, it
// takes what is granted.
func (p *producer) open(ctx context.Context) error {
	refusal := p.init(ctx, p.transactionalID, -1, -1)
	if refusal == nil {
		p.guardBy(GuardEpoch)
	}
	if !refused(refusal) {
		return refusal
	}
	err := p.init(ctx, "", -1, -1)
	switch {
	case refused(err):
		p.guardByPosition(refusal)
		return nil
	case err == nil:
		p.guardBy(GuardSequence)
		p.cluster.warnUnfenced(p, refusal)
	}
	return err
}

// renew gets the next epoch for this producer, if it still is the newest. Without a
// transactional id it gets another producer id, for brokers forget both; a right
// that was granted meanwhile takes effect.
func (p *producer) renew(ctx context.Context) error {
	if p.guard.Unfenced() {
		return p.open(ctx)
	}
	return p.init(ctx, p.transactionalID, int(p.id), int(p.epoch))
}

func (p *producer) guardBy(g Guard) {
	p.guard = g
	if p.guarded != nil {
		p.guarded(g)
	}
}

// guardByPosition has the producer write without any producer id.
func (p *producer) guardByPosition(refusal error) {
	p.stamp(-1, -1)
	p.guardBy(GuardPosition)
	p.cluster.warnUnfenced(p, refusal)
}

// refused reports whether brokers grant no producer id, and will not before
// somebody changes them.
func refused(err error) bool {
	for _, e := range []kafka.Error{
		kafka.TransactionalIDAuthorizationFailed,
		kafka.ClusterAuthorizationFailed, // for an id without a transactional one
		kafka.UnsupportedVersion,
		kafka.InvalidRequest, // a request that is valid for Kafka, so this is not quite Kafka
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// unsupportedOr returns UnsupportedVersion if the brokers do not know
// InitProducerID, and err otherwise: they close the connection on what they do not
// know.
func (c *Cluster) unsupportedOr(ctx context.Context, err error) error {
	res, asked := c.client.ApiVersions(ctx, &kafka.ApiVersionsRequest{})
	if asked != nil || res.Error != nil || len(res.ApiKeys) == 0 {
		return err
	}
	for _, k := range res.ApiKeys {
		if k.ApiKey == int(protocol.InitProducerId) {
			return err
		}
	}
	return kafka.UnsupportedVersion
}

// warnUnfenced says once in the life of a Cluster what is not granted, what that
// costs and what an operator can do.
func (c *Cluster) warnUnfenced(p *producer, refusal error) {
	c.unfenced.Do(func() {
		cost := "a worker that slept through its lease can still write to changelogs; what it writes is left out, at the cost of a takeover, " +
			"but a stray record that no owner sees for min.compaction.lag.ms can cost its key's value"
		if p.guard == GuardPosition {
			cost += "; a request whose answer is lost may be stored twice: a takeover, too, and dead letters that are there twice"
		}
		c.log.Warn("brokers grant no transactional id: former owners are noticed, but not shut out",
			"transactional_id", p.transactionalID, "error", refusal, "cost", cost, "remedy", c.options.FencingRemedy)
	})
}
