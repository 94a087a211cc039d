"""Everything that touches a photo's bytes.  It runs in a child process of its own (`child`), which `call` starts and watches."""
