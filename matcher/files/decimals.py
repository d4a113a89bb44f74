"""Many decimal numbers at once, each the float that Python's `float` gives.

Reading digits is most of the time that a matrix takes. Eight digits at a time are made a whole number within one 64-bit
word (D. Lemire, "Number parsing at a gigabyte per second", Software: Practice and Experience 51 (2021) 1700-1727). The
digits divided by a power of ten round correctly where both are exact (W. Clinger, PLDI 1990): up to 2^53 in double
precision. Beyond that the quotient in extended precision decides, unless it lies just between two floats.
"""

import numpy as np
from numpy.typing import NDArray

MOST_WHOLE = 4  # digits before the point
MOST_DIGITS = 18  # more would be beyond 64 bits
WORD = 8
_EXTENDED = np.finfo(np.longdouble).nmant == 63 and np.dtype(np.longdouble).itemsize == 16
_POWERS = np.array([10**k for k in range(MOST_DIGITS + 1)], dtype=np.int64)
_ZEROS, _SIXES, _HIGH = (np.uint64(int(byte * WORD, 16)) for byte in ("30", "06", "f0"))
_KEPT = np.array([(1 << 64) - (1 << 8 * (WORD - k)) for k in range(WORD + 1)], dtype=np.uint64)
_KEPT[0] = 0
_BY_2, _BY_4, _BY_8 = (np.uint64(int(lane, 16)) for lane in ("00ff" * 4, "0000ffff" * 2, "ffffffff"))


def decimals(text: str, delimiter: str) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """The numbers (n,) between delimiters, and the places of those that are not written plainly.

    An empty place is nan. Plain is an optional minus, up to four digits, and a point with digits behind it; what else
    stands there, number or not, is left to the caller. `text` is ASCII.
    """
    raw = b"0" * (3 * WORD) + text.encode("ascii") + delimiter.encode("ascii") + b"0" * WORD
    letters = np.frombuffer(raw, dtype=np.uint8)
    ends = np.flatnonzero(letters == ord(delimiter))
    starts = np.concatenate([[3 * WORD], ends[:-1] + 1])
    minus = letters[starts] == ord("-")
    first = starts + minus
    point = ends.copy()
    for place in range(MOST_WHOLE, 0, -1):
        here = first + place
        np.copyto(point, here, where=(letters[here] == ord(".")) & (here < ends))
    whole, behind = point - first, np.maximum(ends - point - 1, 0)
    counted = behind + np.where(letters[first] == ord("0"), whole - 1, whole)
    plain = (whole > 0) & (whole <= MOST_WHOLE) & (counted <= MOST_DIGITS) & ((behind > 0) | (point == ends))
    words = np.ndarray((len(raw) - WORD + 1,), dtype="<u8", buffer=raw, strides=(1,))
    digits, wrong = _whole_number(words, point, np.where(plain, whole, 0))
    left = np.where(plain, behind, 0)
    scale = left.copy()
    at, power = ends, 0
    behind_point = np.zeros(len(ends), dtype=np.int64)
    while left.any():
        part, odd = _whole_number(words, at, np.minimum(left, WORD))
        behind_point += part * 10**power
        wrong |= odd
        at, left, power = at - np.minimum(left, WORD), np.maximum(left - WORD, 0), power + WORD
    digits = digits * _POWERS[scale] + behind_point
    values = digits / _POWERS[scale]
    plain &= ~wrong
    long = np.flatnonzero(digits >> 53)
    if len(long) and _EXTENDED:
        exact = digits[long].astype(np.longdouble) / _POWERS[scale[long]].astype(np.longdouble)
        values[long] = exact.astype(np.float64)
        between = exact.view(np.uint64)[::2] & np.uint64(0x7FF) == 0x400  # the bits that a float has not
        plain[long[between]] = False
    else:
        plain[long] = False
    np.negative(values, out=values, where=minus)
    empty = starts == ends
    values[empty] = np.nan
    return values, np.flatnonzero(~plain & ~empty)


def _whole_number(
    words: NDArray[np.uint64], ends: NDArray[np.intp], digits: NDArray[np.intp]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The numbers that the last so many `digits` (0 to 8) before `ends` are, and where there is something else."""
    x = (words[ends - WORD] ^ _ZEROS) & _KEPT[digits]
    wrong = ((x + _SIXES) | x) & _HIGH != 0
    x = (x * np.uint64(10) + (x >> np.uint64(8))) & _BY_2
    x = (x * np.uint64(100) + (x >> np.uint64(16))) & _BY_4
    x = (x * np.uint64(10_000) + (x >> np.uint64(32))) & _BY_8
    return x.astype(np.int64), wrong
