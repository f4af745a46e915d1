# The real magenta, in the environment of 2022 that it pins, beside which the parity tests and
# the benchmarks run: PERFRNN_MAGENTA_PYTHON=data/magenta/env/bin/python


rule magenta_environment:
    input:
        requirements=workflow.source_path("../workflow/envs/magenta.txt"),
        package=workflow.source_path("../workflow/envs/magenta-package.txt"),
    output:
        environment=directory("data/magenta/env"),
    log:
        "data/magenta/logs/environment.log",
    localrule: True
    conda:
        "../workflow/envs/perfrnn.yaml"
    message:
        "Installing magenta 2.1.4 into {output.environment}"
    shell:
        "exec > {log} 2>&1; "
        "python3.11 -m venv {output.environment} && "
        "{output.environment}/bin/pip install -r {input.requirements} && "
        "{output.environment}/bin/pip install --no-deps -r {input.package}"
