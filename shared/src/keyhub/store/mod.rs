//! SQL of keyhub: one function per statement; nothing here decides.
