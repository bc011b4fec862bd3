"""Runs a command with a terminal as its standard error, in one colour, until it has written WORD, and stops it.

terminal.py COLUMNS WORD COMMAND… prints what it wrote as JSON: {"terminal": TEXT, "output": TEXT, "code": N}.
"""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time

columns, word, command = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
terminal, end = pty.openpty()
fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
environment = dict(os.environ, TERM="xterm", NO_COLOR="1")
process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=end, env=environment)
os.close(end)
text = b""
deadline = time.monotonic() + 120
while time.monotonic() < deadline:
    if select.select([terminal], [], [], 0.1)[0]:
        try:
            text += os.read(terminal, 65536)
        except OSError:
            break
    elif word.encode() in text:
        break
process.send_signal(signal.SIGTERM)
output, _ = process.communicate(timeout=60)
print(json.dumps({"terminal": text.decode(), "output": output.decode(), "code": process.returncode}))
