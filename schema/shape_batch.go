package schema

import (
	"fmt"

	"github.com/valyala/fastjson"
)

// batch decodes {"batch": […]}: events of one user, the record's key. It is
// taken whole or not at all.
func (d *Decoder) batch(v *fastjson.Value) Decoded {
	list := elements(v)
	if len(list) == 0 {
		return deadLetter(fault{BadBatch, "batch is no array, or an empty one"})
	}
	d.inBatch = true
	ignored := ""
	for i, v := range list {
		if !isObject(v) {
			return deadLetter(fault{BadBatch, fmt.Sprintf("event %d of the batch is no object", i)})
		}
		d.index = i
		d.env.read(v)
		if d.env.batch != nil && d.env.typ == "" {
			return deadLetter(fault{BadBatch, fmt.Sprintf("event %d of the batch is a batch itself", i)})
		}
		before := len(d.events)
		typ, f := d.event()
		if f.reason != "" {
			f.detail = fmt.Sprintf("event %d of the batch: %s", i, f.detail)
			return deadLetter(f)
		}
		if len(d.events) == before && ignored == "" {
			ignored = typ
		}
	}
	return d.outcome(ignored, fault{})
}
