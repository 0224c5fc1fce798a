//! Integration tests: the library and the server as their users meet them.

mod mistakes;
