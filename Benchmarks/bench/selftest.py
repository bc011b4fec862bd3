"""Shows that the load refuses what it must refuse: a benchmark that takes wrong replies measures nothing."""

from .question import WHOLE_LIST, Failure, Question
from .server import Load
from .servers import Fixed

LOAD = Load(seconds=0.05, warmup=0, clients=2)


def run():
    right = states(8, 9, 10, 6, 7)  # five images change, and the third was the last that did
    expect(right, served=right, taken=True)
    expect(right, served=states(11, 12, 13, 14, 15), taken=True)
    for torn in (states(8, 9, 10, 9, 7), states(8, 8, 10, 6, 7), states(8, 9, 10, 7, 8), states(8, 4, 10, 6, 7)):
        expect(right, served=torn, taken=False)
    for wrong in (right.replace(b"image 4", b"image 5"), right[:-1] + b"!", right + b"0"):
        expect(right, served=wrong, taken=False)


def states(*numbers):
    """A reply of images with these numbers of their last changes."""
    images = b"".join(b"image %d:change-%08x " % image for image in enumerate(numbers))
    return images + b"%064x" % sum(numbers)


def expect(reply, served, taken):
    given = Question.write(WHOLE_LIST, served)
    with Fixed(given.reply) as server:
        try:
            server.measure(Question.write(WHOLE_LIST, reply).while_changing(), LOAD)
        except Failure:
            if taken:
                raise
        else:
            if not taken:
                raise Failure(f"the load takes {served} for {reply}")
