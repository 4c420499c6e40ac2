"""Arrays that pass between the rooms, by what they hold."""

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]  # rows of length 1
Rows = npt.NDArray[np.int64]  # numbers of passages
Scores = npt.NDArray[np.float32]  # higher is better
Counts = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]  # which passages may be found
