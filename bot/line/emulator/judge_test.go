package emulator

import "encoding/json"

// judge is judgeAll for a list that stands alone; nil is none.
func judge(raw json.RawMessage, kind string) ([]*value, *answer) {
	if raw == nil {
		return judgeAll(nil, kind)
	}
	list, isJSON := readValue(string(raw))
	if !isJSON {
		panic("judge: no JSON: " + string(raw))
	}
	return judgeAll(list, kind)
}
