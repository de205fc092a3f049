package worker

import (
	"context"
	"fmt"
	"time"

	"muster/cmd/internal/config"
	"muster/consumer"
	"muster/membership"
	"muster/schema"
	"muster/uploader"
	"muster/uploader/facebook"
)

// scope names the instruments that are not the uploader's own.
const scope = "muster"

// membership is the first stage: sources → profiles → members.
func (w *Worker) membership(ctx context.Context, cluster *consumer.Cluster, t *telemetry, members int) (*consumer.Stage, error) {
	c := w.config
	decoder := DecoderOptions(c)
	var inputs []consumer.Input
	var silent []string
	for i, s := range c.Sources {
		inputs = append(inputs, consumer.Input{
			Topic: s.Topic, Start: s.StartTime(), SkipLost: s.OnDataLoss == config.OnDataLossContinue,
			LossRemedy: fmt.Sprintf("to go on at the earliest record set sources[%d].on_data_loss: continue and restart, to go on elsewhere stop all replicas and use muster replay", i),
		})
		if s.Tombstone == "" {
			silent = append(silent, s.Topic)
		}
	}
	if err := decideTombstones(ctx, cluster, silent, decoder.Sources); err != nil {
		return nil, err
	}
	audienceKeys := map[string]schema.KeySet{}
	for key, a := range c.Audiences {
		if len(a.Identifiers) > 0 {
			audienceKeys[key] = a.Keys(c.ExternID)
		}
	}
	o := w.stage(config.StageMembership, t)
	o.Inputs = inputs
	o.Changelog = c.Topic(config.TopicProfiles)
	o.New = membership.New(membership.Options{
		Decoder:           decoder,
		Normaliser:        NormaliserOptions(c),
		MembersTopic:      c.Topic(config.TopicMembers),
		MembersPartitions: members,
		Keys:              config.Audience{}.Keys(c.ExternID),
		AudienceKeys:      audienceKeys,
		RequireConsent:    c.RequireConsent,
		ExternIDAlone:     c.ExternID.Alone,
		MaxValues:         c.MaxValues,
		Meter:             o.Meter,
		Logger:            w.log,
		Health:            &w.health,
	})
	return consumer.NewStage(cluster, o)
}

// uploader is the second stage: members → uploads → Facebook.
func (w *Worker) uploader(cluster *consumer.Cluster, t *telemetry, clusterID string) (*consumer.Stage, error) {
	c := w.config
	client, err := newFacebook(c, w.options, t)
	if err != nil {
		return nil, err
	}
	account, err := facebook.ParseAccountID(c.Facebook.AdAccount)
	if err != nil {
		return nil, err
	}
	audiences, err := audienceOptions(c)
	if err != nil {
		return nil, err
	}
	installation := c.Installation
	if installation == "" {
		installation = clusterID + "/" + c.Group
	}
	resend := c.ResendPeriod
	if resend == 0 {
		resend = -1
	}
	processors, err := uploader.New(uploader.Options{
		Facebook:       client,
		Installation:   installation,
		Account:        account,
		Audiences:      audiences,
		Topic:          c.Topic(config.TopicAudiences),
		Window:         c.Window,
		Quiet:          c.FirstSyncQuiet,
		ResendOver:     resend,
		RequestTimeout: c.Facebook.RequestTimeout,
		// The former owner may act to the end of its lease, and what it then
		// sent may take effect until the request's time-out.
		TakeoverWait:   min(c.Kafka.SessionTimeout, c.Kafka.RebalanceTimeout) + c.Facebook.RequestTimeout,
		Logger:         w.log,
		TracerProvider: t.tracers,
		MeterProvider:  t.meters,
	})
	if err != nil {
		return nil, fmt.Errorf("make the uploader: %w", err)
	}
	o := w.stage(config.StageUploader, t)
	// Nothing is skipped here: an exit that is not read would leave its member in
	// Facebook for ever, and the first stage can say everything again.
	o.Inputs = []consumer.Input{{Topic: c.Topic(config.TopicMembers), LossRemedy: fmt.Sprintf(
		"stop all replicas, put group %s at the earliest record (kafka-consumer-groups.sh --reset-offsets --to-earliest --topic %s --group %[1]s --execute), "+
			"then have the first stage say everything again with muster replay --to earliest", o.Group, c.Topic(config.TopicMembers))}}
	o.Changelog = c.Topic(config.TopicUploads)
	o.New = processors
	return consumer.NewStage(cluster, o)
}

// stage is what both stages have in common.
func (w *Worker) stage(name string, t *telemetry) consumer.StageOptions {
	k := w.config.Kafka
	return consumer.StageOptions{
		Name:              name,
		Group:             w.config.Group + "-" + name,
		DeadLetters:       w.config.Topic(config.TopicDeadLetter),
		StateDir:          w.config.StateDir,
		SessionTimeout:    k.SessionTimeout,
		HeartbeatInterval: k.HeartbeatInterval,
		RebalanceTimeout:  k.RebalanceTimeout,
		// No heartbeats are sent while draining.
		DrainTimeout: min(10*time.Second, k.SessionTimeout/3, k.RebalanceTimeout/3),
		Table:        consumer.TableOptions{FS: w.options.FS, Cache: w.cache},
		Logger:       w.log,
		Meter:        t.meters.Meter(scope),
	}
}

func audienceOptions(c *config.Config) (map[string]uploader.AudienceOptions, error) {
	all := map[string]uploader.AudienceOptions{}
	for key, a := range c.Audiences {
		o := uploader.AudienceOptions{Name: a.Name, Window: a.Window, LeaveOut: a.Ignore}
		var err error
		if a.FacebookID != "" {
			if o.FacebookID, err = facebook.ParseAudienceID(a.FacebookID); err != nil {
				return nil, err
			}
		}
		if a.Account != "" {
			if o.Account, err = facebook.ParseAccountID(a.Account); err != nil {
				return nil, err
			}
		}
		all[key] = o
	}
	return all, nil
}
