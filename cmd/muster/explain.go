package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"muster/cmd/internal/config"
	"muster/cmd/internal/worker"
	"muster/schema"
)

func newExplain(environ []string) *cobra.Command {
	s := settings{environ: environ}
	var texts bool
	var source string
	cmd := &cobra.Command{
		Use:   "explain [FILE|-]",
		Short: "Show what Facebook would receive for events",
		Long: `Read events, one JSON object a line, from FILE or standard input, and write for each
what Muster makes of it, one JSON object a line: the user, the audiences entered and
left, the identifiers exactly as they would be uploaded, and what was dropped and why.
No broker and no state are needed: what earlier events said of the user is not known
here. A batch or a list gives one line for each event in it.

With --show-normalised the text before hashing is shown too. That is personal data:
it is for the terminal of the person who asks.`,
		Example: `  muster explain events.jsonl
  echo '{"type":"identify","userId":"u1","traits":{"email":" Jane@Example.com "}}' | muster explain --show-normalised
  muster explain --set default_country=DE events.jsonl
  muster explain --config muster.yaml --source warehouse-customers events.jsonl
  kafka-console-consumer.sh --bootstrap-server kafka:9092 --topic identify --max-messages 10 | muster explain`,
		Args: arguments(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := s.load(false, (*config.Config).ValidateEvents)
			if err != nil {
				return err
			}
			if err := knownSource(c, source); err != nil {
				return err
			}
			x, err := newExplainer(c, texts)
			if err != nil {
				return err
			}
			in, done, err := open(cmd, args)
			if err != nil {
				return fmt.Errorf("read events: %w", err)
			}
			return errors.Join(explain(x, source, in, cmd.OutOrStdout()), done())
		},
	}
	s.add(cmd)
	cmd.Flags().BoolVar(&texts, "show-normalised", false, "show the text before hashing (personal data)")
	cmd.Flags().StringVar(&source, "source", "", "read the events as those of this topic of the configuration's sources")
	return cmd
}

func knownSource(c *config.Config, topic string) error {
	if topic == "" {
		return nil
	}
	for _, s := range c.Sources {
		if s.Topic == topic {
			return nil
		}
	}
	return &usageError{fmt.Errorf("--source %q: want the topic of one of the configuration's sources; give --config too", topic)}
}

func newExplainer(c *config.Config, texts bool) (*schema.Explainer, error) {
	normaliser, err := schema.NewNormaliser(worker.NormaliserOptions(c))
	if err != nil {
		return nil, err
	}
	o := worker.DecoderOptions(c)
	o.UserKeySecret = nil // user keys are not shown
	o.Normaliser = normaliser
	return schema.NewExplainer(schema.ExplainerOptions{Decoder: o, ShowNormalised: texts})
}

// explain goes through the lines of in.
func explain(x *schema.Explainer, topic string, in io.Reader, out io.Writer) error {
	lines := bufio.NewReaderSize(in, 64<<10)
	buffered := bufio.NewWriter(out)
	enc := json.NewEncoder(buffered)
	enc.SetEscapeHTML(false)
	for offset := int64(0); ; offset++ {
		line, err := lines.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			for _, e := range x.Explain(schema.SourceRecord{Topic: topic, Offset: offset, Value: bytes.TrimSpace(line)}) {
				if err := enc.Encode(e); err != nil {
					return fmt.Errorf("write: %w", err)
				}
			}
		}
		// What is typed is answered at once.
		if lines.Buffered() == 0 || err != nil {
			if err := buffered.Flush(); err != nil {
				return fmt.Errorf("write: %w", err)
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read events: %w", err)
		}
	}
}
