// Package config is the worker's configuration: one [Config], one literal of
// [Defaults], one [Config.Validate].
//
// A value is taken from the first of these that gives it:
//
//	flags (--set key=value and the named ones)
//	environment (MUSTER_ and the key: kafka.brokers is MUSTER_KAFKA_BROKERS)
//	the YAML file
//	Defaults
//
// [Load] reads all of them and returns every mistake at once, joined, each a
// [*Problem] that says where it stands (file:line:column, variable or flag), the key, the
// value, what is legal and what to do. An unknown key is a mistake and is told
// the nearest right one.
//
// Keys, defaults and documentation come from the tags of the struct fields:
// [Keys] lists them, so the documentation can be tested against the code.
//
// Secrets have the type [Secret], which never prints itself (I8), and a second
// key ending in _file that names a file to read the secret from.
package config
