// Package council is the domain: who takes part in a council, what a case is,
// which action is allowed to whom in which state. It uses the standard library
// only and reads neither clock nor randomness: time and ids are arguments.
//
// A council here is a 消費者安全確保地域協議会; its secretariat (事務局) is the
// municipality's office that receives cases and gives instructions.
package council
