package config

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// EnvPrefix begins the names of all environment variables.
const EnvPrefix = "MUSTER_"

// Key is the documentation of one key.
type Key struct {
	Name    string // "kafka.brokers", "sources[].topic", "audiences.<key>.name"
	Env     string // "MUSTER_KAFKA_BROKERS"; "" for keys inside lists and maps
	Default string // as it would be written; "" for nothing
	Doc     string
}

// Keys are all keys, in the order of the Config.
func Keys() []Key {
	var keys []Key
	listKeys(&keys, "", reflect.ValueOf(Defaults()).Elem(), true)
	return keys
}

func listKeys(keys *[]Key, path string, v reflect.Value, top bool) {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		name := field.Tag.Get("yaml")
		if name == "" {
			continue
		}
		name = join(path, name)
		value := v.Field(i)
		switch t := field.Type; {
		case t.Kind() == reflect.Struct:
			listKeys(keys, name, value, top)
		case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct:
			listKeys(keys, name+"[]", reflect.Zero(t.Elem()), false)
		case t.Kind() == reflect.Map && t.Elem().Kind() == reflect.Struct:
			listKeys(keys, name+".<key>", reflect.Zero(t.Elem()), false)
		default:
			key := Key{Name: name, Default: text(value), Doc: field.Tag.Get("doc")}
			if top {
				key.Env = envName(name)
			}
			*keys = append(*keys, key)
		}
	}
}

func envName(path string) string {
	return EnvPrefix + strings.ToUpper(strings.ReplaceAll(path, ".", "_"))
}

// text is the value as it would be written.
func text(v reflect.Value) string {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return ""
		}
		v = v.Elem()
	}
	switch x := v.Interface().(type) {
	case time.Duration:
		if x == 0 {
			return "0"
		}
		return short(x)
	case []string:
		return strings.Join(x, ", ")
	case map[string][]string:
		return ""
	default:
		return fmt.Sprint(x)
	}
}

// fieldOf is the field of a struct with that key, and all its keys.
func fieldOf(v reflect.Value, name string) (field reflect.Value, legal []string) {
	for i := range v.NumField() {
		key := v.Type().Field(i).Tag.Get("yaml")
		if key == "" {
			continue
		}
		legal = append(legal, key)
		if key == name {
			field = v.Field(i)
		}
	}
	return field, legal
}

// settable are the keys that a variable or a flag can set, by path: every leaf
// that is not inside a list or map, and those lists and maps as YAML.
func settable(path string, v reflect.Value, into map[string]reflect.Value) {
	for i := range v.NumField() {
		name := v.Type().Field(i).Tag.Get("yaml")
		if name == "" {
			continue
		}
		if field := v.Field(i); field.Kind() == reflect.Struct {
			settable(join(path, name), field, into)
		} else {
			into[join(path, name)] = field
		}
	}
}
