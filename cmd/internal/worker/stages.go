package worker

import (
	"cmp"
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

// decoding is how records are read, by whichever stage reads the sources.
type decoding struct {
	decoder    schema.DecoderOptions
	normaliser schema.NormaliserOptions
}

// decoding asks the brokers what a key without value means where the
// configuration does not say.
func (w *Worker) decoding(ctx context.Context, cluster *consumer.Cluster) (decoding, error) {
	d := decoding{DecoderOptions(w.config), NormaliserOptions(w.config)}
	var silent []string
	for _, s := range w.config.Sources {
		if s.Tombstone == "" {
			silent = append(silent, s.Topic)
		}
	}
	return d, decideTombstones(ctx, cluster, silent, d.decoder.Sources)
}

// sourceInput is how source i is read, by whichever stage reads it.
func sourceInput(c *config.Config, i int) consumer.Input {
	s := c.Sources[i]
	return consumer.Input{
		Topic: s.Topic, Start: s.StartTime(), SkipLost: s.OnDataLoss == config.OnDataLossContinue,
		LossRemedy: fmt.Sprintf("to go on at the earliest record set sources[%d].on_data_loss: continue and restart, to go on elsewhere stop all replicas and use muster replay", i),
	}
}

// membership is the first stage: sources, or their events keyed by user → profiles
// → members.
func (w *Worker) membership(cluster *consumer.Cluster, t *telemetry, d decoding, members int, clusterID string) (*consumer.Stage, error) {
	c := w.config
	var inputs []consumer.Input
	for i := range c.Sources {
		inputs = append(inputs, sourceInput(c, i))
	}
	if c.Repartitions() {
		events, group := c.Topic(config.TopicEvents), c.StageGroup(config.StageMembership)
		inputs = []consumer.Input{{Topic: events, LossRemedy: fmt.Sprintf(
			"stop all replicas, put group %s at the earliest record (kafka-consumer-groups.sh --reset-offsets --to-earliest --topic %s --group %[1]s --execute), "+
				"then have the sources read again with muster replay --to earliest", group, events)}}
	}
	audienceKeys := map[string]schema.KeySet{}
	for key, a := range c.Audiences {
		if len(a.Identifiers) > 0 || a.ExternID != nil {
			audienceKeys[key] = a.Keys(c.ExternID)
		}
	}
	var existing []string
	for key, a := range c.Audiences {
		if a.FacebookID != "" || a.FacebookName != "" {
			existing = append(existing, key)
		}
	}
	o := w.stage(config.StageMembership, t)
	o.Inputs = inputs
	o.Changelog = StageChangelog(c, config.StageMembership)
	o.New = membership.New(membership.Options{
		Decoder:           d.decoder,
		Normaliser:        d.normaliser,
		Repartitioned:     c.Repartitions(),
		MembersTopic:      c.Topic(config.TopicMembers),
		MembersPartitions: members,
		Keys:              config.Audience{}.Keys(c.ExternID),
		AudienceKeys:      audienceKeys,
		ValueTraits:       c.ValueTraits(),
		Existing:          existing,
		RequireConsent:    c.RequireConsent,
		ExternIDAlone:     c.ExternID.Alone,
		MaxValues:         c.MaxValues,
		Suppress:          c.Erase.Suppress,
		EraseAccounts:     c.Erase.Accounts(),
		ForgetAfter:       c.ForgetAfter,
		AuditTopic:        c.Topic(config.TopicAudit),
		Installation:      installation(c, clusterID),
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
	general, err := audienceTexts(config.Audience{Name: c.Facebook.NameTemplate, Description: c.Facebook.DescriptionTemplate})
	if err != nil {
		return nil, err
	}
	graph := uploader.Facebook(client)
	if c.DryRun() {
		dry := newDryRun(client, w.log)
		w.mu.Lock()
		w.dry = dry
		w.mu.Unlock()
		graph = dry
	}
	processors, err := uploader.New(uploader.Options{
		Facebook:     graph,
		Installation: installation(c, clusterID),
		Account:      account,
		Audiences:    audiences,
		Topic:        c.Topic(config.TopicAudiences),
		Commands:     c.Topic(config.TopicCommands),
		Rejected:     c.Topic(config.TopicRejected),
		Audit:        c.Topic(config.TopicAudit),
		OverdueAfter: c.Erase.OverdueAfter,

		EraseAccounts: c.Erase.Accounts(),
		Members:       c.Topic(config.TopicMembers),

		MaxRemovedShare: float64(c.MaxRemovedShare) / 100,
		HoldNew:         c.NewAudiences == config.NewAudiencesHold,
		MaxAudiences:    c.MaxAudiences,
		Include:         c.Include,
		Exclude:         c.Exclude,
		Spaces:          c.Spaces,
		Recreate:        c.OnDeleted == config.OnDeletedRecreate,
		Name:            general.Name,
		Description:     general.Description,
		Source:          facebook.CustomerFileSource(c.Facebook.CustomerFileSource),

		Window:         c.Window,
		Quiet:          c.FirstSyncQuiet,
		ResendOver:     resendOver(c.ResendPeriod),
		RequestTimeout: c.Facebook.RequestTimeout,
		ReadEvery:      cmp.Or(c.Facebook.ReadInterval, -1),
		TakeoverWait:   takeoverWait(c),
		MaxLabels:      c.Telemetry.MaxAudiences,
		LabelByID:      c.Telemetry.AudienceLabel == config.LabelID,
		Health:         &w.uploads,
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
	o.Inputs = []consumer.Input{{
		Topic: c.Topic(config.TopicMembers),
		LossRemedy: "stop all replicas, run muster replay --stage uploader --to earliest, then have the first stage say everything again " +
			"with muster replay --to earliest",
	}, {
		Topic:    c.Topic(config.TopicCommands),
		SkipLost: true, // nobody waits for an order of a week ago
	}}
	o.Changelog = StageChangelog(c, config.StageUploader)
	o.New = processors
	return consumer.NewStage(cluster, o)
}

// takeoverWait is how long nothing may be sent for a former owner that wrote no
// release: it may act to the end of its lease, and what it then sent may take effect
// until the request's time-out.
func takeoverWait(c *config.Config) time.Duration {
	return min(c.Kafka.SessionTimeout, c.Kafka.RebalanceTimeout) + c.Facebook.RequestTimeout
}

// installation is the name in the marker of Facebook audiences.
func installation(c *config.Config, clusterID string) string {
	return cmp.Or(c.Installation, clusterID+"/"+c.RealGroup())
}

// stage is what all stages have in common.
func (w *Worker) stage(name string, t *telemetry) consumer.StageOptions {
	k := w.config.Kafka
	return consumer.StageOptions{
		Name:              name,
		Group:             w.config.StageGroup(name),
		DeadLetters:       w.config.Topic(config.TopicDeadLetter),
		StateDir:          w.config.StateDir,
		SessionTimeout:    k.SessionTimeout,
		HeartbeatInterval: k.HeartbeatInterval,
		RebalanceTimeout:  k.RebalanceTimeout,
		// No heartbeats are sent while draining.
		DrainTimeout: min(10*time.Second, k.SessionTimeout/3, k.RebalanceTimeout/3),
		Table:        consumer.TableOptions{FS: w.options.FS, Cache: w.cache, Failed: w.diskFailed, FailedAfter: w.options.DiskPatience},
		Logger:       w.log,
		Meter:        t.meters.Meter(scope),
		Tracer:       t.tracer(),
	}
}

func audienceOptions(c *config.Config) (map[string]uploader.AudienceOptions, error) {
	all := map[string]uploader.AudienceOptions{}
	for key, a := range c.Audiences {
		texts, err := audienceTexts(a)
		if err != nil {
			return nil, fmt.Errorf("audience %q: %w", key, err)
		}
		o := uploader.AudienceOptions{
			Name: texts.Name, Description: texts.Description, Source: facebook.CustomerFileSource(a.CustomerFileSource), Window: a.Window, LeaveOut: a.Sync == config.SyncPaused, AddOnly: a.Sync == config.SyncAddOnly,
			ValueBased:     a.ValueTrait != "",
			DataProcessing: uploader.DataProcessing(a.DataProcessing), AppIDs: a.AppIDs, PageIDs: a.PageIDs,
			ResyncEvery: a.ResyncEvery,
			Recreate:    cmp.Or(a.OnDeleted, c.OnDeleted) == config.OnDeletedRecreate,
		}
		if a.ResendPeriod != nil {
			o.ResendOver = resendOver(*a.ResendPeriod)
		}
		o.FacebookName = a.FacebookName
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

// audienceTexts parses what an audience is called; of an empty text there is none.
func audienceTexts(a config.Audience) (o uploader.AudienceOptions, err error) {
	for _, x := range []struct {
		text string
		into **schema.AudienceText
	}{{a.Name, &o.Name}, {a.Description, &o.Description}} {
		if x.text == "" {
			continue
		}
		if *x.into, err = schema.ParseAudienceText(x.text); err != nil {
			return o, fmt.Errorf("template %q: %w", x.text, err)
		}
	}
	return o, nil
}

// resendOver is the uploader's word for a period of which 0 means never.
func resendOver(period time.Duration) time.Duration {
	if period == 0 {
		return -1
	}
	return period
}
