package uploader

import (
	"context"
	"errors"
	"time"

	"github.com/segmentio/kafka-go"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"muster/schema/musterpb"
	"muster/uploader/facebook"
)

// The names of this package's telemetry. Audience keys are in attributes; users,
// identifiers and their hashes never (I8).
const (
	scopeName = "muster/uploader"

	metricRecords   = "muster.uploader.records"
	metricRows      = "muster.uploader.rows"
	metricBeyond    = "muster.uploader.survivors_beyond_limit"
	metricRejected  = "muster.uploader.rejected_rows"
	metricAlarms    = "muster.uploader.alarms"
	metricBlocked   = "muster.uploader.blocked"
	metricAbandoned = "muster.uploader.windows_abandoned"
	metricMembers   = "muster.uploader.members"
	metricPending   = "muster.uploader.pending_members"
	metricOwed      = "muster.uploader.owed_members"
	metricErasing   = "muster.uploader.erasures.pending"
	metricOverdue   = "muster.uploader.erasures.overdue"
	metricAccErase  = "muster.uploader.account_erasures.pending"
	metricAccOver   = "muster.uploader.account_erasures.overdue"
	metricUnsent    = "muster.uploader.oldest_unsent_age"
	metricBlockedIs = "muster.uploader.audience_blocked"
	metricUsed      = "muster.uploader.account_used"
	metricWaiting   = "muster.uploader.account_waiting"
	metricWaitRows  = "muster.uploader.account_waiting_rows"
	metricOpens     = "muster.uploader.account_opens_in"

	spanWindow  = "upload window"
	spanReplace = "replace audience"
	spanDelete  = "delete audience"
	spanErase   = "erase in ad account"

	keyOutcome  = attribute.Key("muster.outcome")
	keyAudience = attribute.Key("muster.audience")
	keyAccount  = attribute.Key("muster.account")
	keyKind     = attribute.Key("muster.alarm")
	keyReason   = attribute.Key("muster.reason")
	keyPart     = attribute.Key("muster.partition")
)

type telemetry struct {
	meter                               metric.Meter
	tracer                              trace.Tracer
	records, rowCount, beyondCount      metric.Int64Counter
	rejectedCount                       metric.Int64Counter
	alarms, blockedCount, abandonedOnes metric.Int64Counter
	members, pending, owed, blockedIs   metric.Int64Gauge
	erasing, overdue                    metric.Int64Gauge
	accErasing, accOverdue              metric.Int64Gauge
	unsent                              metric.Float64Gauge
}

func newTelemetry(tracers trace.TracerProvider, meters metric.MeterProvider) (*telemetry, error) {
	if tracers == nil {
		tracers = otel.GetTracerProvider()
	}
	if meters == nil {
		meters = otel.GetMeterProvider()
	}
	meter := meters.Meter(scopeName)
	t := &telemetry{meter: meter, tracer: tracers.Tracer(scopeName)}
	var errs []error
	counter := func(into *metric.Int64Counter, name, unit, description string) {
		c, err := meter.Int64Counter(name, metric.WithUnit(unit), metric.WithDescription(description))
		*into = c
		errs = append(errs, err)
	}
	gauge := func(into *metric.Int64Gauge, name, unit, description string) {
		g, err := meter.Int64Gauge(name, metric.WithUnit(unit), metric.WithDescription(description))
		*into = g
		errs = append(errs, err)
	}
	counter(&t.records, metricRecords, "{record}", "Member records by outcome, one each.")
	counter(&t.rowCount, metricRows, "{row}", "Rows by outcome, one each.")
	counter(&t.beyondCount, metricBeyond, "{member}", "Members that share a removed value and were not added again, being beyond the limit.")
	counter(&t.rejectedCount, metricRejected, "{row}", "Rows that Facebook did not take, by audience and reason.")
	counter(&t.alarms, metricAlarms, "{alarm}", "What must not be met, by kind.")
	counter(&t.blockedCount, metricBlocked, "{answer}", "Answers that need a person, by class.")
	counter(&t.abandonedOnes, metricAbandoned, "{window}", "Windows given up, by reason.")
	gauge(&t.members, metricMembers, "{member}", "Users in the audience.")
	gauge(&t.pending, metricPending, "{member}", "Members with something to send.")
	gauge(&t.owed, metricOwed, "{member}", "Members whose removal Facebook refuses.")
	gauge(&t.erasing, metricErasing, "{member}", "Members of erased users of whom Facebook may still hold rows.")
	gauge(&t.overdue, metricOverdue, "{member}", "Of them, those pending for longer than erase.overdue_after.")
	gauge(&t.accErasing, metricAccErase, "{user}", "Erased users who are to be removed from all audiences of an ad account, by account and partition.")
	gauge(&t.accOverdue, metricAccOver, "{user}", "Of them, those pending for longer than erase.overdue_after.")
	gauge(&t.blockedIs, metricBlockedIs, "{audience}", "1 while nothing is sent until a person acts.")
	var err error
	t.unsent, err = meter.Float64Gauge(metricUnsent, metric.WithUnit("s"), metric.WithDescription("Age of the oldest change that is not in Facebook."))
	return t, errors.Join(append(errs, err)...)
}

