#include "textflag.h"

// Channels are words of 16 bits in the order of the picture, so that a pixel is a quarter of a
// register: 255 times all weights, 256 together, and a half to round by still fit.

DATA spreads<>+0(SB)/8, $0x0100010001000100
DATA spreads<>+8(SB)/8, $0x0302030203020302
DATA spreads<>+16(SB)/8, $0x0504050405040504
DATA spreads<>+24(SB)/8, $0x0706070607060706
GLOBL spreads<>(SB), RODATA|NOPTR, $32

// HALVES puts 0x0080 into every word.
#define HALVES(y) \
	VPCMPEQW y, y, y \
	VPSRLW   $15, y, y \
	VPSLLW   $7, y, y

// ADD adds a row's next four pixels times its weight to Y0.
#define ADD(row, weight) \
	VPMOVZXBW (row)(DX*1), Y1 \
	VPMULLW   weight, Y1, Y1 \
	VPADDW    Y1, Y0, Y0

#define NEXT(loop) \
	VPSRLW  $8, Y0, Y0 \
	VMOVDQU Y0, (DI)(DX*2) \
	ADDQ    $16, DX \
	DECQ    CX \
	JNZ     loop

// FETCH asks for the rest of a row, whose beginning is read at once, and for the beginning of
// one further down.
#define FETCH(row) \
	PREFETCHT0 64(row) \
	PREFETCHT0 128(row) \
	PREFETCHT0 192(row) \
	PREFETCHT0 3072(row)

// func sum3(out *uint64, left, right *[taps]*[cellRow]uint8, weight *[taps]uint16)
TEXT ·sum3(SB), NOSPLIT, $0-32
	MOVQ         out+0(FP), DI
	MOVQ         left+8(FP), SI
	MOVQ         right+16(FP), AX
	MOVQ         weight+24(FP), BX
	MOVQ         0(SI), R8
	MOVQ         8(SI), R9
	MOVQ         16(SI), R10
	VPBROADCASTW 0(BX), Y8
	VPBROADCASTW 2(BX), Y9
	VPBROADCASTW 4(BX), Y10
	HALVES(Y15)
	XORQ         DX, DX
	MOVQ         $16, CX

here:
	VMOVDQA Y15, Y0
	ADD(R8, Y8)
	ADD(R9, Y9)
	ADD(R10, Y10)
	NEXT(here)
	MOVQ 0(AX), R8
	MOVQ 8(AX), R9
	MOVQ 16(AX), R10
	FETCH(R8)
	FETCH(R9)
	FETCH(R10)
	ADDQ $512, DI
	XORQ DX, DX
	MOVQ $2, CX

beside:
	VMOVDQA Y15, Y0
	ADD(R8, Y8)
	ADD(R9, Y9)
	ADD(R10, Y10)
	NEXT(beside)
	VZEROUPPER
	RET

// func sum6(out *uint64, left, right *[taps]*[cellRow]uint8, weight *[taps]uint16)
TEXT ·sum6(SB), NOSPLIT, $0-32
	MOVQ         out+0(FP), DI
	MOVQ         left+8(FP), SI
	MOVQ         right+16(FP), AX
	MOVQ         weight+24(FP), BX
	MOVQ         0(SI), R8
	MOVQ         8(SI), R9
	MOVQ         16(SI), R10
	MOVQ         24(SI), R11
	MOVQ         32(SI), R12
	MOVQ         40(SI), R13
	VPBROADCASTW 0(BX), Y8
	VPBROADCASTW 2(BX), Y9
	VPBROADCASTW 4(BX), Y10
	VPBROADCASTW 6(BX), Y11
	VPBROADCASTW 8(BX), Y12
	VPBROADCASTW 10(BX), Y13
	HALVES(Y15)
	XORQ         DX, DX
	MOVQ         $16, CX

here:
	VMOVDQA Y15, Y0
	ADD(R8, Y8)
	ADD(R9, Y9)
	ADD(R10, Y10)
	ADD(R11, Y11)
	ADD(R12, Y12)
	ADD(R13, Y13)
	NEXT(here)
	MOVQ 0(AX), R8
	MOVQ 8(AX), R9
	MOVQ 16(AX), R10
	MOVQ 24(AX), R11
	MOVQ 32(AX), R12
	MOVQ 40(AX), R13
	FETCH(R8)
	FETCH(R9)
	FETCH(R10)
	FETCH(R11)
	FETCH(R12)
	FETCH(R13)
	ADDQ $512, DI
	XORQ DX, DX
	MOVQ $2, CX

beside:
	VMOVDQA Y15, Y0
	ADD(R8, Y8)
	ADD(R9, Y9)
	ADD(R10, Y10)
	ADD(R11, Y11)
	ADD(R12, Y12)
	ADD(R13, Y13)
	NEXT(beside)
	VZEROUPPER
	RET

// MEAN puts the weighted sum of a device pixel into x, in two halves.
#define MEAN(at, y, x) \
	MOVL         4*at(BX), AX \
	ANDL         $63, AX \
	VPBROADCASTQ 12*at(R8), y \
	VPSHUFB      Y14, y, y \
	VPMULLW      (SI)(AX*8), y, y \
	VEXTRACTI128 $1, y, X2 \
	VPADDW       X2, x, x \
	VPBROADCASTD 12*at+8(R8), X2 \
	VPSHUFB      X14, X2, X2 \
	VPMULLW      32(SI)(AX*8), X2, X2 \
	VPADDW       X2, x, x

// func means2(out *uint8, row *uint64, pos *int32, share *[taps]uint16, pairs int)
TEXT ·means2(SB), NOSPLIT, $0-40
	MOVQ    out+0(FP), DI
	MOVQ    row+8(FP), SI
	MOVQ    pos+16(FP), BX
	MOVQ    share+24(FP), R8
	MOVQ    pairs+32(FP), CX
	VMOVDQU spreads<>(SB), Y14
	HALVES(X15)

next:
	MEAN(0, Y0, X0)
	MEAN(1, Y1, X1)
	VPUNPCKLQDQ X1, X0, X2
	VPUNPCKHQDQ X1, X0, X0
	VPADDW      X2, X0, X0
	VPADDW      X15, X0, X0
	VPSRLW      $8, X0, X0
	VPACKUSWB   X0, X0, X0
	VMOVQ       X0, (DI)
	ADDQ        $8, DI
	ADDQ        $8, BX
	ADDQ        $24, R8
	DECQ        CX
	JNZ         next
	VZEROUPPER
	RET
