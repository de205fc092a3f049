package schema

import (
	"strings"

	"github.com/valyala/fastjson"
)

// devicePlace names context.device in what is dropped.
var devicePlace = place{path: "context.device"}

// device is context.device.
type device struct {
	platform      Platform
	known         bool // the type is ios or android
	advertisingID *fastjson.Value
	trackingOff   bool
}

func (e *envelope) readDevice() (dev device) {
	each(e.device, func(name string, v *fastjson.Value) {
		switch name {
		case "type":
			dev.platform, dev.known = parsePlatform(word(v))
		case "advertisingId":
			dev.advertisingID = v
		case "adTrackingEnabled":
			on, ok := truth(v)
			dev.trackingOff = ok && !on
		}
	})
	return dev
}

func parsePlatform(s string) (p Platform, ok bool) {
	switch {
	case strings.EqualFold(s, "ios"):
		return PlatformIOS, true
	case strings.EqualFold(s, "android"):
		return PlatformAndroid, true
	default:
		return PlatformOther, false
	}
}

// tracking notes that the person switched ad tracking off: mobile ids of the
// platform learned so far are void, those of this event included. It comes
// before mobile ids are read.
func (d *Decoder) tracking(dev *device) {
	if dev.trackingOff {
		d.draft.trackingOff = append(d.draft.trackingOff, dev.platform)
	}
}

// isOff reports whether the event switches the platform's tracking off.
func (d *Decoder) isOff(p Platform) bool {
	for _, off := range d.draft.trackingOff {
		if off == p {
			return true
		}
	}
	return false
}

// deviceID reads context.device.advertisingId. An id of another system than
// iOS or Android (a television, a browser) is none that Facebook knows.
func (d *Decoder) deviceID(dev *device) {
	if dev.advertisingID == nil {
		return
	}
	tr := trait{path: "advertisingId"}
	if !dev.known && !blank(dev.advertisingID) {
		reason := DropUnsupportedKey
		if dev.trackingOff {
			reason = DropTrackingOff
		}
		d.draft.drop(MADID, devicePlace.path, tr.path, reason)
		return
	}
	d.add(d.set(MADID, SourceDevice, dev.platform), dev.advertisingID, &devicePlace, tr)
}