// observe has the accounts' limits and queues read whenever metrics are collected.
func (t *telemetry) observe(b *budget) error {
	var errs []error
	gauge := func(name, unit, description string) metric.Float64ObservableGauge {
		g, err := t.meter.Float64ObservableGauge(name, metric.WithUnit(unit), metric.WithDescription(description))
		errs = append(errs, err)
		return g
	}
	used := gauge(metricUsed, "%", "Share of Facebook's limits that is used, by its last answer.")
	waiting := gauge(metricWaiting, "{audience}", "Audiences that wait for a request to their ad account.")
	rows := gauge(metricWaitRows, "{row}", "Rows in the batches that wait.")
	opens := gauge(metricOpens, "s", "Time until the ad account may be called again.")
	_, err := t.meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		now := time.Now()
		for account, l := range b.loads(now) {
			of := metric.WithAttributes(keyAccount.String(string(account)))
			o.ObserveFloat64(used, l.UsedPercent, of)
			o.ObserveFloat64(waiting, float64(l.WaitingAudiences), of)
			o.ObserveFloat64(rows, float64(l.WaitingRows), of)
			wait := 0.0
			if l.OpensMs != 0 {
				wait = time.UnixMilli(l.OpensMs).Sub(now).Seconds()
			}
			o.ObserveFloat64(opens, wait, of)
		}
		return nil
	}, used, waiting, rows, opens)
	return errors.Join(append(errs, err)...)
}

func (t *telemetry) record(ctx context.Context, outcome string) {
	t.records.Add(ctx, 1, metric.WithAttributes(keyOutcome.String(outcome)))
}

func (t *telemetry) rows(ctx context.Context, outcome string, n int) {
	t.rowCount.Add(ctx, int64(n), metric.WithAttributes(keyOutcome.String(outcome)))
}

func (t *telemetry) rejected(ctx context.Context, audience, reason string) {
	t.rejectedCount.Add(ctx, 1, metric.WithAttributes(keyAudience.String(audience), keyReason.String(reason)))
}

func (t *telemetry) beyond(ctx context.Context) { t.beyondCount.Add(ctx, 1) }

func (t *telemetry) alarm(ctx context.Context, kind string) {
	t.alarms.Add(ctx, 1, metric.WithAttributes(keyKind.String(kind)))
}

func (t *telemetry) blocked(ctx context.Context, class string) {
	t.blockedCount.Add(ctx, 1, metric.WithAttributes(keyReason.String(class)))
}

func (t *telemetry) abandoned(span trace.Span, reason string) {
	span.SetStatus(codes.Error, reason)
	t.abandonedOnes.Add(context.Background(), 1, metric.WithAttributes(keyReason.String(reason)))
}

// audience sets the gauges of one audience.
func (t *telemetry) audience(ctx context.Context, key string, s *musterpb.AudienceStatus) {
	of := metric.WithAttributes(keyAudience.String(key))
	t.members.Record(ctx, s.Members, of)
	t.pending.Record(ctx, s.Pending, of)
	t.owed.Record(ctx, s.Owed, of)
	t.erasing.Record(ctx, s.Erasing, of)
	t.overdue.Record(ctx, s.ErasuresOverdue, of)
	t.blockedIs.Record(ctx, one(s.Block != nil), of)
}

func (t *telemetry) age(ctx context.Context, key string, age time.Duration) {
	t.unsent.Record(ctx, age.Seconds(), metric.WithAttributes(keyAudience.String(key)))
}

// window starts a window's span, linked to the traces of what it sends.
func (t *telemetry) window(ctx context.Context, a *audience) trace.Span {
	_, span := t.tracer.Start(ctx, spanWindow, trace.WithNewRoot(), trace.WithLinks(a.links.take()...),
		trace.WithAttributes(keyAudience.String(a.key), attribute.Int64("muster.pending", a.counts.pending)))
	return span
}

// replacing starts a replacement's span; a new owner's is another one.
func (t *telemetry) replacing(ctx context.Context, a *audience) trace.Span {
	_, span := t.tracer.Start(ctx, spanReplace, trace.WithNewRoot(), trace.WithAttributes(keyAudience.String(a.key)))
	return span
}

func (t *telemetry) deleting(ctx context.Context, a *audience) trace.Span {
	_, span := t.tracer.Start(ctx, spanDelete, trace.WithNewRoot(), trace.WithAttributes(keyAudience.String(a.key)))
	return span
}

// accountErasures sets what one task has to erase in an ad account.
func (t *telemetry) accountErasures(ctx context.Context, account facebook.AccountID, partition int, pending, overdue int64) {
	of := metric.WithAttributes(keyAccount.String(string(account)), keyPart.Int(partition))
	t.accErasing.Record(ctx, pending, of)
	t.accOverdue.Record(ctx, overdue, of)
}

func (t *telemetry) erasingAccount(ctx context.Context, account facebook.AccountID, users int) trace.Span {
	_, span := t.tracer.Start(ctx, spanErase, trace.WithNewRoot(), trace.WithAttributes(keyAccount.String(string(account)), attribute.Int("muster.users", users)))
	return span
}

// maxLinks is how many producers' traces one window is linked to.
const maxLinks = 32

// traceLinks are the traces of changes that the next window sends.
type traceLinks []trace.Link

// add takes the W3C trace context of a record's headers, if there is one.
func (l *traceLinks) add(headers []kafka.Header) {
	if len(*l) >= maxLinks || len(headers) == 0 {
		return
	}
	ctx := propagation.TraceContext{}.Extract(context.Background(), headerCarrier(headers))
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		*l = append(*l, trace.Link{SpanContext: span})
	}
}

func (l *traceLinks) take() []trace.Link {
	links := *l
	*l = nil
	return links
}

// headerCarrier reads record headers.
type headerCarrier []kafka.Header

func (h headerCarrier) Get(key string) string {
	for _, x := range h {
		if x.Key == key {
			return string(x.Value)
		}
	}
	return ""
}

func (h headerCarrier) Set(string, string) {}

func (h headerCarrier) Keys() []string {
	keys := make([]string, 0, len(h))
	for _, x := range h {
		keys = append(keys, x.Key)
	}
	return keys
}
