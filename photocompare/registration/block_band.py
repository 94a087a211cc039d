"""Symmetric matrices of coefficients on a lattice: solved and inverted where they matter, block by block.

On a lattice in row order, coefficients that share an observation of a cubic spline lie at most three rows apart.  Three rows make a
block, so all that is not 0 stands in the diagonal blocks and beside them, and the inverse is wanted there only (the recursions of
Takahashi, Fagan & Chin 1973).  That takes rows * columns**3 steps where a dense inverse takes (rows * columns)**3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

ROWS_A_BLOCK = 3
"""A cubic B-spline spans four knots: rows further apart than three never meet."""


@dataclass(frozen=True)
class BlockBand:
    """A symmetric matrix over a lattice of (rows, columns), rows a multiple of `ROWS_A_BLOCK`.

    Parameters
    ----------
    blocks : Float
        (rows / 3, 2, m, m) with m = 3 * columns: each diagonal block, and the one to its right (0 for the last).
    """

    blocks: Float

    @property
    def columns(self) -> int:
        """Columns of the lattice."""
        return int(self.blocks.shape[2]) // ROWS_A_BLOCK

    def between(self, row: int, other: int) -> Float:
        """The (columns, columns) entries between two rows of the lattice that lie at most three apart."""
        if other < row:
            return self.between(other, row).T
        block, size = row // ROWS_A_BLOCK, self.columns
        first, second = row % ROWS_A_BLOCK * size, other % ROWS_A_BLOCK * size
        return np.asarray(self.blocks[block, other // ROWS_A_BLOCK - block, first : first + size, second : second + size])

    def inner(self, other: BlockBand) -> float:
        """Trace of the product with a matrix of which nothing lies outside the band."""
        products = (self.blocks * other.blocks).sum(axis=(0, 2, 3))
        return float(products[0] + 2 * products[1])


def blocked_rows(rows: int) -> int:
    """The next number of rows that blocks fill."""
    return -(-rows // ROWS_A_BLOCK) * ROWS_A_BLOCK


def places_in_blocks(indices: NDArray[np.intp], columns: int) -> NDArray[np.intp]:
    """Where the products of coefficients stand in `BlockBand.blocks`, flat; -1 for those below the diagonal blocks.

    Parameters
    ----------
    indices : (..., K) int
        Coefficients that are seen together, row order.

    Returns
    -------
    (..., K, K) int
    """
    size = ROWS_A_BLOCK * columns
    block, within = np.divmod(indices, size)
    beside = block[..., None, :] - block[..., :, None]
    place = ((2 * block[..., :, None] + beside) * size + within[..., :, None]) * size + within[..., None, :]
    return np.asarray(np.where(beside < 0, -1, place), dtype=np.intp)


def solve_and_invert(matrix: BlockBand, right: Float) -> tuple[Float, BlockBand]:
    """Solution of `matrix @ x = right`, and the inverse within the band.

    Parameters
    ----------
    matrix : BlockBand
        Positive definite.
    right : (rows * columns, K) float

    Raises
    ------
    numpy.linalg.LinAlgError
        When a block can't be inverted.
    """
    blocks = matrix.blocks
    count, _, size, _ = blocks.shape
    parts = right.reshape(count, size, -1)
    inverses, steps, solution = np.empty((count, size, size)), np.empty((count - 1, size, size)), np.empty_like(parts)
    for k in range(count):
        schur, rest = blocks[k, 0], parts[k]
        if k:
            schur, rest = schur - blocks[k - 1, 1].T @ steps[k - 1], rest - steps[k - 1].T @ solution[k - 1]
        inverses[k], solution[k] = np.linalg.inv(schur), rest
        if k < count - 1:
            steps[k] = inverses[k] @ blocks[k, 1]
    inverse = np.zeros_like(blocks)
    for k in range(count - 1, -1, -1):
        solution[k] = inverses[k] @ solution[k]
        inverse[k, 0] = inverses[k]
        if k < count - 1:
            solution[k] -= steps[k] @ solution[k + 1]
            inverse[k, 1] = -steps[k] @ inverse[k + 1, 0]
            inverse[k, 0] -= inverse[k, 1] @ steps[k].T
    return solution.reshape(right.shape), BlockBand(inverse)
