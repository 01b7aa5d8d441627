// Where the program begins, before Go's runtime does (-ldflags "-E _rt0_runner").
//
// The runtime does what GOMEMLIMIT, GODEBUG and others say, and ends the program if they are wrong. These are an
// image's or a user's, for their own programs. So the first byte of each variable that begins with "GO" becomes \x01;
// package environ gives it back. The stack holds argc, argv, a null, the variables, a null.

#include "textflag.h"

TEXT _rt0_runner(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	MOVD 0(RSP), R0
	ADD $16, RSP, R1
	ADD R0<<3, R1
	MOVD $1, R4
	MOVD $0x4F47, R5
next:
	MOVD.P 8(R1), R2
	CBZ R2, done
	MOVHU (R2), R3
	CMP R5, R3
	BNE next
	MOVB R4, (R2)
	B next
done:
	JMP _rt0_arm64_linux(SB)
