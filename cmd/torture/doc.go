// Command torture runs the worker as it would run in production, breaks
// everything around it, and judges what is left.
//
// A run has one seed. From it come the events, the schedule of what breaks, and
// the faults of Facebook; a failed run is repeated by its seed. What depends on
// the machine (which request is under way when a process is killed) differs
// from one repetition to the next.
//
//	model ─► generator ─► three Kafka brokers ◄─ doors ─► workers ─ gates ─► emulator
//	  │                   (processes)            (proxies) (processes)      (process)
//	  └──────────────────────── oracle ◄──────────── rows, journal ──────────────┘
//
// What breaks ownership has uploads rest for seconds, so runs have moods, which
// seeds take in turns: of Facebook, with steady owners and requests that fail or
// take effect late; of owners, who change with requests under way; of all. Hot
// people enter and leave the same audiences all the time. A run reports how often
// it came to where order matters.
//
// Each worker has doors and a gate of its own, so that it alone can be cut off.
// The oracle imports nothing that it judges, but for the names of topics and
// the partition of an audience.
package main
