"""What the inputs and outputs of Magenta's Performance RNN configs consist of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from perfrnn.events import conditioning
from perfrnn.events import vocabulary as ev
from perfrnn.network.bundle import GET_AGAIN, KERNEL, OUTPUT_WEIGHTS, Bundle, BundleError


@dataclass(frozen=True)
class Layout:
    """One model config (`default_configs` of Magenta's `performance_model`).

    Inputs are, in this order and as far as the model has them: a flag that switches its conditions
    off, the note-density class, the pitch-class histogram, the event.

    Attributes
    ----------
    dynamics : whether events include the 32 VELOCITY classes.
    density, histogram : the conditions it knows.
    optional : whether they can be switched off.
    heeds_requests : whether the model was trained on what generation asks for, as those made here
        are: a density between two classes (`perfrnn.events.conditioning.request_vector`) and the
        histogram of a key, held for long.
    """

    dynamics: bool = True
    density: bool = False
    histogram: bool = False
    optional: bool = False
    heeds_requests: bool = False

    @property
    def classes(self) -> int:
        """Number of events."""
        return ev.NUM_CLASSES if self.dynamics else ev.VELOCITY

    @property
    def control_size(self) -> int:
        """Number of control inputs."""
        density = conditioning.DENSITY_CLASSES if self.density else 0
        histogram = conditioning.PITCH_CLASSES if self.histogram else 0
        return self.optional + density + histogram


CONDITIONED_MODEL = "multiconditioned_performance_with_dynamics"
"""The model config whose inputs include note density and pitch-class histogram."""

BUNDLED_NETWORK = {"layers": 3, "units": 512}
"""Size of the networks that ship with the package, and of Magenta's."""

LAYOUTS = {
    "performance": Layout(dynamics=False),
    "performance_with_dynamics": Layout(),
    "density_conditioned_performance_with_dynamics": Layout(density=True),
    "pitch_conditioned_performance_with_dynamics": Layout(histogram=True),
    CONDITIONED_MODEL: Layout(density=True, histogram=True),
    "optional_multiconditioned_performance_with_dynamics": Layout(
        density=True, histogram=True, optional=True
    ),
}


OWN = "perfrnn "
"""How descriptions of models begin that were trained by this project."""


def find_layout(bundle: Bundle, path: str | Path) -> Layout:
    """Return the layout of a bundle's model.

    Raises
    ------
    BundleError
        If the model encodes its events in another way, or its weights are of another size.
    """
    if bundle.model not in LAYOUTS:
        raise BundleError(
            f"{path}: a bundle of `{bundle.model}`, which encodes music in another way; "
            f"generation knows {', '.join(LAYOUTS)}"
        )
    layout = LAYOUTS[bundle.model]
    units, classes = bundle.weights[OUTPUT_WEIGHTS].shape
    inputs = len(bundle.weights[KERNEL.format(0)]) - units
    expected = layout.control_size + layout.classes
    if (inputs, classes) != (expected, layout.classes):
        raise BundleError(
            f"{path}: has {inputs} inputs and {classes} classes, but `{bundle.model}` has "
            f"{expected} and {layout.classes}; {GET_AGAIN}"
        )
    is_own = bundle.description.startswith(OWN)
    return replace(layout, heeds_requests=True) if is_own else layout
