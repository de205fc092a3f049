package uploader

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"muster/uploader/facebook"
)

// The names of this package's telemetry. Audiences are in attributes, by key or by
// Facebook id; users, identifiers and their hashes never (I8).
const (
	scopeName = "muster/uploader"

	metricRecords   = "muster.uploader.records"
	metricRows      = "muster.uploader.rows"
	metricBeyond    = "muster.uploader.survivors_beyond_limit"
	metricRejected  = "muster.uploader.rejected_rows"
	metricAlarms    = "muster.uploader.alarms"
	metricBlocked   = "muster.uploader.blocked"
	metricAbandoned = "muster.uploader.windows_abandoned"
	metricWindow    = "muster.uploader.window.duration"
	metricMembers   = "muster.uploader.members"
	metricPending   = "muster.uploader.pending_members"
	metricPendRows  = "muster.uploader.pending_rows"
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
	spanBatch   = "upload batch"
	spanErase   = "erase in ad account"

	keyOutcome  = attribute.Key("muster.outcome")
	keyAudience = attribute.Key("muster.audience")
	keyAccount  = attribute.Key("muster.account")
	keyKind     = attribute.Key("muster.alarm")
	keyReason   = attribute.Key("muster.reason")
	keyPending  = attribute.Key("muster.pending")
	keyOp       = attribute.Key("muster.batch.op")
	keyNumber   = attribute.Key("muster.batch.number")
	keyRows     = attribute.Key("muster.batch.rows")
	keyTries    = attribute.Key("muster.batch.tries")
	keyWait     = attribute.Key("muster.batch.wait") // seconds, of all tries
	keyPart     = attribute.Key("muster.partition")
)

type telemetry struct {
	meter                               metric.Meter
	tracer                              trace.Tracer
	labels                              *labels
	figures                             *figures
	records, rowCount, beyondCount      metric.Int64Counter
	rejectedCount                       metric.Int64Counter
	alarms, blockedCount, abandonedOnes metric.Int64Counter
	windows                             metric.Float64Histogram
	accErasing, accOverdue              metric.Int64Gauge
}

func newTelemetry(o *Options) (*telemetry, error) {
	tracers, meters := o.TracerProvider, o.MeterProvider
	if tracers == nil {
		tracers = otel.GetTracerProvider()
	}
	if meters == nil {
		meters = otel.GetMeterProvider()
	}
	meter := meters.Meter(scopeName)
	l := &labels{max: o.MaxLabels, byID: o.LabelByID}
	t := &telemetry{meter: meter, tracer: tracers.Tracer(scopeName), labels: l, figures: &figures{labels: l}}
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
	gauge(&t.accErasing, metricAccErase, "{user}", "Erased users who are to be removed from all audiences of an ad account, by account and partition.")
	gauge(&t.accOverdue, metricAccOver, "{user}", "Of them, those pending for longer than erase.overdue_after.")
	var err error
	t.windows, err = meter.Float64Histogram(metricWindow, metric.WithUnit("s"),
		metric.WithDescription("Time from the opening of a window to its end, by whether it was sent or abandoned."),
		metric.WithExplicitBucketBoundaries(0.1, 0.5, 1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 21600))
	return t, errors.Join(append(errs, err, t.figures.observe(meter))...)
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

func (t *telemetry) alarm(ctx context.Context, kind string) {
	t.alarms.Add(ctx, 1, metric.WithAttributes(keyKind.String(kind)))
}

func (t *telemetry) blocked(ctx context.Context, class string) {
	t.blockedCount.Add(ctx, 1, metric.WithAttributes(keyReason.String(class)))
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
