package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

func init() { zerolog.SetGlobalLevel(zerolog.Disabled) } // toxics log to a global logger

// proxies makes proxies; it serves no API of its own.
var proxies = toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())

// link is the connections of one worker to one place: the brokers, by a proxy
// each, or Facebook.
type link []*toxiproxy.Proxy

// openLink listens and hands on.
func openLink(name string, routes ...route) (link, error) {
	var l link
	for i, r := range routes {
		p := toxiproxy.NewProxy(proxies, fmt.Sprintf("%s-%d", name, i), r.listen, r.upstream)
		if err := p.Start(); err != nil {
			l.close()
			return nil, fmt.Errorf("listen on %s for %s: %w", r.listen, name, err)
		}
		l = append(l, p)
	}
	return l, nil
}

type route struct{ listen, upstream string }

func (l link) close() {
	for _, p := range l {
		p.Stop()
	}
}

// cut ends all connections and refuses new ones until mended.
func (l link) cut() { l.close() }

// hush keeps connections and lets nothing through, as a broken switch would.
func (l link) hush() error { return l.poison("timeout", `{"timeout":0}`) }

// slow delays everything.
func (l link) slow(by time.Duration) error {
	return l.poison("latency", fmt.Sprintf(`{"latency":%d,"jitter":%d}`, by.Milliseconds(), by.Milliseconds()/2))
}

// narrow lets so many KB through a second.
func (l link) narrow(rate int) error { return l.poison("bandwidth", fmt.Sprintf(`{"rate":%d}`, rate)) }

func (l link) poison(kind, attributes string) error {
	for _, p := range l {
		for _, stream := range []string{"upstream", "downstream"} {
			text := fmt.Sprintf(`{"type":%q,"stream":%q,"attributes":%s}`, kind, stream, attributes)
			if _, err := p.Toxics.AddToxicJson(strings.NewReader(text)); err != nil {
				return fmt.Errorf("add %s to %s: %w", kind, p.Name, err)
			}
		}
	}
	return nil
}

// mend undoes everything.
func (l link) mend(ctx context.Context) error {
	for _, p := range l {
		p.Toxics.ResetToxics(ctx)
		if p.Enabled {
			continue
		}
		if err := p.Start(); err != nil {
			return fmt.Errorf("listen again on %s: %w", p.Listen, err)
		}
	}
	return nil
}
