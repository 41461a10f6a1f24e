#include "textflag.h"

// A byte is of a class when the entry of its low nibble and the entry of its
// high nibble share a bit. The bits: 1 hyphen and dot, 2 digits, 4 A to O,
// 8 P to Z, 16 underscore, 32 A to F; letters in both cases. Host bytes are
// 1|2|4|8|16, hexadecimal digits 2|32.
DATA lowNibbles<>+0(SB)/8, $0x0e2e2e2e2e2e2e0a
DATA lowNibbles<>+8(SB)/8, $0x14050504040c0e0e
GLOBL lowNibbles<>(SB), RODATA|NOPTR, $16
DATA highNibbles<>+0(SB)/8, $0x0824182402010000
DATA highNibbles<>+8(SB)/8, $0x0000000000000000
GLOBL highNibbles<>(SB), RODATA|NOPTR, $16
