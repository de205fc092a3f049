package worker_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/segmentio/kafka-go"

	"muster/cmd/internal/config"
	"muster/cmd/internal/page/pagetest"
	"muster/cmd/internal/status"
	"muster/cmd/internal/worker"
	"muster/consumer/kafkatest"
	"muster/uploader/facebook/graphtest"
)

// overview is what a third party reads of the replicas and their audiences.
func (w *world) overview(c *config.Config) status.Overview {
	w.t.Helper()
	cluster := w.cluster(c)
	defer cluster.Close()
	board, err := worker.ReadStatus(w.t.Context(), cluster, c)
	if err != nil {
		w.t.Fatal(err)
	}
	return board.Overview(time.Now())
}

// Every replica says what it is doing, at once when that changes; one that stops says
// so, one that dies is gone by its silence.
func TestReplicasReport(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.topic("identify", 2)
		w.topic("audience-membership", 2)
		c := w.config()
		_, stopFirst := w.run(c, &bytes.Buffer{})
		_, stopSecond := w.run(c, &bytes.Buffer{})
		w.produce("audience-membership", "u1", entered("u1", "vip", "jane@example.com", true))
		w.produce("identify", "u2", []byte("no event"))
		w.await("the audience", func() bool { return w.lines()["vip"] == 1 })
		time.Sleep(time.Minute)

		o := w.overview(c)
		if len(o.Replicas) != 2 || len(o.Audiences) != 1 || len(o.Accounts) != 1 {
			t.Fatalf("%d replicas, %d audiences, %d accounts", len(o.Replicas), len(o.Audiences), len(o.Accounts))
		}
		tasks := map[string]int{}
		for _, r := range o.Replicas {
			if r.State != "ready" || r.Host == "" || r.Version != "test" || r.Started.IsZero() || time.Since(r.Said) > time.Minute {
				t.Errorf("a replica: %+v", r)
			}
			for _, task := range r.Tasks {
				tasks[task.Stage]++
				if task.State != "running" || task.Lag != 0 || len(task.LagBy) == 0 {
					t.Errorf("a task: %+v", task)
				}
			}
		}
		if tasks["membership"] != 2 || tasks["uploader"] != 2 {
			t.Errorf("tasks: %v", tasks)
		}
		if len(o.DeadLetters) != 1 || o.DeadLetters[0].Records != 1 {
			t.Errorf("dead letters: %v", o.DeadLetters)
		}
		if a := o.Audiences[0]; a.Key != "vip" || a.Members != 1 || a.FacebookID == "" || a.LastSync.IsZero() {
			t.Errorf("the audience: %+v", a)
		}

		if err := stopFirst(); err != nil {
			t.Error(err)
		}
		w.await("the tasks of the other", func() bool {
			o := w.overview(c)
			return len(o.Replicas) == 1 && len(o.Replicas[0].Tasks) == 4
		})
		if err := stopSecond(); err != nil {
			t.Error(err)
		}
		if o := w.overview(c); len(o.Replicas) != 0 {
			t.Errorf("all have stopped, and there are %+v", o.Replicas)
		}
	})
}

// Where others make the topics, the one of reports may not be there yet: replicas are not
// shown, and nothing else is missing.
func TestNoTopicOfReports(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.topic("identify", 1)
		w.topic("audience-membership", 1)
		c := w.config()
		made, stop := w.run(c, io.Discard)
		w.await("the topics", func() bool { return made.Status().State == worker.Ready })
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		reports := c.Topic(config.TopicReplicas)
		if res, err := w.client.DeleteTopics(t.Context(), &kafka.DeleteTopicsRequest{Topics: []string{reports}}); err != nil || res.Errors[reports] != nil {
			t.Fatal(err, res)
		}
		c.Topics.Create = false
		log := &bytes.Buffer{}
		_, stop = w.run(c, log)
		w.produce("audience-membership", "u1", entered("u1", "vip", "jane@example.com", true))
		w.await("the audience", func() bool { return w.lines()["vip"] == 1 })
		time.Sleep(10 * time.Minute)
		if err := stop(); err != nil {
			t.Error(err)
		}
		for _, want := range []string{`\"muster.replicas\" is missing`, "muster topics create --print", "everything else goes on"} {
			if strings.Count(log.String(), want) != 1 {
				t.Errorf("%d times %s in the log:\n%s", strings.Count(log.String(), want), want, log)
			}
		}
		if strings.Contains(log.String(), "cannot say what this replica is doing") {
			t.Error("it complains again and again")
		}
	})
}

