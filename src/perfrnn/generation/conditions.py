"""What music is asked to be, in one description for all networks, and who heeds what of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perfrnn.events import conditioning
from perfrnn.generation.key_bias import DEFAULT_STRENGTH, NUDGE
from perfrnn.generation.signals import Schedule
from perfrnn.network.layouts import LAYOUTS, Layout
from perfrnn.network.transformer_layout import TRANSFORMER_MODEL

REQUESTS = ("composer", "keys", "notes_per_second")
"""The settings that guidance strengthens."""


@dataclass(frozen=True)
class Conditions:
    """What the music of one sample is asked to be; None asks for nothing.

    Attributes
    ----------
    composer : name of one.
    keys : names such as `D minor`, over time.
    histogram : weights of the 12 pitch classes, C first, over time, instead of keys.
    density : notes per second, over time.
    heeded : whether a network whose conditions can be switched off shall heed them.
    """

    composer: str | None = None
    keys: Schedule[str] | None = None
    histogram: Schedule[Sequence[float]] | None = None
    density: Schedule[float] | None = None
    heeded: bool = True


@dataclass(frozen=True)
class Abilities:
    """What can be asked of a model.

    Attributes
    ----------
    settings : names of the sample settings that it has an input for.
    notes_per_second : the density that it is asked for unless another is; None for none.
    needs_key : whether it is always to be asked for a key (or histogram).
    guidance : how much what is asked for counts where nothing else is said; None where it cannot
        be said.
    """

    settings: frozenset[str] = frozenset()
    notes_per_second: float | None = None
    needs_key: bool = False
    guidance: float | None = None

    @property
    def key_strength(self) -> float:
        """How strong a key's bias is where a key is asked for and nothing else is said."""
        if "keys" not in self.settings:
            return DEFAULT_STRENGTH
        return NUDGE if self.needs_key else 0.0


# Guided so, the bundled transformer plays 94 % of the keys that it is asked for; as learned it
# plays 62 %, and at 2 all, but less like humans.
TRANSFORMER_ABILITIES = Abilities(
    frozenset({"composer", "keys", "notes_per_second", "guidance"}), guidance=1.75
)


def rnn_abilities(layout: Layout) -> Abilities:
    """Return what can be asked of a Performance RNN."""
    settings = {"keys", "pitch_class_histogram"} if layout.histogram else set()
    if layout.optional:
        settings.add("conditions")
    density = None
    if layout.density:
        settings.add("notes_per_second")
        density = conditioning.DEFAULT_NOTES_PER_SECOND
        if layout.heeds_requests:
            density = conditioning.USUAL_NOTES_PER_SECOND
    return Abilities(frozenset(settings), density, layout.heeds_requests and layout.histogram)


def abilities_of(model: str) -> Abilities:
    """Return what can be asked of a model config, by its name."""
    if model == TRANSFORMER_MODEL:
        return TRANSFORMER_ABILITIES
    return rnn_abilities(LAYOUTS[model])
