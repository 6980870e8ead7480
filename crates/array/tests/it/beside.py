"""Does what each line says, and prints what it is if it is an expression; an empty line if not.

A line may hold several lines of code, joined by a backslash and an n.
"""

import sys

import numpy as np

names = {"np": np, "sys": sys}
for line in sys.stdin:
    code = line.rstrip("\n").replace("\\n", "\n")
    try:
        program = compile(code, "line", "eval")
    except SyntaxError:
        exec(code, names)
        print(flush=True)
    else:
        value = eval(program, names)
        print("" if value is None else value, flush=True)
