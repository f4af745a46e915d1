# What trainings start from: an earlier iteration, a base model, a file of the user's, or nothing.


def start_model(iteration):
    """The model config of an iteration or variant."""
    return settings.training_parameters(config, iteration)["model"]


def start_iteration(iteration):
    """The iteration that an iteration or variant starts from; None for `pretrained.source`."""
    variants = settings.ablation_variants(config)
    return (config["iterations"] | variants)[iteration]["start"]


def start_source(iteration):
    return settings.start_source(config, start_model(iteration))


def start_digest(wildcards):
    """The digest of the base model that training starts from, if it starts from one."""
    if start_source(wildcards.iteration) != "bundled" or start_iteration(wildcards.iteration):
        return None
    return sha256(bundled_path(start_model(wildcards.iteration)))


def start_bundle(wildcards):
    """The bundle that training starts from; none for random weights."""
    earlier = start_iteration(wildcards.iteration)
    if earlier is not None:
        return model_file(earlier)
    source = start_source(wildcards.iteration)
    if source == "scratch":
        return []
    if source == "bundled":
        # Its time is that of the installation; `start_digest` tells when it is another model.
        return ancient(str(bundled_path(start_model(wildcards.iteration))))
    if source == "magenta":
        return f"data/pretrained/{start_model(wildcards.iteration)}.mag"
    return local(source)


def start_models():
    """The models that trainings start from, by the name that results give them."""
    if config["pretrained"]["source"] == "scratch":
        return []
    return sorted({start_model(name) for name in ITERATIONS if not start_iteration(name)})


def first_iteration(model=None):
    """Wildcards that stand for the first iteration (of one model) that no other goes before."""
    names = (name for name in ITERATIONS if not start_iteration(name))
    return SimpleNamespace(iteration=next(n for n in names if model in (None, start_model(n))))


def start_samples():
    """Folders of the samples of what trainings start from, each asked for what its iteration is.

    Iterations that start from the same model and ask the same of it share one.
    """
    alike = {}
    for name in ITERATIONS if start_models() else []:
        if not start_iteration(name):
            asked = evaluation_parameters(SimpleNamespace(iteration=name))
            alike.setdefault((start_model(name), repr(asked)), []).append(name)
    names = {f"before {listed(each)}": each[0] for each in alike.values()}
    if len(names) == 1:
        names = {"before training": first for first in names.values()}
    return {name: f"{RESULTS}/start/{first}" for name, first in names.items()}
