"""The packaged Whisper weights in the format of whisper.cpp: the same numbers, sixteen bits each, in another order.

CTranslate2 keeps query, key and value of an attention in one matrix and calls layers by its own names; whisper.cpp
wants each by the name that OpenAI gave it, behind the model's sizes, the mel filters and the tokens.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

_MAGIC = 0x67676D6C
_HALF, _FLOAT = 1, 0
_TEXT_TOKENS = 50_257
"""The tokens that stand for text; whisper.cpp knows those that steer it."""
_MELS, _FRAME, _RATE_HZ = 80, 400, 16_000
_CT2_TYPES = {0: "<f4", 1: "i1", 2: "<i2", 3: "<i4", 4: "<f2"}
# Sixteen bits are for matrices; whisper.cpp computes with these in 32.
_ALWAYS_FLOAT = {
    "encoder.positional_embedding", "decoder.positional_embedding", "encoder.conv1.bias", "encoder.conv2.bias",
}  # fmt: skip

Tensors = Mapping[str, Any]


def write_ggml(model: Path, output: BinaryIO) -> None:
    """Convert a model folder of CTranslate2, which must hold sixteen-bit weights."""
    from faster_whisper.feature_extractor import FeatureExtractor  # noqa: PLC0415 - belongs to an extra

    weights = dict(_read_ctranslate2(model / "model.bin"))
    audio_context, width = weights["encoder/position_encodings/encodings"].shape
    text_context = weights["decoder/position_encodings/encodings"].shape[0]
    vocabulary = weights["decoder/embeddings/weight"].shape[0]
    audio, text = (
        (width, int(weights[f"{side}/num_heads"]), _count_layers(weights, side)) for side in ("encoder", "decoder")
    )
    output.write(struct.pack("<12i", _MAGIC, vocabulary, audio_context, *audio, text_context, *text, _MELS, _HALF))
    filters = FeatureExtractor.get_mel_filters(_RATE_HZ, _FRAME, n_mels=_MELS).astype("<f4")
    output.write(struct.pack("<2i", *filters.shape) + filters.tobytes())
    tokens = _read_tokens(model / "tokenizer.json")
    output.write(struct.pack("<i", len(tokens)))
    output.writelines(struct.pack("<i", len(token)) + token for token in tokens)
    for name, tensor in _rename(weights):
        _write_tensor(output, name, tensor)


def _read_ctranslate2(path: Path) -> Iterator[tuple[str, Any]]:
    import numpy as np  # noqa: PLC0415 - belongs to an extra

    file = BytesIO(path.read_bytes())

    def take(form: str) -> tuple[Any, ...]:
        return struct.unpack(f"<{form}", file.read(struct.calcsize(f"<{form}")))

    def take_name() -> str:
        return file.read(*take("H"))[:-1].decode()

    take("I")
    take_name()
    _, count = take("2I")
    for _ in range(count):
        name = take_name()
        (rank,) = take("B")
        shape = take(f"{rank}I")
        kind, size = take("BI")
        yield name, np.frombuffer(file.read(size), dtype=_CT2_TYPES[kind]).reshape(shape)


def _count_layers(weights: Tensors, side: str) -> int:
    return len({name.split("/")[1] for name in weights if name.startswith(f"{side}/layer_") and "/ffn/" in name})


def _read_tokens(path: Path) -> list[bytes]:
    """The bytes of each token of text, in the order of their numbers."""
    vocabulary = json.loads(path.read_text(encoding="utf-8"))["model"]["vocab"]
    # Bytes that do not print stand in the file as the letters from 256 on.
    printing = {*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)}
    others = [byte for byte in range(256) if byte not in printing]
    byte_of = {chr(byte): byte for byte in printing} | {chr(256 + n): byte for n, byte in enumerate(others)}
    ordered = sorted((number, token) for token, number in vocabulary.items() if number < _TEXT_TOKENS)
    return [bytes(byte_of[letter] for letter in token) for _, token in ordered]


def _rename(weights: Tensors) -> Iterator[tuple[str, Any]]:
    for name in ("conv1", "conv2"):
        yield f"encoder.{name}.weight", weights[f"encoder/{name}/weight"]
        yield f"encoder.{name}.bias", weights[f"encoder/{name}/bias"].reshape(-1, 1)
    yield "decoder.token_embedding.weight", weights["decoder/embeddings/weight"]
    for side, last in (("encoder", "ln_post"), ("decoder", "ln")):
        yield f"{side}.positional_embedding", weights[f"{side}/position_encodings/encodings"]
        yield from _norm(f"{side}.{last}", f"{side}/layer_norm", weights)
        for number in range(_count_layers(weights, side)):
            to, at = f"{side}.blocks.{number}", f"{side}/layer_{number}"
            yield from _norm(f"{to}.attn_ln", f"{at}/self_attention/layer_norm", weights)
            yield from _split(f"{to}.attn", ("query", "key", "value"), f"{at}/self_attention/linear_0", weights)
            yield from _split(f"{to}.attn", ("out",), f"{at}/self_attention/linear_1", weights)
            if side == "decoder":
                yield from _norm(f"{to}.cross_attn_ln", f"{at}/attention/layer_norm", weights)
                yield from _split(f"{to}.cross_attn", ("query",), f"{at}/attention/linear_0", weights)
                yield from _split(f"{to}.cross_attn", ("key", "value"), f"{at}/attention/linear_1", weights)
                yield from _split(f"{to}.cross_attn", ("out",), f"{at}/attention/linear_2", weights)
            yield from _norm(f"{to}.mlp_ln", f"{at}/ffn/layer_norm", weights)
            yield from _split(f"{to}.mlp", ("0",), f"{at}/ffn/linear_0", weights)
            yield from _split(f"{to}.mlp", ("2",), f"{at}/ffn/linear_1", weights)


def _norm(to: str, at: str, weights: Tensors) -> Iterator[tuple[str, Any]]:
    yield f"{to}.weight", weights[f"{at}/gamma"]
    yield f"{to}.bias", weights[f"{at}/beta"]


def _split(to: str, parts: tuple[str, ...], at: str, weights: Tensors) -> Iterator[tuple[str, Any]]:
    """The parts of a matrix that CTranslate2 stacked; OpenAI's keys have no bias, CTranslate2's one of zeros."""
    for kind in ("weight", "bias"):
        stacked = weights[f"{at}/{kind}"]
        each = len(stacked) // len(parts)
        for number, part in enumerate(parts):
            if (part, kind) != ("key", "bias"):
                yield f"{to}.{part}.{kind}", stacked[number * each : (number + 1) * each]


def _write_tensor(output: BinaryIO, name: str, tensor: Any) -> None:
    is_float = tensor.ndim < 2 or name in _ALWAYS_FLOAT
    encoded = name.encode()
    output.write(struct.pack("<3i", tensor.ndim, len(encoded), _FLOAT if is_float else _HALF))
    output.write(struct.pack(f"<{tensor.ndim}i", *reversed(tensor.shape)) + encoded)
    output.write(tensor.astype("<f4" if is_float else "<f2").tobytes())
