package config

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

var durationType = reflect.TypeFor[time.Duration]()

// setText sets a leaf from text, as environment and flags give it, and YAML
// scalars too. It returns what would have been legal when the text is not.
func setText(v reflect.Value, text string) (want string) {
	switch {
	case v.Kind() == reflect.Pointer: // set, as against not set
		of := reflect.New(v.Type().Elem())
		if want := setText(of.Elem(), text); want != "" {
			return want
		}
		v.Set(of)
	case v.Type() == durationType:
		d, err := time.ParseDuration(text)
		if text == "0" {
			d, err = 0, nil
		}
		if err != nil {
			return "a duration such as 90s, 15m or 1h30m"
		}
		v.SetInt(int64(d))
	case v.Kind() == reflect.String:
		v.SetString(text)
	case v.Kind() == reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return "true or false"
		}
		v.SetBool(b)
	case v.Kind() == reflect.Int:
		n, err := strconv.Atoi(strings.ReplaceAll(text, "_", ""))
		if err != nil {
			return "a whole number"
		}
		v.SetInt(int64(n))
	case isStrings(v.Type()):
		var list []string
		for part := range strings.SplitSeq(text, ",") {
			if part = strings.TrimSpace(part); part != "" {
				list = append(list, part)
			}
		}
		v.Set(reflect.ValueOf(list))
	default:
		panic(fmt.Sprintf("config: field of type %s has no text form", v.Type()))
	}
	return ""
}

func isStrings(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.String
}

// isLeaf reports whether values of the type are written as one text.
func isLeaf(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Struct, reflect.Map:
		return false
	case reflect.Slice:
		return isStrings(t)
	default:
		return true
	}
}
