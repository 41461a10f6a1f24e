#include "classify_nibbles.h"

// POSITIVE makes all ones of the bytes of Y4 and Y5 that have a bit.
#define POSITIVE \
	VPCMPGTB Y8, Y4, Y4 \
	VPCMPGTB Y8, Y5, Y5

// STORE writes a bit for each byte of Y4 and Y5.
#define STORE(to) \
	VPMOVMSKB Y4, AX \
	VPMOVMSKB Y5, BX \
	SHLQ $32, BX     \
	ORQ  BX, AX      \
	MOVQ AX, (to)

// BROADCAST fills a register of 32 bytes with the low four of AX.
#define BROADCAST(value, x, y) \
	MOVL $value, AX \
	VMOVD AX, x     \
	VPBROADCASTD x, y

// func classifyAVX2(src *byte, words int, host, dot, hex, colon *uint64)
TEXT ·classifyAVX2(SB), NOSPLIT, $0-48
	MOVQ src+0(FP), SI
	MOVQ words+8(FP), CX
	MOVQ host+16(FP), R8
	MOVQ dot+24(FP), R9
	MOVQ hex+32(FP), R10
	MOVQ colon+40(FP), R11
	VBROADCASTI128 lowNibbles<>(SB), Y10
	VBROADCASTI128 highNibbles<>(SB), Y11
	BROADCAST(0x0f0f0f0f, X12, Y12) // the low nibble
	BROADCAST(0x1f1f1f1f, X13, Y13) // host bytes
	BROADCAST(0x22222222, X14, Y14) // hexadecimal digits
	BROADCAST(0x2e2e2e2e, X15, Y15) // dot
	BROADCAST(0x3a3a3a3a, X9, Y9) // colon
	VPXOR Y8, Y8, Y8
	TESTQ CX, CX
	JZ   done

loop:
	VMOVDQU (SI), Y0
	VMOVDQU 32(SI), Y1
	VPAND  Y0, Y12, Y2
	VPAND  Y1, Y12, Y3
	VPSRLW $4, Y0, Y4
	VPSRLW $4, Y1, Y5
	VPAND  Y4, Y12, Y4
	VPAND  Y5, Y12, Y5
	VPSHUFB Y2, Y10, Y2
	VPSHUFB Y3, Y10, Y3
	VPSHUFB Y4, Y11, Y4
	VPSHUFB Y5, Y11, Y5
	VPAND  Y2, Y4, Y2 // classes of the first half
	VPAND  Y3, Y5, Y3 // of the second

	VPAND  Y2, Y13, Y4
	VPAND  Y3, Y13, Y5
	POSITIVE
	STORE(R8)

	VPCMPEQB Y0, Y15, Y4
	VPCMPEQB Y1, Y15, Y5
	STORE(R9)

	VPAND  Y2, Y14, Y4
	VPAND  Y3, Y14, Y5
	POSITIVE
	STORE(R10)

	VPCMPEQB Y0, Y9, Y4
	VPCMPEQB Y1, Y9, Y5
	STORE(R11)

	ADDQ $64, SI
	ADDQ $8, R8
	ADDQ $8, R9
	ADDQ $8, R10
	ADDQ $8, R11
	DECQ CX
	JNZ  loop

done:
	VZEROUPPER
	RET
