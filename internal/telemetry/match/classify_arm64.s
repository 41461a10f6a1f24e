#include "classify_nibbles.h"

// One bit for each byte of a group of eight.
DATA weights<>+0(SB)/8, $0x8040201008040201
DATA weights<>+8(SB)/8, $0x8040201008040201
GLOBL weights<>(SB), RODATA|NOPTR, $16

// CLASS looks up the class of 16 bytes by their nibbles.
#define CLASS(bytes, class, high) \
	VAND bytes.B16, V22.B16, class.B16         \
	VUSHR $4, bytes.B16, high.B16              \
	VTBL class.B16, [V20.B16], class.B16       \
	VTBL high.B16, [V21.B16], high.B16         \
	VAND class.B16, high.B16, class.B16

// BITS compares 64 bytes with a mask and writes a bit for each.
#define BITS(compare, mask, a, b, c, d, to) \
	compare mask.B16, a.B16, V16.B16  \
	compare mask.B16, b.B16, V17.B16  \
	compare mask.B16, c.B16, V18.B16  \
	compare mask.B16, d.B16, V19.B16  \
	VAND V16.B16, V28.B16, V16.B16    \
	VAND V17.B16, V28.B16, V17.B16    \
	VAND V18.B16, V28.B16, V18.B16    \
	VAND V19.B16, V28.B16, V19.B16    \
	VADDP V17.B16, V16.B16, V16.B16   \
	VADDP V19.B16, V18.B16, V18.B16   \
	VADDP V18.B16, V16.B16, V16.B16   \
	VADDP V16.B16, V16.B16, V16.B16   \
	VMOV V16.D[0], R7                 \
	MOVD.P R7, 8(to)

// func classifyNEON(src *byte, words int, host, dot, hex, colon *uint64)
TEXT ·classifyNEON(SB), NOSPLIT, $0-48
	MOVD src+0(FP), R0
	MOVD words+8(FP), R1
	MOVD host+16(FP), R2
	MOVD dot+24(FP), R3
	MOVD hex+32(FP), R4
	MOVD colon+40(FP), R5
	MOVD $lowNibbles<>(SB), R6
	VLD1 (R6), [V20.B16]
	MOVD $highNibbles<>(SB), R6
	VLD1 (R6), [V21.B16]
	MOVD $weights<>(SB), R6
	VLD1 (R6), [V28.B16]
	VMOVI $0x0f, V22.B16
	VMOVI $0x1f, V23.B16
	VMOVI $0x22, V24.B16
	VMOVI $0x2e, V25.B16
	VMOVI $0x3a, V26.B16
	CBZ  R1, done

loop:
	VLD1.P 64(R0), [V0.B16, V1.B16, V2.B16, V3.B16]
	CLASS(V0, V4, V8)
	CLASS(V1, V5, V9)
	CLASS(V2, V6, V10)
	CLASS(V3, V7, V11)

	BITS(VCMTST, V23, V4, V5, V6, V7, R2)
	BITS(VCMEQ, V25, V0, V1, V2, V3, R3)
	BITS(VCMTST, V24, V4, V5, V6, V7, R4)
	BITS(VCMEQ, V26, V0, V1, V2, V3, R5)

	SUBS $1, R1, R1
	BNE  loop

done:
	RET
