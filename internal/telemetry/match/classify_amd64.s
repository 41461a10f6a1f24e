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
	MOVL $0x0f0f0f0f, AX
	VMOVD AX, X12
	VPBROADCASTD X12, Y12 // the low nibble
	MOVL $0x1f1f1f1f, AX
	VMOVD AX, X13
	VPBROADCASTD X13, Y13 // host bytes
	MOVL $0x22222222, AX
	VMOVD AX, X14
	VPBROADCASTD X14, Y14 // hexadecimal digits
	MOVL $0x2e2e2e2e, AX
	VMOVD AX, X15
	VPBROADCASTD X15, Y15 // dot
	MOVL $0x3a3a3a3a, AX
	VMOVD AX, X9
	VPBROADCASTD X9, Y9 // colon
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
	VPCMPGTB Y8, Y4, Y4
	VPCMPGTB Y8, Y5, Y5
	VPMOVMSKB Y4, AX
	VPMOVMSKB Y5, BX
	SHLQ $32, BX
	ORQ  BX, AX
	MOVQ AX, (R8)

	VPCMPEQB Y0, Y15, Y4
	VPCMPEQB Y1, Y15, Y5
	VPMOVMSKB Y4, AX
	VPMOVMSKB Y5, BX
	SHLQ $32, BX
	ORQ  BX, AX
	MOVQ AX, (R9)

	VPAND  Y2, Y14, Y4
	VPAND  Y3, Y14, Y5
	VPCMPGTB Y8, Y4, Y4
	VPCMPGTB Y8, Y5, Y5
	VPMOVMSKB Y4, AX
	VPMOVMSKB Y5, BX
	SHLQ $32, BX
	ORQ  BX, AX
	MOVQ AX, (R10)

	VPCMPEQB Y0, Y9, Y4
	VPCMPEQB Y1, Y9, Y5
	VPMOVMSKB Y4, AX
	VPMOVMSKB Y5, BX
	SHLQ $32, BX
	ORQ  BX, AX
	MOVQ AX, (R11)

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
