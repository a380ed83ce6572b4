// Package app joins the parts into one running program.
//
// New checks and makes, Start binds the sockets and then starts every part,
// Stop ends them in the opposite order. What Start has begun when a later part
// fails is ended the same way. Only here is a concrete store opened.
package app