// A running worker serves the page of all replicas, and its streams do not hold up its
// end.
func TestPageOfAWorker(t *testing.T) {
	t.Parallel()
	k := kafkatest.StartFake(t)
	w := &world{t: t, kafka: k, client: k.Client(t), graph: graphtest.New(graphtest.Options{})}
	w.topic("identify", 1)
	w.topic("audience-membership", 1)
	c := w.config()
	c.Page.Listen, c.Window, c.FirstSyncQuiet = "127.0.0.1:0", time.Second, 100*time.Millisecond
	log := logLines{make(chan string, 1000)}
	_, stop := w.run(c, log)
	defer stop()
	url := "http://" + awaitLine(t, log, `page=(\S+)`)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	get := func(path string) string {
		res, err := client.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	w.produce("audience-membership", "u1", entered("u1", "vip", "jane@example.com", true))
	begin := time.Now()
	for !strings.Contains(get("/audience?key=vip"), "add users") {
		if time.Since(begin) > time.Minute {
			t.Fatalf("the page shows no request:\n%s", get("/"))
		}
		time.Sleep(100 * time.Millisecond)
	}
	if text := get("/"); !strings.Contains(text, "ready") || !strings.Contains(text, "membership 0") || !strings.Contains(text, "vip") {
		t.Errorf("the overview: %s", text)
	}
	for _, path := range []string{"/", "/audience?key=vip"} {
		for _, secret := range []string{"jane", "u1<", "8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d", c.Facebook.AccessToken.Reveal(), c.UserKeySecret.Reveal()} {
			if strings.Contains(get(path), secret) {
				t.Errorf("%s shows %q", path, secret)
			}
		}
	}
	t.Run("in a browser", func(t *testing.T) {
		b := pagetest.Open(pagetest.Chromium(t), t, pagetest.Device{Width: 1280, Height: 800})
		b.Do(chromedp.Navigate(url + "/"))
		b.Await("the state of the replica", `document.querySelector(".replica .state").textContent === "ready"`)
		w.produce("audience-membership", "u2", entered("u2", "vip", "joe@example.com", true))
		w.produce("audience-membership", "u3", entered("u3", "lapsed", "joe@example.com", true))
		b.Await("the second member", `document.querySelector("#audience-vip").textContent.includes("2")`)
		b.Await("the second audience", `document.querySelector("#audience-lapsed a[rel]") !== null`)
	})
	stream, err := client.Get(url + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	begin = time.Now()
	if err := stop(); err != nil {
		t.Error(err)
	}
	if took := time.Since(begin); took > 15*time.Second {
		t.Errorf("stopping took %s with a page open", took)
	}
}

// A taken address of the page is told, and the worker works without it.
func TestPageAddressIsTaken(t *testing.T) {
	t.Parallel()
	taken := httptest.NewServer(nil)
	defer taken.Close()
	c := config.Defaults()
	c.Kafka.Brokers, c.Sources, c.Stages = []string{"nobody:9092"}, []config.Source{{Topic: "identify"}}, []string{config.StageMembership}
	c.UserKeySecret = "a secret of the test"
	c.HTTP.Listen, c.Page.Listen = config.Off, taken.Listener.Addr().String()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var said firstWarning
	said.then = stop
	replica, err := worker.New(c, worker.Options{Logger: slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelWarn}))})
	if err != nil {
		t.Fatal(err)
	}
	if err := replica.Run(ctx); err != nil {
		t.Errorf("ended with %v", err)
	}
	if !strings.Contains(said.text, "no status page here") || !strings.Contains(said.text, "set page.listen to another one or to off") {
		t.Errorf("said %q", said.text)
	}
}

// firstWarning keeps the first line that is logged and does something then.
type firstWarning struct {
	once sync.Once
	text string
	then func()
}

func (f *firstWarning) Write(line []byte) (int, error) {
	f.once.Do(func() {
		f.text = string(line)
		f.then()
	})
	return len(line), nil
}
