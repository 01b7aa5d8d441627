// Where the program begins, before Go's runtime does (-ldflags "-E _rt0_runner").
//
// The runtime does what GOMEMLIMIT, GODEBUG and others say, and ends the program if they are wrong. These are an
// image's or a user's, for their own programs. So the first byte of each variable that begins with "GO" becomes \x01;
// package environ gives it back. The stack holds argc, argv, a null, the variables, a null.

#include "textflag.h"

TEXT _rt0_runner(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	MOVQ 0(SP), AX
	LEAQ 16(SP)(AX*8), BX
next:
	MOVQ (BX), CX
	TESTQ CX, CX
	JEQ done
	ADDQ $8, BX
	CMPW (CX), $0x4F47
	JNE next
	MOVB $1, (CX)
	JMP next
done:
	JMP _rt0_amd64_linux(SB)
