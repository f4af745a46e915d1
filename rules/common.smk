import os
from pathlib import Path
from types import SimpleNamespace

from snakemake.exceptions import WorkflowError

from perfrnn import config as settings
from perfrnn import runs
from perfrnn.corpus.folder import PIECES, music_files
from perfrnn.corpus.names import sources_of
from perfrnn.errors import ConfigError
from perfrnn.files import sha256, stamp
from perfrnn.network.pretrained import bundled_path, pieces_path, suffix_of
from perfrnn.network.transformer_layout import TRANSFORMER_MODEL
from perfrnn.training import memory
from perfrnn.words import listed

SCHEMA = Path(workflow.source_path("../workflow/schemas/config.schema.yaml"))

try:
    config = settings.validate(config, settings.load_schema(SCHEMA))
except ConfigError as error:
    raise WorkflowError(str(error)) from None

RESULTS = os.path.normpath(config["results"])
CORPUS = config["corpus"]
SOURCES = sources_of(CORPUS)
FOLDERS = settings.data_folders(config)
CONVERTED, ENCODED, DATASET = FOLDERS.converted, FOLDERS.encoded, FOLDERS.dataset
VERSIONS = settings.step_versions()
# Whether music may be there twice: under the names of two sources, or of MAESTRO's free titles.
SEARCHED = "+" in CORPUS or "maestro" in SOURCES
ITERATIONS = list(config["iterations"])
VARIANTS = list(settings.ablation_variants(config))
TRANSFORMERS = [n for n in ITERATIONS if config["iterations"][n]["model"] == TRANSFORMER_MODEL]
LSTMS = [n for n in ITERATIONS + VARIANTS if n not in TRANSFORMERS]
SHARDS = [f"{shard:03d}" for shard in range(config["convert"]["shards"])]


wildcard_constraints:
    iteration="|".join(ITERATIONS + VARIANTS),
    shard=r"\d{3}",
    number=r"\d+",


# What users name as they like is no input of a rule, since Snakemake takes a brace in its name for
# a wildcard, even in what a function returns. A stamp among the params notices a change as well.


# Others may import this workflow as a module, and give it a prefix. Snakemake puts that before the
# paths of inputs and outputs; so what params name is found beside an output, and what the user
# names, who knows nothing of the prefix, is local.


def beside(output, name):
    return os.path.join(os.path.dirname(output), name)


def raw_folder(wildcards, output):
    return beside(output.inventory, "raw")


def config_table(name):
    """A table of the user's own, or else the one that comes with the workflow."""
    own = f"config/{name}"
    return local(own) if Path(own).exists() else workflow.source_path(f"../config/{name}")


def held_out_table(wildcards):
    """The table of pieces that are held out for the test set, if any."""
    table = config["dataset"]["held_out"]
    return local(table) if table else []


def folder_path(wildcards):
    return config["folder"]["path"] if "folder" in SOURCES else None


def folder_stamp(wildcards):
    """Changes when a file of the user's own music is new, changed, renamed or gone."""
    folder = Path(config["folder"]["path"])
    try:
        return stamp(folder / path for path in music_files(folder))
    except ConfigError as error:
        raise WorkflowError(str(error)) from None


def pieces_stamp(wildcards):
    """Changes with the table of pieces in the folder of the user's own music."""
    return stamp([Path(config["folder"]["path"], PIECES)]) if "folder" in SOURCES else None


def soundfont(wildcards):
    return config["render"]["soundfont"]


def soundfont_stamp(wildcards):
    """Changes with the user's own soundfont."""
    return stamp([config["render"]["soundfont"]]) if config["render"]["soundfont"] else None


def inventory(source):
    """The list of a source's fetched files; of one that is not of the corpus, any name will do."""
    return FOLDERS.inventories.get(source, f"data/{source}/fetched.tsv")


def is_transformer(iteration):
    return iteration in TRANSFORMERS  # no variant of the ablation is one


def model_file(iteration):
    """The trained model of an iteration or variant."""
    return f"{RESULTS}/{iteration}/model{suffix_of(start_model(iteration))}"


def trained_model(wildcards):
    return model_file(wildcards.iteration)


def manifest_of_transformer(wildcards):
    """The manifest, which names the composers that a transformer learns."""
    return f"{CONVERTED}/manifest.tsv" if is_transformer(wildcards.iteration) else []


def either(names):
    """A wildcard's constraint to some names; without any, one that nothing meets."""
    return "|".join(names) or "(?!)"


def training_parameters(wildcards):
    return settings.training_parameters(config, wildcards.iteration)


def training_devices(wildcards):
    """How many devices share a training's batches; 0 for all there are."""
    return settings.training_devices(config, wildcards.iteration)


def training_gpus(wildcards):
    return training_devices(wildcards) or 1


def training_mb(wildcards):
    return memory.training_mb(training_parameters(wildcards), config["dataset"]["max_events"])


def scoring_mb(wildcards):
    return memory.scoring_mb(training_parameters(wildcards))


def most_scoring_mb(wildcards):
    """Models are scored one after another; the largest inputs are the conditioned one's."""
    return max(memory.scoring_mb(settings.training_parameters(config, i)) for i in ITERATIONS)


def if_asked_for(result, *made):
    """What the report shows only once a user has asked for `result`: it, or what is made of it."""
    # Nowhere else does Snakemake tell a module of its prefix.
    place = workflow.modifier.path_modifier.replace_prefix(result)
    return list(made or [result]) if Path(place).exists() else []


def sample_parameters(wildcards):
    return settings.sample_parameters(config, wildcards.iteration)


def primer_file(wildcards):
    """The MIDI file that samples begin with, if any."""
    primer = sample_parameters(wildcards).get("primer", {})
    return [local(primer["midi"])] if "midi" in primer else []


def sample_numbers(iteration):
    return range(1, settings.sample_parameters(config, iteration)["count"] + 1)


def evaluation_parameters(wildcards):
    """What the samples of one iteration that are only measured depend on: none is chosen."""
    parameters = settings.sample_parameters(config, wildcards.iteration)
    parameters["count"] = config["evaluation"]["samples"] or parameters["count"]
    parameters.pop("candidates", None)
    return parameters


def measured_samples():
    """Folders of the samples to measure, by iteration, what training starts from first."""
    kind = "evaluation" if config["evaluation"]["samples"] else "midi"
    return start_samples() | {name: f"{RESULTS}/{name}/{kind}" for name in ITERATIONS}


def rendered_samples(wildcards):
    """Every file rendered from the samples of one iteration."""
    folder = f"{RESULTS}/{wildcards.iteration}"
    kinds = [
        "audio/sample-{n}.wav",
        "audio/sample-{n}.mp3",
        "scores/sample-{n}.musicxml",
        "scores/sample-{n}.svg",
        "scores/sample-{n}.pdf",
        "pianorolls/sample-{n}.png",
    ]
    numbers = sample_numbers(wildcards.iteration)
    return [f"{folder}/{kind.format(n=n)}" for n in numbers for kind in kinds]
