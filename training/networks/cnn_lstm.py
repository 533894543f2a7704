"""Convolutions over the spectrogram, an LSTM over time."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from training.networks.level import levelled


@dataclass(frozen=True)
class CnnLstmConfig:
    bands: int = 96
    channels: tuple[int, ...] = (16, 32, 48, 64)
    pool_bands: tuple[int, ...] = (2, 2, 2, 2)  # 96 bands to 6
    pool_frames: tuple[int, ...] = (2, 2, 2, 1)  # 8 frames (0.17 s) to a step
    lstm: int = 96  # units
    dropout: float = 0.3  # between convolutions and LSTM; before a batch norm it would falsify the statistics
    head_dropout: float = 0.3
    range_db: float = 80.0


class CnnLstm(nn.Module):
    """Features (B, 96, T) in dB to logits (B, L); any T from 8 frames on, heard in one piece.

    Other than in `crnn` the bands that are left keep their places: each step of the LSTM sees all of them.
    """

    def __init__(self, n_labels: int, config: CnnLstmConfig | None = None) -> None:
        super().__init__()
        config = config or CnnLstmConfig()
        self.range_db = config.range_db
        layers: list[nn.Module] = []
        inputs, bands = 1, config.bands
        for outputs, pool_bands, pool_frames in zip(
            config.channels, config.pool_bands, config.pool_frames, strict=True
        ):
            convolution = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
            pool = nn.MaxPool2d((pool_bands, pool_frames), ceil_mode=True)
            layers += [convolution, nn.BatchNorm2d(outputs), nn.ReLU(), pool]
            inputs, bands = outputs, -(-bands // pool_bands)
        self.blocks = nn.Sequential(*layers, nn.Dropout(config.dropout))
        self.lstm = nn.LSTM(inputs * bands, config.lstm, batch_first=True)
        self.dropout = nn.Dropout(config.head_dropout)
        self.output = nn.Linear(config.lstm, n_labels)

    def embed(self, features: Tensor) -> Tensor:
        """Map features (B, 96, T) to the input of the last layer, (B, lstm): the mean of all states."""
        x = self.blocks(levelled(features, self.range_db).unsqueeze(1))
        states, _ = self.lstm(x.flatten(1, 2).transpose(1, 2).float())
        out: Tensor = states.mean(dim=1)
        return out

    def head(self, embedding: Tensor) -> Tensor:
        """Map embeddings (B, lstm) to logits (B, L)."""
        logits: Tensor = self.output(embedding)
        return logits

    def forward(self, features: Tensor) -> Tensor:
        return self.head(self.dropout(self.embed(features)))
