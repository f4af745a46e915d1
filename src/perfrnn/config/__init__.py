"""The configuration: validated, filled with defaults, cut into the parameters of each job."""

from perfrnn.config.parameters import (
    ablation_variants,
    data_folders,
    dataset_parameters,
    encoding_parameters,
    perform_parameters,
    sample_parameters,
    start_source,
    starts_from_bundled,
    training_chain,
    training_devices,
    training_parameters,
)
from perfrnn.config.validation import Config, load_schema, validate
from perfrnn.config.versions import step_versions

__all__ = [
    "Config",
    "ablation_variants",
    "data_folders",
    "dataset_parameters",
    "encoding_parameters",
    "load_schema",
    "perform_parameters",
    "sample_parameters",
    "start_source",
    "starts_from_bundled",
    "step_versions",
    "training_chain",
    "training_devices",
    "training_parameters",
    "validate",
]
