package emulator

type richMenus struct{}

func newRichMenus() richMenus { return richMenus{} }
