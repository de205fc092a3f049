package config

// What a dry run puts behind the names of what must not be disturbed.
const (
	dryGroup  = "-dry-run"
	dryPrefix = "dry-run."
)

// ForDryRun returns the configuration for a run beside the real one: a group, topics
// and a state directory of its own, and no port, unless it gets one afterwards.
func (c *Config) ForDryRun() *Config {
	dry := *c
	dry.dryOf = c.Group
	dry.Group += dryGroup
	dry.Topics.Prefix += dryPrefix
	dry.StateDir += dryGroup
	dry.HTTP.Listen, dry.Page.Listen = Off, Off
	return &dry
}

// DryRun reports whether nothing may be written to Facebook.
func (c *Config) DryRun() bool { return c.dryOf != "" }

// RealGroup is group, in a dry run too.
func (c *Config) RealGroup() string {
	if c.DryRun() {
		return c.dryOf
	}
	return c.Group
}
