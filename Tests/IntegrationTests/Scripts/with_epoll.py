"""Starts a program that inherits an epoll set: with_epoll.py PROGRAM ARGUMENT...

The set tells of descriptors with the numbers that the program's own ones will have.
"""

import os
import select
import sys

inherited = select.epoll()
reader, _ = os.pipe()
os.set_inheritable(reader, True)
for number in range(10, 60):
    if number in (inherited.fileno(), reader):
        continue
    os.dup2(reader, number)
    # What is closed leaves a set only when nobody else has the same file.
    inherited.register(number, select.EPOLLIN)
    os.close(number)
os.set_inheritable(inherited.fileno(), True)
os.execvp(sys.argv[1], sys.argv[1:])
