"""The engine: turns text, style, and language into audio, deterministically."""

import contextlib
import ctypes
import functools
import importlib
import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.audio.tts.errors import TTSError, TTSUnavailable
from catalog.audio.tts.phonemes import phonemize
from catalog.audio.tts.styles import Style, check_style
from catalog.audio.tts.weights import prepare_weights, verify_weights

RATE = 24_000
SLOWEST, FASTEST = 0.5, 2.0
# After a pause of this length, a text starts a second later.
IDLE_SECONDS = 60.0

Samples = NDArray[np.float32]

# Leave the other cores to the web pages.
_THREADS = 2
_SILENT_BELOW = 1e-3
_LOUDEST = 0.97
_LONGEST_SECONDS = 600


class TTSEngine:
    """One model; several threads may use it, and it speaks for one at a time.

    It is loaded again after a pause, since it takes 200 MB and most machines are rarely spoken to.
    """

    def __init__(self, weights: Path, *, threads: int = _THREADS) -> None:
        self._weights, self._threads = weights, threads
        self._lock = threading.Lock()
        self._session: Any = self._load()
        self._run_options: Any = importlib.import_module("onnxruntime").RunOptions()
        # What a long text took is given back.
        self._run_options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
        self._rest = threading.Timer(IDLE_SECONDS, self.unload)

    def _load(self) -> Any:
        verify_weights(self._weights)
        try:
            runtime = importlib.import_module("onnxruntime")
        except ImportError:
            raise TTSUnavailable(
                "ONNX Runtime isn't installed. Install the packages in requirements.txt."
            ) from None
        options = runtime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        # A memory plan for each text length would be kept forever.
        options.enable_mem_pattern = False
        # Let waiting threads sleep instead of taking CPU time from others.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        return runtime.InferenceSession(
            str(self._weights), options, providers=["CPUExecutionProvider"]
        )

    def unload(self) -> None:
        """Free the memory until the next text is synthesized."""
        with self._lock:
            self._session = None
            # glibc keeps what was freed, apart for each thread that spoke.
            with contextlib.suppress(AttributeError, OSError):  # other systems have no such call
                ctypes.CDLL(None).malloc_trim(0)

    def speak(
        self, text: str, style: Style, language: str = "en-US", speed: float = 1.0
    ) -> Samples:
        """Return the text as mono audio at ``RATE``; raises TTSError.

        ``language`` is the BCP 47 tag of the text, which may differ from the style's language.
        """
        style = check_style(style)
        pace = min(max(speed, SLOWEST), FASTEST)
        pieces = phonemize(text, language)
        with self._lock:
            self._rest.cancel()
            if self._session is None:
                self._session = self._load()
            spoken = [self._run(tokens, style, pace) for tokens in pieces]
            self._rest = threading.Timer(IDLE_SECONDS, self.unload)
            self._rest.daemon = True
            self._rest.start()
        return _check(np.concatenate(spoken))

    def _run(self, tokens: list[int], style: Style, speed: float) -> Samples:
        outputs = self._session.run(
            None,
            {
                "tokens": np.array([[0, *tokens, 0]], np.int64),
                "style": style[len(tokens) - 1][None, :],
                "speed": np.array([speed], np.float32),
            },
            self._run_options,
        )
        samples: Samples = np.asarray(outputs[0], np.float32).ravel()
        return samples


def _check(samples: Samples) -> Samples:
    if not np.isfinite(samples).all():
        raise TTSError("The speech engine returned invalid audio.")
    peak = float(np.abs(samples).max(initial=0.0))
    if peak < _SILENT_BELOW:
        raise TTSError("The speech engine returned silence.")
    if len(samples) > _LONGEST_SECONDS * RATE:
        raise TTSError("The speech engine returned too much audio.")
    return samples * np.float32(_LOUDEST / peak) if peak > _LOUDEST else samples


@functools.lru_cache(maxsize=1)
def load_engine(folder: Path) -> TTSEngine:
    """Return this process's engine; its weights are stored in ``folder``; raises TTSUnavailable."""
    return TTSEngine(prepare_weights(folder))
