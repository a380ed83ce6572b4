// Package browser plays the demo as a person would: in Chromium, by taps and
// keys, on the program that the user starts.
//
// Each test runs `mimamori demo` in a process of its own and opens its page in
// a tab of its own. Nothing is asked of the program but what the page shows. A
// test also fails when the page writes an error to the console or asks another
// host for anything. What a failed test saw lies in artefacts/ afterwards.
//
// All of it is tests; nothing links this package. It needs Chromium and axe,
// which .ci/install browser fetches. Without them the tests are skipped, or
// fail where MIMAMORI_TEST_ALL is 1.
package browser
